using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Harness.Torch.Tests.Tensors;

public sealed class AutogradTests : TensorTest
{
    /// <summary>A block of a small transformer in float64: every operation the engine differentiates takes part.</summary>
    private static Tensor Loss(Tensor flat, Tensor index, Tensor target)
    {
        const int v = 7, d = 8, h = 2, b = 2, t = 3;
        long at = 0;
        Tensor Take(params long[] shape)
        {
            long n = shape.Aggregate(1L, (x, y) => x * y);
            Tensor part = flat.narrow(0, at, n).view(shape);
            at += n;
            return part;
        }

        Tensor table = Take(v, d), positions = Take(t, d), scale = Take(d), shift = Take(d), qkv = Take(3 * d, d), up = Take(4 * d, d), down = Take(d, 4 * d);
        Tensor x = table.index_select(0, index.view(-1)).view(b, t, d) + positions;
        Tensor n = functional.layer_norm(x, [d], scale, shift);
        Tensor[] parts = functional.linear(n, qkv).view(b, t, 3, h, d / h).permute(2, 0, 3, 1, 4).chunk(3, 0);
        Tensor q = parts[0].squeeze(0), k = parts[1].squeeze(0), value = parts[2].squeeze(0);
        Tensor scores = q.matmul(k.transpose(-2, -1)).mul(1 / Math.Sqrt(d / h));
        Tensor mask = ones([t, t], ScalarType.Bool).triu(1);
        Tensor attended = scores.masked_fill(mask, double.NegativeInfinity).softmax(-1).matmul(value).transpose(1, 2).contiguous().view(b, t, d);
        x = x + attended;
        Tensor hidden = functional.linear(x, up);
        x = x + functional.linear(functional.gelu(hidden) + functional.silu(hidden) * hidden.tanh(), down);
        x = x * x.square().mean([-1], true).add(1e-6).rsqrt();
        return functional.cross_entropy(x.matmul(table.t()).view(-1, v), target.view(-1));
    }

    [Fact]
    public void Gradients_agree_with_finite_differences()
    {
        const int count = (7 * 8) + (3 * 8) + 8 + 8 + (24 * 8) + (32 * 8) + (8 * 32);
        double[] values = Draw(1, count, 0.3);
        Tensor index = tensor(new long[] { 0, 3, 6, 3, 1, 2 }, [2, 3]), target = tensor(new long[] { 3, 6, 5, 1, 2, 0 }, [2, 3]);
        Tensor flat = tensor(values).requires_grad_();
        Loss(flat, index, target).backward();
        double[] gradient = flat.grad!.data<double>().ToArray();
        const double step = 1e-5;
        for (int i = 0; i < count; i += 3)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable plain = no_grad();
            double[] moved = (double[])values.Clone();
            moved[i] = values[i] + step;
            double above = Loss(tensor(moved), index, target).item<double>();
            moved[i] = values[i] - step;
            double below = Loss(tensor(moved), index, target).item<double>();
            Assert.Equal((above - below) / (2 * step), gradient[i], 1e-8 + (1e-6 * Math.Abs(gradient[i])));
        }
    }

    [Fact]
    public void Backward_adds_in_place_into_views_of_a_flat_gradient()
    {
        Tensor flat = Float(Draw(2, 48), 48), gradients = zeros(48);
        Tensor a = flat.narrow(0, 0, 24).view(4, 6), b = flat.narrow(0, 24, 24).view(6, 4);
        foreach ((Tensor p, long at, long[] shape) in new[] { (a, 0L, new long[] { 4, 6 }), (b, 24L, [6, 4]) })
        {
            p.requires_grad = true;
            p.grad = gradients.narrow(0, at, 24).view(shape);
        }

        a.matmul(b).square().sum().backward();
        using IDisposable plain = no_grad();
        Tensor once = gradients.clone();
        Tensor product = a.matmul(b).mul(2);
        Close(product.matmul(b.t()).to(ScalarType.Float64).view(-1).data<double>().ToArray(), once.narrow(0, 0, 24));
        using (enable_grad())
        {
            a.matmul(b).square().sum().backward();
        }

        Assert.Equal(0, gradients.sub(once.mul(2)).abs().max().item<float>());
        Assert.Equal(gradients.data<float>()[30], a.grad is null ? double.NaN : b.grad!.view(-1).data<float>()[6]);
    }

    [Fact]
    public void Gradients_can_be_taken_for_some_leaves_with_a_given_seed()
    {
        Tensor a = ones(3).requires_grad_(), b = full([3], 2.0f).requires_grad_();
        a.mul(b).backward([tensor([1f, 10f, 100f])], inputs: [a]);
        Close([2, 20, 200], a.grad!);
        Assert.Null(b.grad);
    }

    [Fact]
    public void Nothing_is_recorded_in_no_grad()
    {
        Tensor a = ones(2).requires_grad_();
        Assert.True(is_grad_enabled());
        using (no_grad())
        {
            Assert.False(is_grad_enabled());
            Assert.False(a.mul(2).requires_grad);
            using (enable_grad())
            {
                Assert.True(a.mul(2).requires_grad);
            }
        }

        Assert.True(a.mul(2).requires_grad);
        Assert.False(a.mul(2).detach().requires_grad);
        using (inference_mode())
        {
            Assert.False(a.mul(2).requires_grad);
        }

        Assert.True(is_grad_enabled());
    }
}
