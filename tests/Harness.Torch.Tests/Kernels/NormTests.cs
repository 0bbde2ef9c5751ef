using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Harness.Torch.Tests.Kernels;

public sealed class NormTests : KernelTest
{
    [Theory]
    [MemberData(nameof(LevelsAndSizes))]
    public void Layer_norm_and_its_gradients_agree_with_float64(int level, int rows, int d)
    {
        Use(level);
        (Tensor x, Tensor x64) = Both(1, 2, rows, d);
        (Tensor r, Tensor r64) = Both(2, 1, rows, d);
        (Tensor rb, Tensor rb64) = Both(3, 1, d);
        (Tensor w, Tensor w64) = Both(4, 1, d);
        (Tensor b, Tensor b64) = Both(5, 1, d);
        (Tensor dy, Tensor dy64) = Both(6, 1, rows, d);
        Tensor y = empty([rows, d]), sum = empty([rows, d]), mean = empty([rows]), deviation = empty([rows]);
        CpuKernels.LayerNormForward(y, mean, deviation, x, w, b, 1e-5, r, rb, sum);
        Tensor sum64 = (x64 + r64 + rb64).detach().requires_grad_();
        Tensor y64 = functional.layer_norm(sum64, [d], w64, b64, 1e-5);
        Close(Values(y64), y);
        Close(Values(sum64), sum, 1e-6);
        y64.backward([dy64]);
        Tensor dx = full([rows, d], 3f), dw = zeros(d), db = full([d], 1f);
        CpuKernels.LayerNormBackward(dx, dw, db, dy, sum, mean, deviation, w, accumulate: true);
        Close(Values(sum64.grad!.add(3)), dx, 2e-5);
        Close(Values(w64.grad!), dw, 2e-5);
        Close(Values(b64.grad!.add(1)), db, 2e-5);
        CpuKernels.LayerNormBackward(dy, dw, null, dy, sum, mean, deviation, w, accumulate: false);
        Close(Values(sum64.grad!), dy, 2e-5);
    }

    [Theory]
    [MemberData(nameof(LevelsAndSizes))]
    public void Rms_norm_and_its_gradients_agree_with_float64(int level, int rows, int d)
    {
        Use(level);
        (Tensor x, Tensor x64) = Both(1, 2, rows, d);
        (Tensor r, Tensor r64) = Both(2, 1, rows, d);
        (Tensor w, Tensor w64) = Both(4, 1, d);
        (Tensor dy, Tensor dy64) = Both(6, 1, rows, d);
        Tensor y = empty([rows, d]), sum = empty([rows, d]), scale = empty([rows]);
        CpuKernels.RmsNormForward(y, scale, x, w, 1e-5, r, sum);
        Tensor sum64 = (x64 + r64).detach().requires_grad_();
        Tensor y64 = sum64 * sum64.square().mean([-1], true).add(1e-5).rsqrt() * w64;
        Close(Values(y64), y);
        y64.backward([dy64]);
        Tensor dx = full([rows, d], 3f), dw = zeros(d);
        CpuKernels.RmsNormBackward(dx, dw, dy, sum, scale, w, accumulate: true);
        Close(Values(sum64.grad!.add(3)), dx, 2e-5);
        Close(Values(w64.grad!), dw, 2e-5);
        CpuKernels.RmsNormForward(y, scale, sum, w);
        Close(Values(y64), y);
    }

    [Fact]
    public void Layer_norm_keeps_its_digits_under_a_large_mean()
    {
        double[] values = Draw(9, 64, 1);
        Tensor x = Float(Array.ConvertAll(values, v => (double)((float)v + 1000f)), 1, 64);
        Tensor exact = functional.layer_norm(x.to(ScalarType.Float64), [64]);
        Tensor y = empty([1, 64]), mean = empty([1]), deviation = empty([1]);
        CpuKernels.LayerNormForward(y, mean, deviation, x, ones(64), null);
        Close(Values(exact), y, 1e-4);
    }
}
