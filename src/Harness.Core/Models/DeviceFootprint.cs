namespace Harness.Core.Models;

/// <summary>
/// Bytes of a GPU's memory that training takes, counted from the buffers that the engine's written-out step makes (it allocates them once, so this is a sum and not an estimate of
/// what a framework keeps). N tokens a micro-batch, D width, F inner width of the feed-forward block (G of its first matrix: F, or 2F with SwiGLU), L layers, V vocabulary, H heads,
/// T context, e bytes of an activation (4, or 2 in bf16):
/// <list type="bullet">
/// <item>state: 16 a parameter (fp32 weights, gradients, two moments), and 4 more in bf16 (shadow and its gradients);</item>
/// <item>a layer: e N (8 D + G + F) for its norms' inputs and outputs, queries, keys, values, attention's output, both inner tensors; 16 N for the norms' statistics;
/// 4 N H for attention's row sums;</item>
/// <item>once: e N (7 D + G + F) for the stream's end and the gradients on their way back, e 4 N D for those of attention;</item>
/// <item>the head: as many rows of logits as fit into 256 MiB, e V each, and in bf16 one product of the head's size, e V D;</item>
/// <item>plain attention, where there is no fused one: besides, e N 4 D + 4 N H T a layer kept, and 12 N H T once.</item>
/// </list>
/// </summary>
public static class DeviceFootprint
{
    /// <summary>Logits at once, bytes.</summary>
    public const long HeadBytes = 256L << 20;

    /// <summary>
    /// The driver's context, loaded kernels, cuBLAS's workspaces (32 MiB for each of two threads), captured graphs. An assumption: it has not been measured on a GPU.
    /// </summary>
    public const long RuntimeBytes = 700L << 20;

    private const double MicroBatchBytes = 16.0 * (1L << 30);

    /// <summary>Weights, gradients and moments.</summary>
    /// <param name="parameters">Parameters in all.</param>
    /// <param name="half">Whether the model computes in bf16.</param>
    public static long State(long parameters, bool half) => checked(parameters * (half ? 20 : 16));

    /// <summary>Everything that a step needs besides <see cref="State"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Sequences a forward pass.</param>
    /// <param name="half">Whether it computes in bf16.</param>
    /// <param name="plainAttention">Whether attention writes its [T, T] matrix: on no GPU with libtorch 2 and bf16.</param>
    /// <param name="headBytes">Logits at once.</param>
    public static long Step(ModelSpec model, long sequences, bool half, bool plainAttention = false, long headBytes = HeadBytes)
    {
        ArgumentNullException.ThrowIfNull(model);
        checked
        {
            long e = half ? 2 : 4, n = sequences * model.ContextLength, d = model.ModelDim, f = model.FeedForwardDim;
            long g = model.Activation == Activation.SwiGlu ? 2 * f : f, h = model.HeadCount, t = model.ContextLength, v = model.VocabularySize;
            var layer = e * n * (8 * d + g + f) + 16 * n + (plainAttention ? e * n * 4 * d + 4 * n * h * t : 4 * n * h);
            var once = e * n * (7 * d + g + f) + 8 * n + e * n * 4 * d + (plainAttention ? 12 * n * h * t : 0);
            var rows = Math.Min(n, Math.Max(1, headBytes / (e * v)));
            var head = rows * (e * v + 4) + (half ? e * v * d : 0);
            return model.LayerCount * layer + once + head;
        }
    }

    /// <summary>The largest number of sequences a forward pass that divides the batch and whose <see cref="Step"/>, in fp32 whatever the format, fits into 16 GiB.</summary>
    public static int MicroBatch(ModelSpec model, int batchSequences)
    {
        ArgumentNullException.ThrowIfNull(model);
        var one = Step(model, 2, half: false, headBytes: 0) - Step(model, 1, half: false, headBytes: 0);
        var rows = (int)Math.Clamp(MicroBatchBytes / one, 1, batchSequences);
        while (batchSequences % rows != 0)
        {
            rows--;
        }

        return rows;
    }
}
