using Harness.Core.Runs;

namespace Harness.Sweeps.Requests;

/// <summary>How the sweep wants to be executed. None of it changes what a run computes or its id. Null where the sweep doesn't say.</summary>
public sealed record ExecutionRequest
{
    /// <summary>Runs side by side, at least 1; null lets the machine decide.</summary>
    public int? Workers { get; init; }

    /// <summary>CPU threads a worker, at least 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Sequences a forward pass; null takes the whole batch.</summary>
    public int? MicroBatchSequences { get; init; }

    /// <summary>Whether runs of one shape are trained together.</summary>
    public StackChoice Stack { get; init; } = StackChoice.Auto;

    /// <summary>How many runs a worker trains at the same time.</summary>
    public RunsPerWorker RunsPerWorker { get; init; } = RunsPerWorker.Auto;

    /// <summary>Steps between checkpoints.</summary>
    public int? CheckpointEverySteps { get; init; }

    /// <summary>Seconds between checkpoints; null makes none by the clock. A sweep that doesn't say gets 60.</summary>
    public double? CheckpointEverySeconds { get; init; }

    /// <summary>Same bits on the same machine and library.</summary>
    public bool Deterministic { get; init; } = true;

    /// <summary>Whether runs that differ only in their budget and cooldown branch off the longest of them.</summary>
    public bool ShareTrunk { get; init; }

    /// <summary>The settings of one worker on a device.</summary>
    /// <param name="device"><c>cpu</c> or <c>cuda:K</c>.</param>
    public ExecutionSettings For(string device) => new()
    {
        Device = device,
        Threads = Threads,
        MicroBatchSequences = MicroBatchSequences,
        Stack = Stack,
        RunsPerWorker = RunsPerWorker,
        CheckpointEverySteps = CheckpointEverySteps,
        CheckpointEvery = CheckpointEverySeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        Deterministic = Deterministic,
    };
}
