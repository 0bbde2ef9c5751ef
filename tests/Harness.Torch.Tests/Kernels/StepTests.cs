using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Harness.Torch.Tests.Kernels;

public sealed class StepTests : KernelTest
{
    [Theory]
    [MemberData(nameof(LevelsAndSizes))]
    public void Cross_entropy_and_its_gradient_agree_with_float64(int level, int rows, int v)
    {
        Use(level);
        (Tensor logits, Tensor logits64) = Both(1, 8, rows, v);
        Tensor targets = tensor([.. Enumerable.Range(0, rows).Select(i => (long)(i * 7 % v))]);
        Tensor losses64 = functional.cross_entropy(logits64, targets, reduction: Reduction.None);
        losses64.mean().backward();
        Tensor losses = empty([rows]), only = empty([rows]), copy = logits.clone();
        double evaluated = CpuKernels.CrossEntropy(only, logits, targets, null);
        Assert.Equal(0, logits.sub(copy).abs().max().ToDouble());
        double sum = CpuKernels.CrossEntropy(losses, logits, targets, 1.0 / rows);
        Close(Values(losses64), losses, 2e-6);
        Close(Values(losses64), only, 2e-6);
        Assert.Equal(losses64.sum().ToDouble(), sum, 1e-5 * sum);
        Assert.Equal(sum, evaluated, 1e-6 * sum);
        Close(Values(logits64.grad!), logits, 1e-6);
    }

    [Fact]
    public void A_negative_target_counts_nothing()
    {
        (Tensor logits, _) = Both(1, 1, 2, 10);
        Tensor losses = empty([2]);
        double sum = CpuKernels.CrossEntropy(losses, logits, tensor(new long[] { 3, -1 }), 1);
        Assert.Equal(sum, losses.data<float>()[0], 1e-6);
        Assert.Equal(0, losses.data<float>()[1]);
        Assert.Equal(0, logits.select(0, 1).abs().sum().ToDouble());
    }

    [Fact]
    public void Logits_that_are_not_finite_make_a_loss_that_is_not_finite()
    {
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity })
        {
            (Tensor logits, _) = Both(1, 1, 1, 40);
            logits.narrow(1, 17, 1).fill_(bad);
            Assert.False(double.IsFinite(CpuKernels.CrossEntropy(null, logits, tensor(new long[] { 3 }), null)));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Embedding_and_its_gradients_agree_with_libtorch(int level)
    {
        Use(level);
        const int b = 2, t = 4, d = 19, v = 5;
        (Tensor table, Tensor table64) = Both(1, 1, v, d);
        (Tensor positions, Tensor positions64) = Both(2, 1, t + 1, d);
        (Tensor dx, Tensor dx64) = Both(3, 1, b, t, d);
        Tensor index = tensor(new long[] { 0, 4, 4, 2, 1, 0, 4, 3 }, [b, t]);
        Tensor x64 = TorchExtensions.Embedding(table64, index) + positions64.narrow(0, 0, t);
        x64.backward([dx64]);
        Tensor x = empty([b, t, d]), dtable = zeros([v, d]), dpositions = zeros([t + 1, d]);
        CpuKernels.EmbeddingForward(x, table, positions, index);
        CpuKernels.EmbeddingBackward(dtable, dpositions, dx, index);
        Close(Values(x64), x, 1e-6);
        Close(Values(table64.grad!), dtable, 1e-6);
        Close(Values(positions64.grad!), dpositions, 1e-6);
        CpuKernels.EmbeddingForward(x, table, null, index);
        Close(Values(TorchExtensions.Embedding(table64, index)), x, 0);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AdamW_follows_the_paper_in_float64(int level)
    {
        Use(level);
        const int n = 1003, decayed = 517;
        const double lr = 3e-3, b1 = 0.9, b2 = 0.95, eps = 1e-8, decay = 0.1, clip = 0.7;
        double[] p = Array.ConvertAll(Draw(1, n), v => (double)(float)v), m = new double[n], v = new double[n];
        Tensor parameters = Float(p, n), mean = zeros(n), variance = zeros(n), gradients = zeros(n);
        for (int step = 1; step <= 5; step++)
        {
            double[] g = Array.ConvertAll(Draw(step + 10, n, 0.1), x => (double)(float)x);
            gradients.copy_(Float(g, n));
            Assert.Equal(g.Sum(x => x * x), CpuKernels.SumOfSquares(gradients), 1e-5);
            CpuKernels.AdamW(parameters, gradients, mean, variance, decayed, step, lr, b1, b2, eps, decay, clip, zeroGradients: step != 5);
            for (int i = 0; i < n; i++)
            {
                double grad = g[i] * clip;
                p[i] *= i < decayed ? 1 - (lr * decay) : 1;
                m[i] = (b1 * m[i]) + ((1 - b1) * grad);
                v[i] = (b2 * v[i]) + ((1 - b2) * grad * grad);
                p[i] -= lr * (m[i] / (1 - Math.Pow(b1, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(b2, step))) + eps);
            }

            Assert.Equal(step != 5, gradients.abs().sum().ToDouble() == 0);
        }

        Close(p, parameters, 2e-6);
        Close(m, mean, 2e-6);
        Close(v, variance, 2e-6);
    }

    [Theory]
    [MemberData(nameof(LevelsAndSizes))]
    public void Bias_and_its_gradient_are_plain_sums(int level, int rows, int d)
    {
        Use(level);
        (Tensor x, Tensor x64) = Both(1, 1, rows, d);
        (Tensor b, Tensor b64) = Both(2, 1, d);
        Tensor sums = ones(d);
        CpuKernels.AddColumnSums(sums, x);
        Close(Values(x64.sum(dim: 0).add(1)), sums, 1e-6);
        CpuKernels.AddRows(x, x, b);
        Close(Values(x64 + b64), x, 1e-6);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Draining_moves_a_part_and_leaves_the_rest(int level)
    {
        Use(level);
        (Tensor to, Tensor to64) = Both(1, 1, 50);
        (Tensor from, Tensor from64) = Both(2, 1, 50);
        CpuKernels.Drain(to, from, 3, 40);
        Close(Values(to64 + cat([zeros(3), from64.narrow(0, 3, 40).to(ScalarType.Float32), zeros(7)], 0)), to, 1e-6);
        Assert.Equal(0, from.narrow(0, 3, 40).abs().sum().ToDouble());
        Assert.Equal(Values(from64)[43..], Values(from)[43..]);
        Assert.Throws<ArgumentOutOfRangeException>(() => CpuKernels.Drain(to, from, 20, 31));
    }

    [Fact]
    public void Kernels_refuse_tensors_that_do_not_fit()
    {
        Tensor x = ones([4, 6]), w = ones(6), y = ones([4, 6]), m = ones(4);
        Assert.Throws<ArgumentException>(() => CpuKernels.LayerNormForward(y.t().contiguous().t(), m, m, x, w, null));
        Assert.Throws<ArgumentException>(() => CpuKernels.LayerNormForward(y, m, ones(3), x, w, null));
        Assert.Throws<ArgumentException>(() => CpuKernels.LayerNormForward(y, m, m, x.to(ScalarType.Float64), w, null));
        Assert.Throws<ArgumentException>(() => CpuKernels.Multiply(y, x, false, x, false));
        Assert.Throws<ArgumentException>(() => CpuKernels.AttentionForward(y, m, x, 1, 1));
    }
}
