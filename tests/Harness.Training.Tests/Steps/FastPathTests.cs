using Harness.Core.Models;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using Harness.Training.Tests.Runs;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Steps;

/// <summary>The hand-written step against the reference in double precision, and against the plain path over whole runs.</summary>
public sealed class FastPathTests : TensorTest
{
    [Theory]
    [MemberData(nameof(Some.VariantNames), MemberType = typeof(Some))]
    public void Fast_gradients_of_every_parameter_are_the_references(string variant) => GradientTests.Compare(Some.Variant(variant), StepPath.Fastest, 3, 3);

    // Widths, contexts and vocabularies that are no multiple of any vector's length, more rows than one piece of the head.
    [Theory]
    [InlineData(1, 6, 3, 7, 19)]
    [InlineData(3, 20, 2, 33, 300)]
    [InlineData(1, 6, 1, 33, 30_001)]
    [InlineData(1, 132, 2, 5, 19)] // a hidden layer of 528: more than one block of the product
    public void Odd_shapes_are_right_too(int layers, int dim, int heads, int context, int vocabulary)
    {
        GradientTests.Compare(Some.Gpt2(layers, dim, heads, context, vocabulary), StepPath.Fastest, 2, 2);
        GradientTests.Compare(Some.Llama(layers, dim, heads, context, vocabulary), StepPath.Fastest, 2, 2);
    }

    [Theory]
    [InlineData(5, 2)]
    [InlineData(3, 1)]
    public void Micro_batches_add_up_to_the_batch(int rows, int microRows) => GradientTests.Compare(Some.Llama(), StepPath.Fastest, rows, microRows);

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("gpt2-mup")]
    public void First_twenty_losses_are_those_of_the_double_precision_trainer(string variant) =>
        GradientTests.CompareCurve(Some.Variant(variant), StepPath.Fastest, 20);

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("llama-mup")]
    public void Two_hundred_steps_follow_the_plain_path(string variant)
    {
        var spec = Some.Run(Some.Variant(variant), steps: 200);
        (List<double> Losses, string Engine) Train(StepPath path)
        {
            using var trainer = new TorchTrainer(new DataCatalog(), null, path);
            using var session = new MemorySession();
            var result = trainer.Train(spec, session);
            return ([.. session.Rows.Select(r => r.ValidationLoss ?? r.TrainLoss!.Value)], result.Engine!);
        }

        var (plain, fast) = (Train(StepPath.Plain), Train(StepPath.Fastest));
        Assert.Contains("autograd", plain.Engine, StringComparison.Ordinal);
        Assert.Contains("kernels", fast.Engine, StringComparison.Ordinal);
        // Rounding differs, and training at this rate amplifies it: 1e-7 at first, measured 1.2e-4 after 60 steps.
        Assert.All(plain.Losses.Take(20).Zip(fast.Losses), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.All(plain.Losses.Zip(fast.Losses), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    // Width, hidden layer, context and vocabulary all beyond one block of any kernel. Initial biases are zero, so only the later steps show what they do.
    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Shapes_beyond_every_block_follow_the_plain_path(string family)
    {
        var model = ModelFamily.Find(family)!.Model(layers: 1, modelDim: 576, heads: 6, contextLength: 700, vocabularySize: 1100) with { Biases = true };
        using var plain = GradientTests.Engine(model, StepPath.Plain, 1, 1);
        using var fast = GradientTests.Engine(model, StepPath.Fastest, 1, 1);
        plain.Initialize(seed: 1);
        fast.Initialize(seed: 1);
        for (var step = 1; step <= 4; step++)
        {
            var expected = plain.Compute();
            var found = fast.Compute();
            // Measured 3e-8, 3e-8, 2e-5, 3e-5: rounding, amplified by the updates. libtorch's own norm of 5M floats is off by 1e-4, so the norm is held against a sum in double.
            Assert.Equal(expected.Loss, found.Loss, (step <= 2 ? 1e-6 : 1e-4) * expected.Loss);
            Assert.Equal(Math.Sqrt(fast.Parameters.Gradients.data<float>().ToArray().Sum(g => (double)g * g)), found.GradientNorm, 1e-6 * found.GradientNorm);
            plain.Apply(1e-3, step);
            fast.Apply(1e-3, step);
        }
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.01)]
    [InlineData(null)]
    public void Fast_updates_are_the_plain_updates(double? clip)
    {
        var model = Some.Llama() with { MaximalUpdate = new MaximalUpdate(4), Biases = true };
        using var plain = GradientTests.Engine(model, StepPath.Plain, 2, 2, clip);
        using var fast = GradientTests.Engine(model, StepPath.Fastest, 2, 2, clip);
        for (var step = 1; step <= 5; step++)
        {
            foreach (var engine in new[] { plain, fast })
            {
                engine.Compute();
                engine.Apply(1e-2, step);
            }
        }

        var (a, b) = (plain.Parameters.Weights.data<float>().ToArray(), fast.Parameters.Weights.data<float>().ToArray());
        Assert.All(a.Zip(b), pair => Assert.Equal(pair.First, pair.Second, 2e-4f)); // five updates of 1e-2, each at most that
        Assert.True(Math.Sqrt(a.Zip(b).Average(p => Math.Pow(p.First - p.Second, 2))) < 1e-6);
    }

    [Fact]
    public void Evaluation_gives_the_training_loss_of_the_same_batch_and_leaves_weights_and_gradients_alone()
    {
        using var engine = GradientTests.Engine(Some.Gpt2(), StepPath.Fastest, 5, 2, clip: null);
        var outcome = engine.Compute();
        var gradients = engine.Parameters.Gradients.data<float>().ToArray();
        Assert.Equal(outcome.Loss, engine.Evaluate(5) / 5, 1e-6);
        Assert.Equal(gradients, engine.Parameters.Gradients.data<float>().ToArray());
    }

    [Fact]
    public void A_fast_step_allocates_no_tensor_that_stays()
    {
        using var engine = GradientTests.Engine(Some.Llama(), StepPath.Fastest, 4, 2);
        engine.Compute();
        engine.Apply(1e-3, 1);
        engine.Evaluate(3);
        var before = Tensor.TotalCount;
        for (var step = 2; step <= 100; step++)
        {
            engine.Compute();
            engine.Apply(1e-3, step);
            engine.Evaluate(3);
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void A_token_outside_the_vocabulary_is_refused_before_it_reads_past_a_table()
    {
        using var engine = GradientTests.Engine(Some.Gpt2(), StepPath.Fastest, 1, 1);
        var window = new long[engine.Model.ContextLength + 1];
        window[3] = engine.Model.VocabularySize;
        Assert.Throws<Core.Data.DataUnavailableException>(() => engine.Batch.SetRow(0, window));
        window[3] = -1;
        Assert.Throws<Core.Data.DataUnavailableException>(() => engine.Batch.SetRow(0, window));
    }
}
