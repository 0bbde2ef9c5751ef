using Harness.Torch.Interop;
using static TorchSharp.torch;

namespace Harness.Torch;

public static unsafe partial class CpuKernels
{
    /// <summary>Rows of a table, plus positions: x[b, t] = table[index[b, t]] + positions[t].</summary>
    /// <param name="x">[B, T, D], written.</param>
    /// <param name="table">[V, D].</param>
    /// <param name="positions">At least [T, D], or null.</param>
    /// <param name="index">[B, T], each from 0 to V - 1.</param>
    public static void EmbeddingForward(Tensor x, Tensor table, Tensor? positions, Tensor index)
    {
        (long b, long t, long d) = (index.size(0), index.size(1), table.size(1));
        Native.ht_k_embedding_forward(Floats(x, b * t * d), Floats(table, table.numel()), Positions(positions, t, d), Longs(index, b * t), b, t, d);
    }

    /// <summary>Gradients of the embedding, always summed in the same order.</summary>
    /// <param name="dtable">[V, D], added to.</param>
    /// <param name="dpositions">At least [T, D], added to, or null.</param>
    /// <param name="dx">[B, T, D], gradient of the loss by the output.</param>
    /// <param name="index">[B, T].</param>
    public static void EmbeddingBackward(Tensor dtable, Tensor? dpositions, Tensor dx, Tensor index)
    {
        (long b, long t, long d) = (index.size(0), index.size(1), dtable.size(1));
        Native.ht_k_embedding_backward(Floats(dtable, dtable.numel()), Positions(dpositions, t, d), Floats(dx, b * t * d), Longs(index, b * t), b, t, d);
    }

    /// <summary>Sum of the cross-entropies (nats) of all rows; turns the logits into their gradient where one is asked for.</summary>
    /// <param name="losses">[N], written, or null.</param>
    /// <param name="logits">[N, V]. With a gradient, overwritten by (softmax - one-hot) * gradientScale.</param>
    /// <param name="targets">[N], each from 0 to V - 1; a negative one counts nothing.</param>
    /// <param name="gradientScale">Usually 1/N, for the gradient of the mean; null leaves the logits alone.</param>
    public static double CrossEntropy(Tensor? losses, Tensor logits, Tensor targets, double? gradientScale)
    {
        long rows = targets.numel(), v = logits.size(-1);
        return Native.ht_k_cross_entropy(FloatsOrNull(losses, rows), Floats(logits, rows * v), Longs(targets, rows), rows, v, (float)(gradientScale ?? 0), gradientScale is null ? 0 : 1);
    }

    /// <summary>Sum of the squares of all elements: float32 within blocks of 4096, float64 across them.</summary>
    public static double SumOfSquares(Tensor x) => Native.ht_k_sum_of_squares(Floats(x, x.numel()), x.numel());

    /// <summary>One AdamW step (1711.05101, algorithm 2) on flat tensors, in one pass over memory.</summary>
    /// <param name="parameters">[n], updated.</param>
    /// <param name="gradients">[n]; set to zero afterwards where <paramref name="zeroGradients"/> is set.</param>
    /// <param name="mean">[n], first moment, updated.</param>
    /// <param name="variance">[n], second moment, updated.</param>
    /// <param name="decayed">The first so many elements decay (the matrices); the others don't.</param>
    /// <param name="step">Number of this step, from 1.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="beta1">Decay of the first moment.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">Decay of the parameters, times the learning rate.</param>
    /// <param name="gradientScale">Multiplies the gradients first: min(1, clip/norm).</param>
    /// <param name="zeroGradients">Set the gradients to zero in the same pass.</param>
    public static void AdamW(
        Tensor parameters, Tensor gradients, Tensor mean, Tensor variance, long decayed, long step, double learningRate,
        double beta1, double beta2, double epsilon, double weightDecay, double gradientScale, bool zeroGradients)
    {
        long n = parameters.numel();
        ArgumentOutOfRangeException.ThrowIfNegative(decayed);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(decayed, n);
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        float correction1 = (float)(1 - Math.Pow(beta1, step)), correction2 = (float)(1 - Math.Pow(beta2, step));
        float* p = Floats(parameters, n), g = Floats(gradients, n), m = Floats(mean, n), v = Floats(variance, n);
        Native.ht_k_adamw(
            p, g, m, v, decayed, (float)learningRate, (float)beta1, (float)beta2, (float)epsilon, (float)weightDecay, correction1, correction2, (float)gradientScale, zeroGradients ? 1 : 0);
        Native.ht_k_adamw(
            p + decayed, g + decayed, m + decayed, v + decayed, n - decayed, (float)learningRate, (float)beta1, (float)beta2, (float)epsilon, 0, correction1, correction2, (float)gradientScale, zeroGradients ? 1 : 0);
    }

    /// <summary>Adds some elements of one flat tensor to those of another and sets them to zero where they came from.</summary>
    /// <param name="to">[n], added to.</param>
    /// <param name="from">[n], emptied.</param>
    /// <param name="start">The first element.</param>
    /// <param name="count">How many; start + count must not pass n.</param>
    public static void Drain(Tensor to, Tensor from, long start, long count)
    {
        long n = to.numel();
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, n);
        Native.ht_k_drain(Floats(to, n) + start, Floats(from, n) + start, count);
    }

    /// <summary>y = x + bias for every row; y may be x.</summary>
    public static void AddRows(Tensor y, Tensor x, Tensor bias)
    {
        long d = bias.numel(), rows = Rows(x, d);
        Native.ht_k_add_rows(Floats(y, rows * d), Floats(x, rows * d), Floats(bias, d), rows, d);
    }

    /// <summary>Adds the sum of the rows of x [N, D] to sums [D]: the gradient of a bias.</summary>
    public static void AddColumnSums(Tensor sums, Tensor x)
    {
        long d = sums.numel(), rows = Rows(x, d);
        Native.ht_k_add_column_sums(Floats(sums, d), Floats(x, rows * d), rows, d);
    }

    private static float* Positions(Tensor? positions, long t, long d)
    {
        if (positions is not null && positions.numel() < t * d)
        {
            throw new ArgumentException($"There are positions for {positions.numel() / d} tokens, but the context has {t}.", nameof(positions));
        }

        return positions is null ? null : Floats(positions, positions.numel());
    }
}
