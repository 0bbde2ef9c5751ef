using Harness.Core.Data;
using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Runs;

/// <summary>Held-out losses, by the host batch by batch and added up on the device.</summary>
public sealed class EvaluationTests : TensorTest
{
    [Theory]
    [InlineData("gpt2", 1)]
    [InlineData("llama", 1)]
    [InlineData("gpt2", 3)]
    [InlineData("llama-mup", 2)]
    public void Added_up_on_the_device_they_are_the_plain_ones_and_the_host_reads_once(string variant, int members)
    {
        using var scope = NewDisposeScope();
        var spec = Some.Run(Some.Variant(variant), sequences: 4);
        spec = spec with { Training = spec.Training with { Evaluation = new EvaluationSpec(26 * spec.Model.ContextLength, null) } }; // six batches of 4 and one of 2
        using var tokens = new DataCatalog().Open(spec.Data);
        double[] Losses(StepPath path, out long reads)
        {
            using var engine = EngineCache.Make(spec.Model, [.. Enumerable.Repeat(OptimizerSpec.Default, members)], Precision.Fp32, CPU, 4, 3, batched: true, path);
            foreach (var (lane, seed) in engine.Lanes.Select((l, i) => (l, i + 1)))
            {
                lane.Initialize(seed);
            }

            using var evaluation = new Evaluation(spec, tokens, engine);
            bool[] active = [.. Enumerable.Repeat(true, members)];
            var losses = new double[members];
            evaluation.Losses(active, losses);
            var before = TorchExtensions.HostReads;
            evaluation.Losses(active, losses); // the windows are there
            reads = TorchExtensions.HostReads - before;
            return losses;
        }

        var plain = Losses(StepPath.Plain, out var many);
        var onDevice = Losses(StepPath.Device, out var once);
        Assert.True(many > 10);
        Assert.Equal(1, once);
        Assert.All(plain.Zip(onDevice), pair => Assert.Equal(pair.First, pair.Second, 1e-6 * pair.First));
        Assert.Equal(members, plain.Distinct().Count());
    }

    [Fact]
    public void A_token_outside_the_vocabulary_is_named_before_it_reads_past_a_table()
    {
        using var scope = NewDisposeScope();
        var spec = Some.Run();
        using var odd = new TokenStream(MemoryTokens.Of(new int[200]), MemoryTokens.Of([.. Enumerable.Repeat(77, 200)]), new DataFacts("x", 200, 200, 32, null, null, "x"));
        using var engine = EngineCache.Make(spec.Model, [OptimizerSpec.Default], Precision.Fp32, CPU, 4, 4, batched: false, StepPath.Device);
        using var evaluation = new Evaluation(spec, odd, engine);
        Assert.Contains("token 77", Assert.Throws<DataUnavailableException>(() => evaluation.Losses([true], new double[1])).Message, StringComparison.Ordinal);
    }
}
