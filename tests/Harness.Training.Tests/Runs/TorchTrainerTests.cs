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
        // A normed residual times an embedding of variance 0.02^2 768 / d has logits of variance s = 0.02^2 768, and a loss of ln V + s / 2.
        Assert.Equal(Math.Log(32) + 0.02 * 0.02 * 768 / 2, session.Rows[0].TrainLoss!.Value, 0.15);
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

    [Fact]
    public void Accumulation_in_one_two_or_four_pieces_gives_the_same_losses()
    {
        var spec = Some.Run(steps: 30);
        List<double> Losses(int microRows)
        {
            using var session = new MemorySession { Settings = new ExecutionSettings { Device = "cpu", MicroBatchSequences = microRows } };
            var result = _trainer.Train(spec, session);
            return [.. session.Rows.Select(r => r.TrainLoss!.Value), result.ValidationLoss!.Value];
        }

        var whole = Losses(4);
        foreach (var pieces in new[] { Losses(2), Losses(1), Losses(3) })
        {
            Assert.All(whole.Zip(pieces), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
    }

    [Fact]
    public void Rows_average_every_step_since_the_last_row_and_count_tokens_and_FLOPs()
    {
        var spec = Some.Run(steps: 300);
        using var session = new MemorySession();
        _trainer.Train(spec, session);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), session.Rows.Take(10).Select(r => r.Step));
        Assert.Equal(Enumerable.Range(1, 30).Select(i => 10L * i), session.Rows.Where(r => r.ValidationLoss is not null).Select(r => r.Step));
        Assert.InRange(session.Rows.Count, 100, 200);
        var parameters = Core.Models.ParameterCounts.Of(spec.Model).NonEmbedding;
        Assert.All(session.Rows, r =>
        {
            Assert.Equal(r.Step * 32, r.Tokens);
            Assert.Equal(6.0 * parameters * r.Tokens, r.TrainFlops);
            Assert.NotNull(r.TrainLoss);
            Assert.True(r.GradientNorm > 0);
        });
        Assert.Equal(1e-2 / 3, session.Rows[0].LearningRate, 1e-12); // the first of two warm-up steps
    }

    [Fact]
    public void A_result_accounts_for_what_it_cost()
    {
        using var session = new MemorySession();
        var result = _trainer.Train(Some.Run(), session);
        Assert.True(result.TrainSeconds > 0 && result.EvaluationSeconds > 0);
        Assert.Equal(result.Tokens / result.TrainSeconds!.Value, result.TokensPerSecond!.Value, 1e-6 * result.TokensPerSecond.Value);
        Assert.InRange(result.ModelFlopsUtilization!.Value, 1e-6, 1);
        Assert.True(result.PeakMemoryBytes > 10_000_000);
        Assert.Contains("libtorch", result.Engine, StringComparison.Ordinal);
        Assert.Equal("cpu", result.Device);
        Assert.Equal(20, session.Reports[^1].Step);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(33)]
    public void A_vocabulary_that_is_too_small_for_the_data_is_refused(int symbols)
    {
        var spec = Some.Run();
        spec = spec with { Data = spec.Data with { Synthetic = spec.Data.Synthetic! with { Symbols = symbols } } };
        using var session = new MemorySession();
        var failure = Assert.Throws<RunFailedException>(() => _trainer.Train(spec, session));
        Assert.Equal(FailureCause.UserError, failure.Cause);
        Assert.Contains("model.vocab_size: 32", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpu", FailureCause.UserError)]
    [InlineData("cuda:99", FailureCause.DeviceFault)]
    public void A_device_that_is_not_there_is_named(string device, FailureCause cause)
    {
        using var session = new MemorySession { Settings = new ExecutionSettings { Device = device } };
        var failure = Assert.Throws<RunFailedException>(() => _trainer.Train(Some.Run(), session));
        Assert.Equal(cause, failure.Cause);
        Assert.Contains($"'{device}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_memory_than_there_is_ends_as_out_of_memory_and_the_trainer_lives_on()
    {
        var huge = Some.Run(Some.Gpt2(layers: 1, dim: 1 << 20, heads: 1, context: 8, vocabulary: 32), sequences: 1); // 48 TiB of weights
        using var session = new MemorySession();
        var failure = Assert.Throws<RunFailedException>(() => _trainer.Train(huge, session));
        Assert.Equal(FailureCause.OutOfMemory, failure.Cause);
        Assert.Equal(RunStatus.Completed, _trainer.Train(Some.Run(), session).Status);
    }

    [Fact]
    public void Between_two_runs_of_one_trainer_lies_less_than_a_tenth_of_a_second()
    {
        var spec = Some.Run(steps: 1);
        spec = spec with { Training = spec.Training with { Schedule = new Core.Training.ConstantSchedule { WarmupSteps = 0 } } };
        _trainer.Train(spec, new MemorySession());
        // The quickest of many: the machine may be busy with something else.
        var quickest = Enumerable.Range(0, 30).Select(_ =>
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            _trainer.Train(spec, new MemorySession());
            return System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
        }).FirstOrDefault(seconds => seconds < 0.1, double.PositiveInfinity);
        Assert.True(double.IsFinite(quickest));
    }
}
