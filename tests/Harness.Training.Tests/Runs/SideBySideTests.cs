using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;

namespace Harness.Training.Tests.Runs;

/// <summary>Several runs of one process at the same time, each on a thread with a sibling of its own, against the same runs one by one.</summary>
public sealed class SideBySideTests : TensorTest
{
    private static readonly RunSpec[] Unequal =
    [
        Some.Run(Some.Gpt2(), steps: 60),
        Some.Run(Some.Llama(layers: 1, dim: 24, heads: 3), steps: 60),
        Some.Run(Some.Gpt2(dim: 32, context: 16), steps: 40, sequences: 6),
        Some.Run(Some.Gpt2(), steps: 60) with { Training = Some.Run(Some.Gpt2(), steps: 60).Training with { Seed = 9, PeakLearningRate = 3e-3 } },
    ];

    [Theory]
    [InlineData("Fastest")] // the written-out step of a CPU
    [InlineData("Device")] // the step that a GPU takes, whose tables and corpus are on the device
    [InlineData("Plain")]
    public void Unequal_runs_at_the_same_time_end_with_the_bits_that_they_have_one_by_one(string path)
    {
        var alone = Train(path, trainers: 1);
        var together = Train(path, trainers: Unequal.Length);
        Assert.Equal(alone.Select(r => r.Result.WeightsHash), together.Select(r => r.Result.WeightsHash));
        Assert.Equal(alone.Select(r => r.Result.ValidationLoss), together.Select(r => r.Result.ValidationLoss));
        Assert.All(alone.Zip(together), pair => Assert.Equal(pair.First.Rows, pair.Second.Rows));
    }

    [Fact]
    public void A_calibration_in_the_middle_changes_no_bit_of_the_runs_that_it_makes_wait()
    {
        using var eldest = Trainer("Device");
        using var quiet = Trainer("Device");
        var expected = quiet.Train(Unequal[0], new MemorySession()).WeightsHash;
        var sibling = eldest.Sibling();
        string? found = null;
        StackAdvice? advice = null;
        using var session = new MemorySession();
        var training = new Thread(() => found = eldest.Train(Unequal[0], session).WeightsHash);
        var calibrating = new Thread(() => advice = sibling.AdviseSideBySide(Unequal[2], session.Settings, 2));
        training.Start();
        calibrating.Start();
        training.Join();
        calibrating.Join();
        ((IDisposable)sibling).Dispose();
        Assert.Equal(expected, found);
        Assert.Equal(2, advice!.Tried);
        Assert.True(advice is { SecondsAlone: > 0, SecondsTogether: > 0 });
        Assert.Equal(advice.Gain >= StackAdvice.LeastGain ? 2 : 1, advice.Members);
    }

    [Fact]
    public void What_was_found_for_one_run_holds_for_those_that_do_as_much_work_a_step()
    {
        using var trainer = Trainer("Plain");
        var settings = new MemorySession().Settings;
        var first = trainer.AdviseSideBySide(Unequal[0], settings, 2);
        Assert.Same(first, trainer.AdviseSideBySide(Unequal[3], settings, 2));
        Assert.NotSame(first, trainer.AdviseSideBySide(Unequal[2], settings, 2));
    }

    [Fact]
    public void A_failure_of_one_leaves_the_others_bits_alone()
    {
        using var eldest = Trainer("Fastest");
        using var quiet = Trainer("Fastest");
        var expected = quiet.Train(Unequal[1], new MemorySession()).WeightsHash;
        var sibling = eldest.Sibling();
        Exception? failure = null;
        string? found = null;
        var broken = Unequal[0] with { Model = Unequal[0].Model with { VocabularySize = 8 } }; // the data has more tokens than that
        var failing = new Thread(() => failure = Record.Exception(() => sibling.Train(broken, new MemorySession())));
        var training = new Thread(() => found = eldest.Train(Unequal[1], new MemorySession()).WeightsHash);
        failing.Start();
        training.Start();
        failing.Join();
        training.Join();
        ((IDisposable)sibling).Dispose();
        Assert.Equal(FailureCause.UserError, Assert.IsType<RunFailedException>(failure).Cause);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void On_a_CPU_runs_at_the_same_time_have_one_thread_each()
    {
        using var eldest = Trainer("Fastest");
        var sibling = eldest.Sibling();
        using var session = new MemorySession { Settings = new ExecutionSettings { Device = "cpu", Threads = 2 } };
        var error = Assert.Throws<RunFailedException>(() => eldest.Train(Unequal[0], session));
        Assert.Contains("threads: 2", error.Message, StringComparison.Ordinal);
        ((IDisposable)sibling).Dispose();
    }

    private static TorchTrainer Trainer(string path) => new(new DataCatalog(), null, Enum.Parse<StepPath>(path));

    /// <summary>The results and rows (without times) of <see cref="Unequal"/>, dealt to so many trainers.</summary>
    private static (RunResult Result, MetricRow[] Rows)[] Train(string path, int trainers)
    {
        using var eldest = Trainer(path);
        var family = new List<ISideBySideTrainer> { eldest };
        while (family.Count < trainers)
        {
            family.Add(eldest.Sibling());
        }

        var results = new (RunResult, MetricRow[])[Unequal.Length];
        var threads = family.Select((trainer, lane) => new Thread(() =>
        {
            for (var i = lane; i < Unequal.Length; i += trainers)
            {
                using var session = new MemorySession();
                results[i] = (trainer.Train(Unequal[i], session), [.. session.Timeless]);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        family.Skip(1).Cast<IDisposable>().ToList().ForEach(t => t.Dispose());
        return results;
    }
}
