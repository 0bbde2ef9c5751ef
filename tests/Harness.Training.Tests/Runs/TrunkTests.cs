using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Training.Data;
using Harness.Training.Runs;

namespace Harness.Training.Tests.Runs;

/// <summary>A cooldown that branches off a longer run is the end of the shorter run that was trained alone, to the bit.</summary>
public sealed class TrunkTests : TensorTest
{
    private readonly TorchTrainer _trainer = new(new DataCatalog());

    protected override void Cleanup() => _trainer.Dispose();

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void A_branch_ends_with_the_weights_losses_and_rows_of_the_run_trained_alone(string family)
    {
        // Cooldowns of a quarter, of a fixed length, and of one step, where the branch begins with the steps that make the final training loss.
        var spec = Budget(family, 96, decay: 24);
        RunSpec[] branches = [Budget(family, 64, decay: 16), Budget(family, 40, decay: 12), Budget(family, 60, decay: 1)];
        long[] steps = [.. branches.Select(b => SharedTrunk.BranchStep(b.Training)!.Value)];
        Assert.Equal([48, 28, 57], steps);
        using var trunk = new MemorySession { Shelf = new MemoryShelf { Wanted = [.. steps] } };
        var whole = _trainer.Train(spec, trunk);
        Assert.Equal(steps.Order(), trunk.Shelf.Files.Keys);
        Assert.Null(whole.Inherited);
        foreach (var (branch, step) in branches.Zip(steps))
        {
            Assert.True(SharedTrunk.Share(spec, branch, step));
            using var alone = new MemorySession();
            var expected = _trainer.Train(branch, alone);
            using var session = new MemorySession { Shelf = new MemoryShelf { Trunk = (RunId.Of(spec), step, trunk.Shelf.Files[step]) } };
            using var fresh = new TorchTrainer(new DataCatalog());
            var result = fresh.Train(branch, session);

            Assert.Equal([step], session.Begun);
            Assert.Equal(expected.WeightsHash, result.WeightsHash);
            Assert.Equal(expected.ValidationLoss, result.ValidationLoss);
            Assert.Equal(expected.TrainLoss, result.TrainLoss);
            Assert.Equal(alone.Timeless, trunk.Timeless.TakeWhile(r => r.Step <= step).Concat(session.Timeless));
            Assert.Equal((RunId.Of(spec), step), (result.Inherited!.Trunk, result.Inherited.Step));
            Assert.InRange(result.Inherited.TrainSeconds!.Value, double.Epsilon, whole.TrainSeconds!.Value);
            Assert.True(result.TrainSeconds > result.Inherited.TrainSeconds);
            Assert.NotEqual(whole.WeightsHash, result.WeightsHash);
        }
    }

    [Fact]
    public void A_branch_that_was_stopped_goes_on_from_its_own_checkpoint_and_knows_what_it_took_over()
    {
        var (spec, branch) = (Budget("gpt2", 48, decay: 12), Budget("gpt2", 32, decay: 8));
        using var trunk = new MemorySession { Shelf = new MemoryShelf { Wanted = [24] } };
        _trainer.Train(spec, trunk);
        var shelf = new MemoryShelf { Trunk = (RunId.Of(spec), 24, trunk.Shelf.Files[24]) };
        using (var first = new MemorySession { Shelf = shelf, StopAfterRowOf = 28 })
        {
            Assert.Throws<OperationCanceledException>(() => _trainer.Train(branch, first));
        }

        using var second = new MemorySession { Shelf = shelf };
        var result = _trainer.Train(branch, second);
        Assert.Equal([28], second.Begun);
        Assert.Equal((RunId.Of(spec), 24L), (result.Inherited!.Trunk, result.Inherited.Step));
        Assert.True(result.TrainSeconds > result.Inherited.TrainSeconds);
        Assert.Equal(_trainer.Train(branch, new MemorySession()).WeightsHash, result.WeightsHash);
    }

    [Fact]
    public void A_trunks_checkpoint_that_is_another_runs_is_refused_and_the_branch_trained_from_the_start()
    {
        var (spec, branch) = (Budget("gpt2", 48, decay: 12), Budget("gpt2", 32, decay: 8));
        using var trunk = new MemorySession { Shelf = new MemoryShelf { Wanted = [24] } };
        _trainer.Train(spec, trunk);
        using var session = new MemorySession { Shelf = new MemoryShelf { Trunk = (RunId.Of(branch), 24, trunk.Shelf.Files[24]) } };
        var result = _trainer.Train(branch, session);
        Assert.Equal([0], session.Begun);
        Assert.Null(result.Inherited);
        Assert.Contains(session.Lines, l => l.Contains(RunId.Of(spec).Value, StringComparison.Ordinal) && l.Contains("Training from the start", StringComparison.Ordinal));
        Assert.Equal(_trainer.Train(branch, new MemorySession()).WeightsHash, result.WeightsHash);
    }

    private static RunSpec Budget(string family, long steps, int decay)
    {
        var spec = Some.Run(Some.Variant(family), steps);
        return spec with { Training = spec.Training with { Schedule = new WarmupStableDecaySchedule { WarmupSteps = 4, DecaySteps = decay, FinalFraction = 0 } } };
    }
}
