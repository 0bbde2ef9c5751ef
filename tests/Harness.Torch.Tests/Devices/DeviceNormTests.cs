using Harness.DeviceTwin;
using Harness.Torch.Devices;
using static TorchSharp.torch;

namespace Harness.Torch.Tests.Devices;

/// <summary>A branch joining the stream, and the norm of the sum. See <see cref="DeviceKernelTest"/>.</summary>
public sealed class DeviceNormTests : DeviceKernelTest
{
    [Theory]
    [MemberData(nameof(Formats))]
    public void Add_and_layer_norm_are_those_of_autograd(bool half, int pack, int width) => CheckNorm(half, pack, width, rms: false, bias: true, branch: true);

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    public void Variants_of_the_norm_are_those_of_autograd(bool rms, bool half, bool branch) => CheckNorm(half, half ? 8 : 4, 72, rms, bias: false, branch);

    private static void CheckNorm(bool half, int pack, int width, bool rms, bool bias, bool branch)
    {
        const int rows = 11;
        const double epsilon = 1e-5;
        using KernelModule module = Twin.Load("add_norm", Format(half, pack), $"PACK={pack}", $"WIDTH={width}", $"RMS={(rms ? 1 : 0)}");
        (Tensor x, Tensor b) = (Random(1, half, rows, width), Random(2, half, rows, width));
        (Tensor gain, Tensor shift) = (Random(3, half, width), Random(4, half, width));
        (Tensor sum, Tensor y, Tensor mean, Tensor inverse) = (Empty(half, rows, width), Empty(half, rows, width), zeros(rows), zeros(rows));
        int warps = Block / 32;
        module["add_norm_forward"].Launch((rows + warps - 1) / warps, Block, sum, y, mean, inverse, x, branch ? b : null, gain, bias ? shift : null, rows, (float)epsilon);

        Tensor joined = branch ? x + b : x; // rounds as libtorch does
        if (branch)
        {
            Same(joined, sum, 0);
        }

        Tensor into = joined.@double().requires_grad_(), g = gain.@double().requires_grad_(), s = shift.@double().requires_grad_();
        Tensor expected = rms
            ? into * (into.square().mean([-1], true) + epsilon).rsqrt() * g
            : nn.functional.layer_norm(into, [width], g, bias ? s : null, epsilon);
        Same(expected, y, Tolerance(half));

        Tensor dy = Random(5, half, rows, width);
        expected.backward([dy.@double()]);
        Tensor before = Random(6, half, rows, width);
        foreach (bool accumulate in new[] { false, true })
        {
            Tensor dx = before.clone();
            (Tensor dgain, Tensor dbias) = (Random(7, half, width), Random(8, half, width));
            (Tensor gainBefore, Tensor biasBefore) = (dgain.@double(), dbias.@double());
            const int partials = 3;
            (Tensor partialGain, Tensor partialBias) = (zeros(partials, width), zeros(partials, width));
            module["add_norm_backward"].Launch(partials, Block, dx, dy, branch ? sum : x, mean, inverse, gain, partialGain, bias ? partialBias : null, rows, accumulate ? 1 : 0);
            module["add_norm_parameters"].Launch((width + 31) / 32, Block, dgain, bias ? dbias : null, partialGain, bias ? partialBias : null, partials);
            Same(accumulate ? into.grad! + before.@double() : into.grad!, dx, Tolerance(half));
            Same(g.grad! + gainBefore, dgain, Tolerance(half));
            if (bias)
            {
                Same(s.grad! + biasBefore, dbias, Tolerance(half));
            }
        }
    }
}
