using Harness.Core.Training;
using Harness.Training.Models;
using Harness.Training.Steps;
using Harness.Training.Tests.Reference;
using Harness.Training.Tests.Steps;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Stacks;

/// <summary>A step of a batched stack: each member's against the reference in double precision and against the step of that member alone.</summary>
public sealed class StackedStepTests : TensorTest
{
    private static readonly OptimizerSpec[] Optimizers =
    [
        OptimizerSpec.Default,
        OptimizerSpec.Default with { WeightDecay = 0, GradientClip = null },
        new(0.8, 0.9, 1e-6, 0.3, 0.05),
    ];

    [Theory]
    [MemberData(nameof(Some.VariantNames), MemberType = typeof(Some))]
    public void Every_members_gradients_are_the_references(string variant)
    {
        const int rows = 3;
        var model = Some.Variant(variant);
        using var stack = new BatchedStack(model, [.. Optimizers.Select(o => o with { GradientClip = null })], Precision.Fp32, CPU, rows, 2);
        var references = new List<ReferenceTransformer>();
        for (var i = 0; i < 3; i++)
        {
            Fill(stack, i, Some.Weights(model, seed: 10 + i), Some.Windows(model, rows, seed: 20 + i));
            references.Add(new ReferenceTransformer(model, Some.Weights(model, seed: 10 + i)));
        }

        var outcomes = new StepOutcome[3];
        stack.Compute([true, true, true], outcomes);
        for (var i = 0; i < 3; i++)
        {
            var expected = references[i].Loss(Some.Windows(model, rows, seed: 20 + i), backward: true);
            Assert.Equal(expected, outcomes[i].Loss, 2e-6 * expected);
            Assert.Equal(Math.Sqrt(references[i].Gradients.Sum(g => g * g)), outcomes[i].GradientNorm, 1e-5 * outcomes[i].GradientNorm);
            var gradients = stack.Lanes[i].Gradients.data<float>().ToArray();
            foreach (var slot in stack.Lanes[i].Layout.Slots)
            {
                var wanted = references[i].Gradients.AsSpan((int)slot.Offset, (int)slot.Length).ToArray();
                var largest = wanted.Max(Math.Abs);
                for (var j = 0; j < wanted.Length; j++)
                {
                    Assert.True(Math.Abs(gradients[slot.Offset + j] - wanted[j]) < 1e-5 * largest, $"member {i}, {slot.Name}[{j}]: {gradients[slot.Offset + j]:R}, the reference has {wanted[j]:R}");
                }
            }
        }
    }

    [Fact]
    public void Updates_with_each_members_own_constants_are_those_of_the_member_alone()
    {
        var model = Some.Variant("llama-mup") with { Biases = true };
        using var stack = new BatchedStack(model, Optimizers, Precision.Fp32, CPU, 2, 2);
        var alone = Optimizers.Select(o => new StepEngine(model, o, Precision.Fp32, CPU, 2, 2, StepPath.Plain)).ToList();
        for (var i = 0; i < 3; i++)
        {
            Fill(stack, i, Some.Weights(model, seed: 10 + i), Some.Windows(model, 2, seed: 20 + i));
            alone[i].Parameters.Load([.. Some.Weights(model, seed: 10 + i).Select(w => (float)w)]);
            GradientTests.Fill(alone[i], Some.Windows(model, 2, seed: 20 + i));
        }

        var outcomes = new StepOutcome[3];
        double[] rates = [1e-2, 3e-3, 2e-2];
        for (var step = 1; step <= 5; step++)
        {
            // Members may be at different steps of their runs.
            stack.Compute([true, true, true], outcomes);
            stack.Apply([true, true, true], rates, [step, step + 10, step]);
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(alone[i].Compute().GradientNorm, outcomes[i].GradientNorm, 1e-4 * outcomes[i].GradientNorm);
                alone[i].Apply(rates[i], i == 1 ? step + 10 : step);
            }
        }

