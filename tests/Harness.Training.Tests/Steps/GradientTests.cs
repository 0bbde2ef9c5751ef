using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Models;
using Harness.Training.Steps;
using Harness.Training.Tests.Reference;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Steps;

/// <summary>Losses and gradients of the engine, in fp32, against the reference in double, whose own gradients finite differences vouch for.</summary>
public sealed class GradientTests : TensorTest
{
    [Theory]
    [MemberData(nameof(Some.VariantNames), MemberType = typeof(Some))]
    public void Plain_gradients_of_every_parameter_are_the_references(string variant) => Compare(Some.Variant(variant), StepPath.Plain, 3, 3);

    [Theory]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    public void Micro_batches_add_up_to_the_batch(int rows, int microRows) => Compare(Some.Gpt2(), StepPath.Plain, rows, microRows);

    [Fact]
    public void Every_parameter_gets_a_gradient()
    {
        using var engine = Engine(Some.Gpt2(), StepPath.Plain, 4, 4);
        engine.Compute();
        foreach (var slot in engine.Parameters.Layout.Slots)
        {
            Assert.True(engine.Parameters.GradientOf(slot.Name).square().sum().ToDouble() > 0, slot.Name);
        }
    }

    [Fact]
    public void Gradients_live_in_the_flat_tensor_and_gaps_stay_zero()
    {
        var model = Some.Gpt2(dim: 10, vocabulary: 33);
        using var engine = Engine(model, StepPath.Plain, 2, 1);
        engine.Compute();
        engine.Apply(1e-2, 1);
        engine.Compute();
        engine.Apply(1e-2, 2);
        var used = new bool[engine.Parameters.Layout.Length];
        foreach (var slot in engine.Parameters.Layout.Slots)
        {
            Array.Fill(used, true, (int)slot.Offset, (int)slot.Length);
            Assert.Equal(
                engine.Parameters.GradientOf(slot.Name).reshape(-1).data<float>().ToArray(),
                engine.Parameters.Gradients.data<float>().ToArray().AsSpan((int)slot.Offset, (int)slot.Length).ToArray());
        }

        foreach (var flat in new[] { engine.Parameters.Gradients, engine.Parameters.Weights, engine.Optimizer.FirstMoment, engine.Optimizer.SecondMoment })
        {
            Assert.All(flat.data<float>().ToArray().Zip(used), pair => Assert.True(pair.Second || pair.First == 0));
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("gpt2-mup")]
    public void First_twenty_losses_are_those_of_the_double_precision_trainer(string variant) => CompareCurve(Some.Variant(variant), StepPath.Plain, 20);

    internal static void Compare(ModelSpec model, StepPath path, int rows, int microRows, int threads = 1)
    {
        using var scope = NewDisposeScope();
        using var engine = Engine(model, path, rows, microRows, clip: null, threads);
        var reference = new ReferenceTransformer(model, Some.Weights(model));
        var windows = Some.Windows(model, rows);
        var expected = reference.Loss(windows, backward: true);
        var outcome = engine.Compute();
        Assert.Equal(expected, outcome.Loss, 2e-6 * expected);
        Assert.Equal(Math.Sqrt(reference.Gradients.Sum(g => g * g)), outcome.GradientNorm, 1e-5 * outcome.GradientNorm);
        using var flat = engine.Parameters.Gradients.cpu();
        var gradients = flat.data<float>().ToArray();
        foreach (var slot in engine.Parameters.Layout.Slots)
        {
            var wanted = reference.Gradients.AsSpan((int)slot.Offset, (int)slot.Length).ToArray();
            var largest = wanted.Max(Math.Abs);
            var error = 0.0;
            for (var i = 0; i < wanted.Length; i++)
            {
                var found = gradients[slot.Offset + i];
                Assert.True(Math.Abs(found - wanted[i]) < 1e-5 * largest, $"{slot.Name}[{i}]: {found:R}, the reference has {wanted[i]:R}");
                error += Math.Pow(found - wanted[i], 2);
            }

            Assert.True(Math.Sqrt(error / wanted.Sum(g => g * g)) < 1e-5, $"{slot.Name}: relative error {Math.Sqrt(error / wanted.Sum(g => g * g)):R}");
        }
    }

    internal static void CompareCurve(ModelSpec model, StepPath path, int steps, int threads = 1)
    {
        using var engine = Engine(model, path, 4, 2, threads: threads);
        var layout = engine.Parameters.Layout;
        var weights = InitialWeights.Of(layout, 1);
        engine.Parameters.Load(weights);
        var reference = new ReferenceTransformer(model, [.. weights.Select(w => (double)w)]);
        var adam = new ReferenceAdamW(OptimizerSpec.Default, layout);
        var schedule = new CosineSchedule { WarmupSteps = 3, FinalFraction = 0.1 };
        for (var step = 0; step < steps; step++)
        {
            var windows = Some.Windows(model, 4, seed: 100 + step);
            Fill(engine, windows);
            var rate = 1e-2 * schedule.FactorAt(step, steps);
            var expected = reference.Loss(windows, backward: true);
            var norm = adam.Step(reference.Weights, reference.Gradients, rate);
            var outcome = engine.Compute();
            engine.Apply(rate, step + 1);
            Assert.Equal(expected, outcome.Loss, 1e-5 * expected);
            Assert.Equal(norm, outcome.GradientNorm, 1e-3 * norm);
        }
    }

    internal static StepEngine Engine(ModelSpec model, StepPath path, int rows, int microRows, double? clip = 1.0, int threads = 1)
    {
        using var scope = NewDisposeScope();
        set_num_threads(threads); // an engine keeps the number it was made with
        StepEngine engine;
        try
        {
            engine = new StepEngine(model, OptimizerSpec.Default with { GradientClip = clip }, Precision.Fp32, CPU, rows, microRows, path);
        }
        finally
        {
            set_num_threads(1);
        }

        engine.Parameters.Load([.. Some.Weights(model).Select(w => (float)w)]);
        Fill(engine, Some.Windows(model, rows));
        return engine;
    }

    internal static void Fill(StepEngine engine, int[][] windows)
    {
        for (var row = 0; row < windows.Length; row++)
        {
            engine.Batch.SetRow(row, [.. windows[row].Select(t => (long)t)]);
        }

        engine.Batch.Upload();
    }
}
