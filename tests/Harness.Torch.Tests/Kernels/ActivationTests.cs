using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Harness.Torch.Tests.Kernels;

public sealed class ActivationTests : KernelTest
{
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void Gelu_and_its_slope_stay_within_4e_7_of_float64_everywhere(int level, bool tanh)
    {
        Use(level);
        const int n = 200_001;
        Tensor x = arange(0, n).to(ScalarType.Float32).mul(2e-4f).sub(20f), x64 = x.to(ScalarType.Float64).requires_grad_();
        Tensor y64 = functional.gelu(x64, tanh ? GELU.Approximate.tanh : GELU.Approximate.none);
        y64.sum().backward();
        Tensor y = empty([n]), dx = empty([n]);
        CpuKernels.GeluForward(y, x, tanh: tanh);
        CpuKernels.GeluBackward(dx, null, ones(n), x, tanh: tanh);
        Tensor size = y64.abs().clamp_min(1);
        Assert.True((y.to(ScalarType.Float64) - y64).abs().div(size).max().ToDouble() < 4e-7);
        Assert.True((dx.to(ScalarType.Float64) - x64.grad!).abs().max().ToDouble() < 8e-7);
    }

    [Theory]
    [MemberData(nameof(LevelsAndSizes))]
    public void Gelu_after_a_bias_agrees_with_float64(int level, int rows, int f)
    {
        Use(level);
        (Tensor x, Tensor x64) = Both(1, 2, rows, f);
        (Tensor b, Tensor b64) = Both(2, 1, f);
        (Tensor dy, Tensor dy64) = Both(3, 1, rows, f);
        foreach (bool tanh in new[] { false, true })
        {
            x64.grad = null;
            b64.grad = null;
            Tensor y64 = functional.gelu(x64 + b64, tanh ? GELU.Approximate.tanh : GELU.Approximate.none);
            y64.backward([dy64]);
            Tensor y = empty([rows, f]), dx = empty([rows, f]), db = ones(f);
            CpuKernels.GeluForward(y, x, b, tanh);
            CpuKernels.GeluBackward(dx, db, dy, x, b, tanh);
            Close(Values(y64), y, 2e-6);
            Close(Values(x64.grad!), dx, 3e-6);
            Close(Values(b64.grad!.add(1)), db, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(LevelsAndSizes))]
    public void Swiglu_and_its_gradients_agree_with_float64(int level, int rows, int f)
    {
        Use(level);
        (Tensor x, Tensor x64) = Both(1, 3, rows, 2 * f);
        (Tensor dy, Tensor dy64) = Both(3, 1, rows, f);
        Tensor[] halves = x64.chunk(2, 1);
        Tensor y64 = halves[0].silu() * halves[1];
        y64.backward([dy64]);
        Tensor y = empty([rows, f]), dx = empty([rows, 2 * f]);
        CpuKernels.SwiGluForward(y, x);
        CpuKernels.SwiGluBackward(dx, dy, x);
        Close(Values(y64), y, 2e-6);
        Close(Values(x64.grad!), dx, 3e-6);
        CpuKernels.SwiGluBackward(x, dy, x);
        Close(Values(x64.grad!), x, 3e-6);
    }
}