        for (var i = 0; i < 3; i++)
        {
            var (a, b) = (alone[i].Weights.data<float>().ToArray(), stack.Lanes[i].Weights.data<float>().ToArray());
            Assert.True(Math.Sqrt(a.Zip(b).Average(p => Math.Pow(p.First - p.Second, 2))) < 1e-6);
            Assert.True(a.Zip(b).Max(p => Math.Abs(p.First - p.Second)) < 2e-4);
            alone[i].Dispose();
        }
    }

    [Fact]
    public void A_members_numbers_do_not_depend_on_its_neighbours_to_the_bit()
    {
        // The neighbour trains, is inactive, or is nothing but NaN.
        float[] Neighboured(Action<BatchedStack> disturb, bool active)
        {
            using var stack = new BatchedStack(Some.Llama(), Optimizers, Precision.Fp32, CPU, 2, 1);
            for (var i = 0; i < 3; i++)
            {
                Fill(stack, i, Some.Weights(Some.Llama(), seed: 10 + i), Some.Windows(Some.Llama(), 2, seed: 20 + i));
            }

            disturb(stack);
            var outcomes = new StepOutcome[3];
            for (var step = 1; step <= 4; step++)
            {
                stack.Compute([true, active, true], outcomes);
                stack.Apply([outcomes[0].IsFinite, active && outcomes[1].IsFinite, outcomes[2].IsFinite], [1e-2, 1e-2, 1e-2], [step, step, step]);
            }

            return [.. stack.Lanes[0].Weights.data<float>().ToArray(), .. stack.Lanes[2].Weights.data<float>().ToArray()];
        }

        var expected = Neighboured(_ => { }, active: true);
        Assert.Equal(expected, Neighboured(_ => { }, active: false));
        Assert.Equal(expected, Neighboured(stack => NoGrad(() => stack.Lanes[1].Weights.fill_(float.NaN)), active: true));
        Assert.All(expected, w => Assert.True(float.IsFinite(w)));
    }

    [Fact]
    public void Tables_looked_up_by_a_product_give_the_rows_and_gradients_of_those_read_by_index()
    {
        var inputs = randint(0, 19, [3, 40], ScalarType.Int64, generator: new Generator(1));
        var weights = randn([3, 40, 6], generator: new Generator(2));
        (float[] Rows, float[] Gradient) Look(Func<Tensor, Tensor, Tensor> rows)
        {
            var table = randn([3, 19, 6], generator: new Generator(3)).requires_grad_();
            var found = rows(table, inputs);
            (found * weights).sum().backward();
            using var gradient = table.grad!;
            return (found.detach().data<float>().ToArray(), gradient.data<float>().ToArray());
        }

        var (byIndex, byProduct) = (Look(StackedOps.GatheredRows), Look(StackedOps.OneHotRows));
        Assert.Equal(byIndex.Rows, byProduct.Rows);
        Assert.All(byIndex.Gradient.Zip(byProduct.Gradient), p => Assert.Equal(p.First, p.Second, 1e-5f));
        Assert.Contains(byIndex.Gradient, g => g != 0);
    }

    [Fact]
    public void An_inactive_or_diverged_member_keeps_its_weights()
    {
        using var stack = new BatchedStack(Some.Gpt2(), Optimizers, Precision.Fp32, CPU, 2, 2);
        for (var i = 0; i < 3; i++)
        {
            Fill(stack, i, Some.Weights(Some.Gpt2(), seed: 10 + i), Some.Windows(Some.Gpt2(), 2, seed: 20 + i));
        }

        var before = stack.Lanes[1].Weights.data<float>().ToArray();
        var outcomes = new StepOutcome[3];
        stack.Compute([true, true, true], outcomes, lane => NoGrad(() => stack.Lanes[lane].Gradients.fill_(lane == 1 ? float.NaN : 1e-3)));
        Assert.Equal([true, false, true], outcomes.Select(o => o.IsFinite));
        stack.Apply([true, false, true], [1e-2, 0, 1e-2], [1, 1, 1]);
        Assert.Equal(before, stack.Lanes[1].Weights.data<float>().ToArray());
    }

    [Fact]
    public void A_stack_in_bf16_starts_with_the_losses_of_its_members_alone()
    {
        var model = Some.Gpt2();
        using var stack = new BatchedStack(model, Optimizers, Precision.Bf16, CPU, 2, 2);
        var outcomes = new StepOutcome[3];
        for (var i = 0; i < 3; i++)
        {
            Fill(stack, i, Some.Weights(model, seed: 10 + i), Some.Windows(model, 2, seed: 20 + i));
        }

        for (var step = 1; step <= 3; step++)
        {
            stack.Compute([true, true, true], outcomes);
            stack.Apply([true, true, true], [1e-2, 1e-2, 1e-2], [step, step, step]);
        }

        for (var i = 0; i < 3; i++)
        {
            using var alone = new StepEngine(model, Optimizers[i], Precision.Bf16, CPU, 2, 2, StepPath.Plain);
            alone.Parameters.Load([.. Some.Weights(model, seed: 10 + i).Select(w => (float)w)]);
            GradientTests.Fill(alone, Some.Windows(model, 2, seed: 20 + i));
            var loss = 0.0;
            for (var step = 1; step <= 3; step++)
            {
                loss = alone.Compute().Loss;
                alone.Apply(1e-2, step);
            }

            Assert.Equal(loss, outcomes[i].Loss, 2e-2 * loss); // bf16 has 8 bits
        }
    }

    private static void NoGrad(Action action)
    {
        using var noGrad = no_grad();
        action();
    }

    private static void Fill(BatchedStack stack, int lane, double[] weights, int[][] windows)
    {
        using var noGrad = no_grad();
        using var host = tensor(weights.Select(w => (float)w).ToArray(), [weights.Length]);
        stack.Lanes[lane].Weights.copy_(host);
        stack.Lanes[lane].WeightsChanged();
        for (var row = 0; row < windows.Length; row++)
        {
            using var window = Training.Data.MemoryTokens.Of(windows[row]);
            stack.Lanes[lane].SetRow(row, window, 0);
        }
    }
}
