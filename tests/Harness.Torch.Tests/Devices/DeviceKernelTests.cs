using Harness.DeviceTwin;
using Harness.Torch.Devices;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Torch.Tests.Devices;

/// <summary>
/// The kernels for GPUs, run thread by thread on the CPU (tests/DeviceTwin), against autograd in double precision. What is tested is their arithmetic, their barriers,
/// indexing and rounding, and the path by which they are compiled, kept, loaded and launched; not that NVIDIA's compiler takes them.
/// </summary>
public sealed class DeviceKernelTests : TensorTest
{
    private const int Block = 64;

    public static TheoryData<bool, int, int> Formats => new() { { false, 1, 20 }, { false, 4, 68 }, { true, 8, 264 }, { true, 1, 35 } };

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
            module["add_norm_parameters"].Launch((width + Block - 1) / Block, Block, dgain, bias ? dbias : null, partialGain, bias ? partialBias : null, partials);
            Same(accumulate ? into.grad! + before.@double() : into.grad!, dx, Tolerance(half));
            Same(g.grad! + gainBefore, dgain, Tolerance(half));
            if (bias)
            {
                Same(s.grad! + biasBefore, dbias, Tolerance(half));
            }
        }
    }

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

        (Tensor gradient, Tensor partial) = (Random(4, half, 2 * hidden), zeros(5, 2 * hidden));
        Tensor summed = gradient.@double() + dy.@double().sum(dim: 0);
        module["bias_partial"].LaunchGrid(1, 5, Block, partial, dy, rows, 2 * hidden);
        module["bias_finish"].Launch(1, Block, gradient, partial, 5, 2 * hidden);
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

    [Theory]
    [InlineData(false, 1, 33)]
    [InlineData(false, 4, 300)]
    [InlineData(true, 8, 512)]
    public void Cross_entropy_in_place_gives_loss_and_gradient_of_autograd(bool half, int pack, int vocabulary)
    {
        const int rows = 7;
        const float scale = 0.25f;
        using KernelModule module = Twin.Load("cross_entropy", Format(half, pack), $"PACK={pack}");
        Tensor logits = Random(1, half, rows, vocabulary) * 8, wide = logits.@double().requires_grad_(); // far from uniform
        Tensor targets = tensor([.. Enumerable.Range(0, rows).Select(i => (long)(i * 37 % vocabulary))], [rows]);
        Tensor losses = zeros(rows), expected = nn.functional.cross_entropy(wide, targets, reduction: nn.Reduction.None);
        module["cross_entropy"].Launch(rows, Block, losses, logits, targets, vocabulary, scale, 0);
        Same(expected, losses, 1e-6);
        Same(wide, logits, 0); // without a gradient the logits stay
        module["cross_entropy"].Launch(rows, Block, losses, logits, targets, vocabulary, scale, 1);
        Same(expected, losses, 1e-6);
        (expected.sum() * (double)scale).backward();
        Same(wide.grad!, logits, Tolerance(half));
    }

    [Fact]
    public void Cross_entropy_of_logits_that_are_not_finite_is_not_finite()
    {
        using KernelModule module = Twin.Load("cross_entropy", Format(false, 1), "PACK=1");
        foreach (float poison in new[] { float.NaN, float.PositiveInfinity })
        {
            Tensor logits = Random(1, false, 1, 70), losses = zeros(1);
            logits.narrow(1, 41, 1).fill_(poison);
            module["cross_entropy"].Launch(1, Block, losses, logits, zeros(1, ScalarType.Int64), 70, 1f, 1);
            Assert.False(float.IsFinite(losses.item<float>()));
        }
    }

    [Theory]
    [InlineData(false, 4, 72)]
    [InlineData(true, 8, 264)]
    public void Embeddings_and_their_gradients_are_those_of_autograd(bool half, int pack, int width)
    {
        const int sequences = 5, context = 6, count = sequences * context, vocabulary = 9;
        using KernelModule module = Twin.Load("embedding", Format(half, pack), $"PACK={pack}", $"WIDTH={width}");
        (Tensor table, Tensor positions) = (Random(1, half, vocabulary, width), Random(2, half, context, width));
        long[] drawn = [.. Enumerable.Range(0, count).Select(i => (long)(i * i * 7 % vocabulary))]; // some often, some never
        Tensor tokens = tensor(drawn, [sequences, context]), x = Empty(half, sequences, context, width);
        module["embedding_forward"].Launch(count, Block, x, table, positions, tokens, context);
        Same(table.index_select(0, tokens.view(-1)).view(sequences, context, width) + positions, x, 0);
        module["embedding_forward"].Launch(count, Block, x, table, null, tokens, context);
        Same(table.index_select(0, tokens.view(-1)), x, 0);

        Tensor dx = Random(3, half, sequences, context, width);
        long[] order = [.. Enumerable.Range(0, count).OrderBy(i => drawn[i]).Select(i => (long)i)];
        Tensor sorted = tensor([.. order.Select(i => drawn[i])], [count]), from = tensor(order, [count]);
        (Tensor dtable, Tensor dpositions) = (Random(4, half, vocabulary, width), Random(5, half, context, width));
        Tensor expected = dtable.@double(), expectedPositions = dpositions.@double() + dx.@double().sum(dim: 0);
        expected.index_add_(0, tokens.view(-1), dx.@double().view(count, width), 1);
        module["embedding_backward"].LaunchGrid(vocabulary, (width / pack + 31) / 32, Block, dtable, dx, sorted, from, count);
        module["position_backward"].Launch(context, Block, dpositions, dx, sequences, context);
        Same(expected, dtable, Tolerance(half));
        Same(expectedPositions, dpositions, Tolerance(half));
    }

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
            module["judge_step"].Launch(1, Block, state, losses, norms, partial, 3, loss, counter, limit);
            module["adamw"].Launch(
                2, Block, weights, shadow, whole, first, second, state, table, counter, (long)count, (long)hidden, (long)decayed, hiddenScale, beta1, beta2, epsilon);
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
        for (int step = 0; step < 2; step++)
        {
            Tensor gradient = Random(4, false, count), loss = tensor([inLoss && step == 0 ? poison : 1f]);
            if (!inLoss && step == 0)
            {
                gradient.narrow(0, 5, 1).fill_(poison);
            }

            module["gradient_squares"].Launch(1, Block, partial, gradient, null, (long)count);
            module["judge_step"].Launch(1, Block, state, losses, norms, partial, 1, loss, counter, 1f);
            module["adamw"].Launch(2, Block, weights, null, gradient, first, second, state, table, counter, (long)count, 0L, (long)count, 1f, 0.9f, 0.95f, 1e-8f);
            counter.add_(1);
        }

        Same(before, weights, 0);
        Assert.Equal(0, state.narrow(0, 1, 1).item<float>());
        Assert.False(float.IsFinite((inLoss ? losses : norms).narrow(0, 0, 1).item<float>()));
        Assert.True(float.IsFinite(losses.narrow(0, 1, 1).item<float>()));
    }

    private static string Format(bool half, int pack)
    {
        Assert.True(pack * (half ? 2 : 4) <= 16);
        return $"BF16={(half ? 1 : 0)}";
    }

    /// <summary>bfloat16 keeps 8 bits: half a unit in the last place is 2^-9.</summary>
    private static double Tolerance(bool half) => half ? 5e-3 : 3e-6;

    private static Tensor Random(int seed, bool half, params long[] shape)
    {
        Tensor drawn = Float(Draw(seed, (int)shape.Aggregate((a, b) => a * b)), shape);
        return half ? drawn.bfloat16() : drawn;
    }

    private static Tensor Empty(bool half, params long[] shape) => zeros(shape, half ? ScalarType.BFloat16 : ScalarType.Float32);

    private static double[] Doubles(Tensor tensor) => tensor.detach().@double().reshape(-1).data<double>().ToArray();

    /// <summary>Equal up to a share of the value, or of the largest where a sum of larger terms may cancel.</summary>
    private static void Same(Tensor expected, Tensor actual, double tolerance)
    {
        (double[] a, double[] b) = (Doubles(expected), Doubles(actual));
        Assert.Equal(a.Length, b.Length);
        double largest = a.Max(Math.Abs);
        for (int i = 0; i < a.Length; i++)
        {
            Assert.True(Math.Abs(a[i] - b[i]) <= tolerance * (Math.Abs(a[i]) + 0.3 * largest), $"element {i}: expected {a[i]:R}, got {b[i]:R}");
        }
    }
}
