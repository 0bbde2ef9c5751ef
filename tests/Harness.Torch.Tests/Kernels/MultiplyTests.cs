using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Torch.Tests.Kernels;

public sealed class MultiplyTests : KernelTest
{
    /// <summary>(level, m, n, k): whole tiles, remainders of every kind, depths and widths beyond one block, one row, one column.</summary>
    public static TheoryData<int, int, int, int> Shapes
    {
        get
        {
            TheoryData<int, int, int, int> data = [];
            foreach (int level in new[] { 2, 3, 4 })
            {
                data.Add(level, 96, 64, 32);
                data.Add(level, 61, 83, 300);
                data.Add(level, 520, 70, 33); // a transposed side whose rows are far apart
                data.Add(level, 12, 64, 514); // two blocks deep: the bias must come once
                data.Add(level, 9, 600, 513); // two blocks wide, the second block one deep
                data.Add(level, 50, 7, 257);
                data.Add(level, 1, 130, 5);
                data.Add(level, 49, 1, 16);
                data.Add(level, 13, 48, 1);
                data.Add(level, 5, 17, 3);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_layout_agrees_with_float64(int level, int m, int n, int k)
    {
        Use(level);
        foreach ((bool ta, bool tb) in new[] { (false, false), (false, true), (true, false), (true, true) })
        {
            (Tensor a, Tensor a64) = ta ? Both(1, 1, k, m) : Both(1, 1, m, k);
            (Tensor b, Tensor b64) = tb ? Both(2, 1, n, k) : Both(2, 1, k, n);
            (Tensor bias, Tensor bias64) = Both(3, 1, n);
            Tensor product = (ta ? a64.t() : a64).matmul(tb ? b64.t() : b64), c = full([m, n], float.NaN);
            CpuKernels.Multiply(c, a, ta, b, tb);
            Close(Values(product), c, 2e-5);
            CpuKernels.Multiply(c, a, ta, b, tb, accumulate: true, alpha: -0.5);
            Close(Values(product * 0.5), c, 2e-5);
            CpuKernels.Multiply(c, a, ta, b, tb, bias: bias);
            Close(Values(product + bias64), c, 2e-5);
            CpuKernels.BlasMultiply(c, a, ta, b, tb);
            Close(Values(product), c, 2e-5);
            CpuKernels.BlasMultiply(c, a, ta, b, tb, beta: 1, alpha: -0.5);
            Close(Values(product * 0.5), c, 2e-5);
        }
    }

    [Fact]
    public void Leading_dimensions_count_as_rows()
    {
        (Tensor x, Tensor x64) = Both(1, 1, 2, 3, 5);
        (Tensor w, Tensor w64) = Both(2, 1, 4, 5);
        Tensor y = empty([2, 3, 4]), dw = empty([4, 5]);
        CpuKernels.Multiply(y, x, false, w, true);
        Close(Values(x64.matmul(w64.t())), y, 1e-6);
        CpuKernels.Multiply(dw, y, true, x, false);
        Close(Values(y.to(ScalarType.Float64).view(6, 4).t().matmul(x64.view(6, 5))), dw, 1e-5);
    }

    [Fact]
    public void Products_into_buffers_equal_libtorchs()
    {
        (Tensor a, _) = Both(1, 1, 3, 4, 5);
        (Tensor b, _) = Both(2, 1, 3, 5, 2);
        Tensor c = empty([3, 4, 2]), one = empty([4, 2]);
        TorchExtensions.BatchMatmulInto(c, a, b);
        Assert.Equal(0, c.sub(a.bmm(b)).abs().max().ToDouble());
        TorchExtensions.AddBatchMatmulInto(c, c, a, b, beta: 1, alpha: 2);
        Close(Values(a.bmm(b) * 3), c, 1e-6);
        TorchExtensions.MatmulInto(one, a.select(0, 0), b.select(0, 0));
        TorchExtensions.AddMatmulInto(one, one, a.select(0, 1), b.select(0, 1), 0.5, 2);
        Close(Values((a.select(0, 0).mm(b.select(0, 0)) * 0.5) + (a.select(0, 1).mm(b.select(0, 1)) * 2)), one, 1e-6);
    }
}
