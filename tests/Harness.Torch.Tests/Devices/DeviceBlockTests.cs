using Harness.DeviceTwin;
using Harness.Torch.Devices;
using static TorchSharp.torch;

namespace Harness.Torch.Tests.Devices;

/// <summary>What stands between the products of a block: activations, biases, rotation and packing. See <see cref="DeviceKernelTest"/>.</summary>
public sealed class DeviceBlockTests : DeviceKernelTest
{
    [Theory]
    [InlineData(false, 4)]
    [InlineData(true, 8)]
    public void Activations_are_those_of_autograd(bool half, int pack)
    {
        const int rows = 13, hidden = 24;
        using KernelModule module = Twin.Load("activation", Format(half, pack), $"PACK={pack}");
        Tensor x = Random(1, half, rows, 2 * hidden), wide = x.@double().requires_grad_();
        (Tensor y, Tensor dx) = (Empty(half, rows, 2 * hidden), Empty(half, rows, 2 * hidden));
        module["gelu_forward"].Launch(2, Block, y, x, x.numel() / pack);
        Tensor expected = wide.gelu();
        Same(expected, y, Tolerance(half));
        Tensor dy = Random(2, half, rows, 2 * hidden);
        expected.backward([dy.@double()]);
        module["gelu_backward"].Launch(2, Block, dx, dy, x, x.numel() / pack);
        Same(wide.grad!, dx, Tolerance(half));

        Tensor again = x.@double().requires_grad_(), narrowOut = Empty(half, rows, hidden), by = Random(3, half, rows, hidden);
        Tensor mixed = again.narrow(1, 0, hidden).silu() * again.narrow(1, hidden, hidden);
        module["swiglu_forward"].Launch(2, Block, narrowOut, x, rows, hidden);
        Same(mixed, narrowOut, 2 * Tolerance(half)); // two roundings, as libtorch's two operations have
        mixed.backward([by.@double()]);
        module["swiglu_backward"].Launch(2, Block, dx, by, x, rows, hidden);
        Same(again.grad!, dx, 2 * Tolerance(half));

        (Tensor gradient, Tensor partial) = (Random(4, half, 2 * hidden), zeros(3, 2 * hidden));
        Tensor summed = gradient.@double() + dy.@double().sum(dim: 0);
        module["bias_partial"].LaunchGrid(2, 3, Block, partial, dy, rows, 2 * hidden);
        module["bias_finish"].Launch(2, Block, gradient, partial, 3, 2 * hidden);
        Same(summed, gradient, Tolerance(half));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Rotation_and_packing_are_a_rotation_of_pairs_and_its_transpose(bool half, bool rotary)
    {
        const int sequences = 2, context = 5, heads = 3, units = 8, tokens = sequences * context;
        using KernelModule module = Twin.Load("attention", Format(half, 1), $"HEADS={heads}", $"UNITS={units}", $"ROTARY={(rotary ? 1 : 0)}");
        Tensor packed = Random(1, half, sequences, context, 3, heads, units), wide = packed.@double().requires_grad_();
        Tensor angles = Random(2, false, context, units / 2), cos = angles.cos(), sin = angles.sin();
        Tensor[] outputs = [Empty(half, sequences, context, heads, units), Empty(half, sequences, context, heads, units), Empty(half, sequences, context, heads, units)];
        module["attention_unpack"].Launch(2, Block, outputs[0], outputs[1], outputs[2], packed, cos, sin, tokens, context);

        Tensor Turned(Tensor t)
        {
            (Tensor c, Tensor s) = (cos.@double().view(1, context, 1, units / 2), sin.@double().view(1, context, 1, units / 2));
            (Tensor a, Tensor b) = (t.narrow(3, 0, units / 2), t.narrow(3, units / 2, units / 2));
            return rotary ? cat([a * c - b * s, a * s + b * c], 3) : t;
        }

        Tensor[] expected = [Turned(wide.select(2, 0)), Turned(wide.select(2, 1)), wide.select(2, 2)];
        Tensor[] gradients = [.. Enumerable.Range(3, 3).Select(seed => Random(seed, half, sequences, context, heads, units))];
        Tensor total = zeros(1, ScalarType.Float64);
        for (int i = 0; i < 3; i++)
        {
            Same(expected[i], outputs[i], Tolerance(half));
            total = total + (expected[i] * gradients[i].@double()).sum();
        }

        total.sum().backward();
        Tensor back = Empty(half, sequences, context, 3, heads, units);
        module["attention_pack"].Launch(2, Block, back, gradients[0], gradients[1], gradients[2], cos, sin, tokens, context);
        Same(wide.grad!, back, Tolerance(half));
    }
}
