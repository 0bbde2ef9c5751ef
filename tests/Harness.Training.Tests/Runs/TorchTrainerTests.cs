using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Runs;

namespace Harness.Training.Tests.Runs;

public sealed class TorchTrainerTests : TensorTest
{
    private readonly TorchTrainer _trainer = new(new DataCatalog());

    protected override void Cleanup() => _trainer.Dispose();

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Training_lowers_the_loss_towards_the_sources_entropy(string family)
    {
        using var session = new MemorySession();
        var result = _trainer.Train(Some.Run(Some.Variant(family), steps: 150, sequences: 16), session);
        Assert.Equal(RunStatus.Completed, result.Status);
        Assert.Equal(150, result.Steps);
        Assert.InRange(session.Rows[0].TrainLoss!.Value, 3.3, 3.6); // ln 32 = 3.47
        var entropy = new DataCatalog().Describe(Some.Run().Data).EntropyNatsPerToken!.Value;
        Assert.InRange(result.ValidationLoss!.Value, entropy - 0.02, entropy + 0.45);
        Assert.Equal([0], session.Begun);
        Assert.Equal(150, session.Rows[^1].Step);
        Assert.Equal(result.ValidationLoss, session.Rows[^1].ValidationLoss);
    }

    [Fact]
    public void Same_seed_twice_gives_the_same_bits_and_another_seed_does_not()
    {
        var spec = Some.Run();
        var (first, second) = (new MemorySession(), new MemorySession());
        var a = _trainer.Train(spec, first);
        using var other = new TorchTrainer(new DataCatalog());
        var b = other.Train(spec, second);
        Assert.Equal(a.WeightsHash, b.WeightsHash);
        Assert.Equal(first.Timeless, second.Timeless);
        Assert.Equal(a.WeightsHash, _trainer.Train(spec, new MemorySession()).WeightsHash); // warm buffers leave no trace
        Assert.NotEqual(a.WeightsHash, _trainer.Train(spec with { Training = spec.Training with { Seed = 9 } }, new MemorySession()).WeightsHash);
        Assert.NotEqual(a.WeightsHash, _trainer.Train(spec with { Training = spec.Training with { DataSeed = 9 } }, new MemorySession()).WeightsHash);
    }
}
