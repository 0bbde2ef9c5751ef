using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Runs;

namespace Harness.Training.Tests.Runs;

public sealed class ResumeTests : TensorTest
{
    private readonly TorchTrainer _trainer = new(new DataCatalog());

    protected override void Cleanup() => _trainer.Dispose();

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Resumed_at_any_checkpoint_a_run_ends_with_the_same_bits_and_rows(string family)
    {
        // 24 steps of 4 windows over a synthetic source; checkpoints fall between rows, on rows and on evaluations.
        var spec = Some.Run(Some.Variant(family), steps: 24);
        using var whole = new MemorySession { Settings = new ExecutionSettings { Device = "cpu", CheckpointEverySteps = 3 } };
        var expected = _trainer.Train(spec, whole);
        Assert.Equal([3, 6, 9, 12, 15, 18, 21], whole.Shelf.Files.Keys);
        foreach (var step in whole.Shelf.Files.Keys)
        {
            using var rest = new MemorySession { Shelf = whole.Shelf.Only(step) };
            using var fresh = new TorchTrainer(new DataCatalog());
            var result = fresh.Train(spec, rest);
            Assert.Equal([step], rest.Begun);
            Assert.Equal(expected.WeightsHash, result.WeightsHash);
            Assert.Equal(expected.ValidationLoss, result.ValidationLoss);
            Assert.Equal(expected.TrainLoss, result.TrainLoss);
            Assert.Equal(whole.Timeless.Where(r => r.Step > step), rest.Timeless);
            Assert.True(result.TrainSeconds > 0);
        }
    }

    [Fact]
    public void Stopped_after_every_few_steps_a_run_ends_as_if_left_alone()
    {
        var spec = Some.Run(steps: 24);
        using var alone = new MemorySession();
        var expected = _trainer.Train(spec, alone);
        var shelf = new MemoryShelf();
        var rows = new List<MetricRow>();
        long[] stops = [2, 5, 10, 11, 20];
        foreach (var stop in stops)
        {
            using var session = new MemorySession { Shelf = shelf, StopAfterRowOf = stop };
            Assert.Throws<OperationCanceledException>(() => _trainer.Train(spec, session));
            Assert.Equal(stop, shelf.Files.Keys.Last());
            rows.AddRange(session.Timeless);
        }

        using var last = new MemorySession { Shelf = shelf };
        var result = _trainer.Train(spec, last);
        rows.AddRange(last.Timeless);
        Assert.Equal(expected.WeightsHash, result.WeightsHash);
        Assert.Equal(alone.Timeless, rows);
    }

    [Fact]
    public void A_damaged_checkpoint_gives_way_to_the_older_one()
    {
        var spec = Some.Run(steps: 12);
        using var whole = new MemorySession { Settings = new ExecutionSettings { Device = "cpu", CheckpointEverySteps = 4 } };
        var expected = _trainer.Train(spec, whole);
        whole.Shelf.Files[8] = whole.Shelf.Files[8][..^5];
        using var session = new MemorySession { Shelf = whole.Shelf };
        var result = _trainer.Train(spec, session);
        Assert.Equal([4], session.Begun);
        Assert.Equal(expected.WeightsHash, result.WeightsHash);
        Assert.Contains(session.Lines, l => l.Contains("checkpoint of step 8", StringComparison.Ordinal));
    }

    [Fact]
    public void With_no_good_checkpoint_left_it_fails_loudly_instead_of_starting_over()
    {
        using var session = new MemorySession { Shelf = new MemoryShelf { Files = { [5] = [1, 2, 3], [7] = "PK\u0003\u0004 a zip"u8.ToArray() } } };
        var failure = Assert.Throws<RunFailedException>(() => _trainer.Train(Some.Run(), session));
        Assert.Equal(FailureCause.CheckpointsDamaged, failure.Cause);
        Assert.Contains("step 5", failure.Message, StringComparison.Ordinal);
        Assert.Contains("zip", failure.Message, StringComparison.Ordinal);
        Assert.Empty(session.Begun);
    }

    [Fact]
    public void Another_runs_checkpoint_is_refused_with_both_ids()
    {
        var spec = Some.Run(steps: 12);
        using var first = new MemorySession { Settings = new ExecutionSettings { Device = "cpu", CheckpointEverySteps = 4 } };
        _trainer.Train(spec, first);
        var other = spec with { Training = spec.Training with { Seed = 77 } };
        using var session = new MemorySession { Shelf = first.Shelf };
        var failure = Assert.Throws<RunFailedException>(() => _trainer.Train(other, session));
        Assert.Contains(RunId.Of(spec).Value, failure.Message, StringComparison.Ordinal);
        Assert.Contains(RunId.Of(other).Value, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_that_makes_a_weight_infinite_is_noticed()
    {
        var spec = Some.Run(steps: 8);
        using var first = new MemorySession { Settings = new ExecutionSettings { Device = "cpu", CheckpointEverySteps = 4 } };
        _trainer.Train(spec, first);
        BitConverter.TryWriteBytes(first.Shelf.Files[4].AsSpan(^8), float.NaN);
        using var session = new MemorySession { Shelf = first.Shelf };
        var failure = Assert.Throws<RunFailedException>(() => _trainer.Train(spec, session));
        Assert.Contains("not finite", failure.Message, StringComparison.Ordinal);
    }
}
