using Harness.DeviceTwin;
using Harness.Torch.Devices;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Torch.Tests.Devices;

/// <summary>The end of a step: norm, judgement, AdamW. See <see cref="DeviceKernelTest"/>.</summary>
public sealed class DeviceUpdateTests : DeviceKernelTest
{
    [Theory]
    [InlineData(0.5f)]
    [InlineData(0f)]
    [InlineData(1e6f)]
    public void The_end_of_a_step_is_adamw_with_clipping_in_double_precision(float limit)
    {
        const int count = 320, hidden = 160, decayed = 256, ring = 4;
        const float hiddenScale = 0.5f, beta1 = 0.9f, beta2 = 0.95f, epsilon = 1e-8f;
        using KernelModule module = Twin.Load("optimizer", Format(false, 1));
        Tensor weights = Random(1, false, count), first = zeros(count), second = zeros(count), shadow = zeros(count, ScalarType.BFloat16);
        double[] w = Doubles(weights), m = new double[count], v = new double[count];
        Tensor table = zeros(ring, 4), counter = zeros(1, ScalarType.Int64), state = tensor([7f, 1f]), losses = zeros(ring), norms = zeros(ring), partial = zeros(3);
        Tensor constants = tensor([beta1, beta2, epsilon, limit]);
        for (int step = 0; step < ring; step++)
        {
            double rate = 1e-2 * (step + 1), decay = 0.1;
            double corrected1 = 1 - Math.Pow(beta1, step + 1), corrected2 = 1 - Math.Pow(beta2, step + 1);
            float[] row = [(float)(rate / corrected1), (float)(1 / Math.Sqrt(corrected2)), (float)(1 - rate * decay), 0];
            table.narrow(0, step, 1).copy_(tensor(row, [1, 4]));
            Tensor whole = Random(10 + step, false, count), part = Random(20 + step, true, count), loss = tensor([3f - step]);
            double[] g = [.. Doubles(whole).Zip(Doubles(part), (a, b) => (double)((float)a + (float)b))];
            module["gradient_squares"].Launch(3, Block, partial, whole, part, (long)count);
            Same(tensor(g, [count]), whole, 0);
            Assert.Equal(0, part.@double().abs().sum().ToDouble());
            module["judge_step"].Launch(1, Block, state, losses, norms, partial, 3, loss, counter, constants);
            module["adamw"].Launch(
                2, Block, weights, shadow, whole, first, second, state, table, counter, (long)count, (long)hidden, (long)decayed, hiddenScale, constants);
            counter.add_(1);

            double norm = Math.Sqrt(g.Sum(x => x * x)), clip = limit > 0 && norm > limit ? limit / norm : 1;
            Assert.Equal(norm, norms.@double().narrow(0, step, 1).ToDouble(), 1e-5 * norm);
            Assert.Equal(3 - step, losses.@double().narrow(0, step, 1).ToDouble());
            for (int i = 0; i < count; i++)
            {
                m[i] = beta1 * m[i] + (1 - beta1) * clip * g[i];
                v[i] = beta2 * v[i] + (1 - beta2) * clip * clip * g[i] * g[i];
                double own = i < hidden ? rate * hiddenScale : rate;
                w[i] = w[i] * (i < decayed ? 1 - rate * decay : 1) - own / corrected1 * m[i] / (Math.Sqrt(v[i] / corrected2) + epsilon);
            }

            Close(w, weights, 1e-5);
            Same(weights.bfloat16(), shadow, 0);
        }
    }

    [Theory]
    [InlineData(float.NaN, true)]
    [InlineData(float.PositiveInfinity, false)]
    public void After_a_loss_or_gradient_that_is_not_finite_nothing_changes_any_more(float poison, bool inLoss)
    {
        const int count = 64;
        using KernelModule module = Twin.Load("optimizer", Format(false, 1));
        Tensor weights = Random(1, false, count), first = Random(2, false, count), second = Random(3, false, count).abs(), before = weights.clone();
        Tensor table = ones(2, 4), counter = zeros(1, ScalarType.Int64), state = tensor([1f, 1f]), losses = zeros(2), norms = zeros(2), partial = zeros(1);
        Tensor constants = tensor([0.9f, 0.95f, 1e-8f, 1f]);
        for (int step = 0; step < 2; step++)
        {
            Tensor gradient = Random(4, false, count), loss = tensor([inLoss && step == 0 ? poison : 1f]);
            if (!inLoss && step == 0)
            {
                gradient.narrow(0, 5, 1).fill_(poison);
            }

            module["gradient_squares"].Launch(1, Block, partial, gradient, null, (long)count);
            module["judge_step"].Launch(1, Block, state, losses, norms, partial, 1, loss, counter, constants);
            module["adamw"].Launch(2, Block, weights, null, gradient, first, second, state, table, counter, (long)count, 0L, (long)count, 1f, constants);
            counter.add_(1);
        }

        Same(before, weights, 0);
        Assert.Equal(0, state.narrow(0, 1, 1).item<float>());
        Assert.False(float.IsFinite((inLoss ? losses : norms).narrow(0, 0, 1).item<float>()));
        Assert.True(float.IsFinite(losses.narrow(0, 1, 1).item<float>()));
    }
}
