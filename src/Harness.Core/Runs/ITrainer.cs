namespace Harness.Core.Runs;

/// <summary>
/// The seam between the harness and an engine: a spec in, a result out, no tensor types. One instance lives as long as its worker
/// and may keep data and warm kernels between runs; it is used by one thread.
/// </summary>
public interface ITrainer
{
    /// <summary>Trains one run, resuming from the session's newest good checkpoint, and returns what it measured.</summary>
    /// <exception cref="OperationCanceledException">The session asked to stop; a checkpoint of the last step was saved first.</exception>
    /// <exception cref="RunFailedException">The attempt failed for a named cause.</exception>
    RunResult Train(RunSpec spec, IRunSession session);
}

/// <summary>One attempt at one run, as a trainer sees it: where rows, checkpoints and progress go, and when to stop.</summary>
public interface IRunSession
{
    /// <summary>How to execute it: none of this changes the identity.</summary>
    ExecutionSettings Settings { get; }

    /// <summary>Where the attempt's checkpoints go and earlier ones come from.</summary>
    ICheckpointShelf Checkpoints { get; }

    /// <summary>Cancelled when the run should checkpoint and end.</summary>
    CancellationToken Stop { get; }

    /// <summary>
    /// Says at which step the attempt begins (0, or the step of the checkpoint that it loaded); rows of earlier attempts up to that step are kept,
    /// later ones are void. Called once, before the first row.
    /// </summary>
    void Begin(long fromStep);

    /// <summary>Appends a row of the training curve.</summary>
    void Record(MetricRow row);

    /// <summary>Says how far the run is; cheap, called about once a second.</summary>
    void Report(RunProgress progress);

    /// <summary>A line for the attempt's log.</summary>
    void Log(string message);
}

/// <summary>How far a run is, for people and heartbeats.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Steps">Optimizer steps in all.</param>
/// <param name="Loss">Latest training loss, nats a token.</param>
/// <param name="TokensPerSecond">Recent speed.</param>
public sealed record RunProgress(long Step, long Steps, double? Loss, double? TokensPerSecond);

/// <summary>What may differ between two executions of the same run without making it another run.</summary>
public sealed record ExecutionSettings
{
    /// <summary><c>cpu</c> or <c>cuda:K</c>.</summary>
    public required string Device { get; init; }

    /// <summary>CPU threads for tensor work, at least 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Sequences a forward pass; the batch is accumulated from these. Null takes the whole batch, or what memory allows.</summary>
    public int? MicroBatchSequences { get; init; }

    /// <summary>Whether a worker trains runs of one shape together.</summary>
    public StackChoice Stack { get; init; } = StackChoice.Off;

    /// <summary>How many runs a worker trains at the same time.</summary>
    public RunsPerWorker RunsPerWorker { get; init; } = RunsPerWorker.One;

    /// <summary>Optimizer steps between checkpoints; null goes by <see cref="CheckpointEvery"/> alone.</summary>
    public int? CheckpointEverySteps { get; init; }

    /// <summary>Time between checkpoints; null goes by steps alone. Both null: only on a stop.</summary>
    public TimeSpan? CheckpointEvery { get; init; }

    /// <summary>Same bits on the same machine and library, also where that is slower (GPU).</summary>
    public bool Deterministic { get; init; } = true;
}
