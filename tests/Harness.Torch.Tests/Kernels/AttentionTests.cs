using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Torch.Tests.Kernels;

public sealed class AttentionTests : KernelTest
{
    /// <summary>(level, B, T, H, head width): bands that end within a vector, one token, widths without whole vectors.</summary>
    public static TheoryData<int, int, int, int, int> Shapes
    {
        get
        {
            TheoryData<int, int, int, int, int> data = [];
            foreach (int level in new[] { 2, 3, 4 })
            {
                data.Add(level, 2, 64, 2, 16);
                data.Add(level, 1, 129, 3, 32);
                data.Add(level, 2, 51, 2, 10);
                data.Add(level, 3, 1, 1, 8);
                data.Add(level, 1, 17, 1, 64);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Attention_and_its_gradient_agree_with_float64(int level, int b, int t, int h, int hd)
    {
        Use(level);
        int d = h * hd;
        (Tensor qkv, Tensor qkv64) = Both(1, 1.5, b, t, 3 * d);
        (Tensor dy, Tensor dy64) = Both(2, 1, b, t, d);
        double scale = 1 / Math.Sqrt(hd);
        Tensor parts = qkv64.view(b, t, 3, h, hd).permute(2, 0, 3, 1, 4);
        Tensor scores = parts.select(0, 0).matmul(parts.select(0, 1).transpose(-2, -1)) * scale;
        scores = scores.masked_fill(ones([t, t], ScalarType.Bool).triu(1), double.NegativeInfinity);
        Tensor y64 = scores.softmax(-1).matmul(parts.select(0, 2)).transpose(1, 2).contiguous().view(b, t, d);
        y64.backward([dy64]);
        Tensor y = empty([b, t, d]), sums = empty([b, h, t]), dqkv = empty([b, t, 3 * d]);
        CpuKernels.AttentionForward(y, sums, qkv, h, scale);
        CpuKernels.AttentionBackward(dqkv, dy, y, sums, qkv, h, scale);
        Close(Values(y64), y, 3e-6);
        Close(Values(scores.logsumexp(-1)), sums, 3e-6);
        Close(Values(qkv64.grad!), dqkv, 1e-5);
    }

    [Fact]
    public void Attention_never_looks_ahead()
    {
        (Tensor qkv, _) = Both(1, 1, 1, 40, 3 * 16);
        Tensor first = empty([1, 40, 16]), second = empty([1, 40, 16]), sums = empty([1, 2, 40]);
        CpuKernels.AttentionForward(first, sums, qkv, 2, 0.5);
        qkv.narrow(1, 25, 15).fill_(1e3f);
        CpuKernels.AttentionForward(second, sums, qkv, 2, 0.5);
        Assert.Equal(0, first.narrow(1, 0, 25).sub(second.narrow(1, 0, 25)).abs().max().ToDouble());
    }

    [Fact]
    public void A_value_that_is_not_a_number_stays_visible_and_in_its_own_sequence()
    {
        (Tensor qkv, _) = Both(1, 1, 2, 20, 3 * 16);
        qkv.select(0, 1).narrow(0, 3, 1).fill_(float.NaN);
        Tensor y = empty([2, 20, 16]), sums = empty([2, 1, 20]);
        CpuKernels.AttentionForward(y, sums, qkv, 1, 1);
        float[] values = y.data<float>().ToArray();
        Assert.All(values[..320], v => Assert.True(float.IsFinite(v)));
        Assert.All(values[(320 + 48)..], v => Assert.True(float.IsNaN(v)));
    }

    [Theory]
    [InlineData(2, 16)]
    [InlineData(3, 16)]
    [InlineData(4, 64)]
    [InlineData(4, 10)]
    public void Rotary_turns_pairs_by_their_angle_and_back(int level, int hd)
    {
        Use(level);
        const int b = 2, t = 5, h = 2;
        (Tensor qkv, _) = Both(1, 1, b, t, 3 * h * hd);
        Tensor before = qkv.clone();
        double[] angles = [.. Enumerable.Range(0, t * hd / 2).Select(i => i / (hd / 2) * Math.Pow(10000, -2.0 * (i % (hd / 2)) / hd))];
        Tensor cos = Float(Array.ConvertAll(angles, Math.Cos), t, hd / 2), sin = Float(Array.ConvertAll(angles, Math.Sin), t, hd / 2);
        CpuKernels.Rotary(qkv, cos, sin, h);
        double[] x = Values(before), expected = Values(before);
        for (int row = 0; row < b * t; row++)
        {
            for (int head = 0; head < 2 * h; head++)
            {
                for (int i = 0; i < hd / 2; i++)
                {
                    int at = ((row * 3 * h) + head) * hd + i;
                    double a = angles[(row % t * hd / 2) + i];
                    expected[at] = (x[at] * Math.Cos(a)) - (x[at + (hd / 2)] * Math.Sin(a));
                    expected[at + (hd / 2)] = (x[at + (hd / 2)] * Math.Cos(a)) + (x[at] * Math.Sin(a));
                }
            }
        }

        Close(expected, qkv, 1e-6);
        CpuKernels.Rotary(qkv, cos, sin, h, inverse: true);
        Close(x, qkv, 1e-6);
    }
}
