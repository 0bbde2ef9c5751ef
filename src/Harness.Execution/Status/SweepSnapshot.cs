using Harness.Core.Runs;

namespace Harness.Execution.Status;

/// <summary>The sweep at one moment, in plan order.</summary>
public sealed record SweepSnapshot
{
    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>Every run of the plan, in its order.</summary>
    public required IReadOnlyList<RunStanding> Runs { get; init; }

    /// <summary>Since this orchestrator began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>
    /// Seconds until the sweep's end: the FLOPs left over the FLOPs a second done since this orchestrator began. Null until some are done.
    /// </summary>
    public double? SecondsLeft { get; init; }

    /// <summary>Share of the sweep's training FLOPs (full count, 2203.15556 appendix F) that is done, 0 to 1; diverged and failed runs count as done.</summary>
    public required double ShareDone { get; init; }

    /// <summary>Why no progress is made, such as a full disk; null normally.</summary>
    public string? Paused { get; init; }

    /// <summary>Lines that arrived since the snapshot before: workers started, died, restarted, devices set aside. Escape them.</summary>
    public IReadOnlyList<string> News { get; init; } = [];

    /// <summary>Live workers of this orchestrator.</summary>
    public int Workers { get; init; }

    /// <summary>How many runs are in a state.</summary>
    public int Count(RunState state) => Runs.Count(r => r.State == state);
}

/// <summary>A run with its result.</summary>
/// <param name="Run">The run.</param>
/// <param name="Result">What it measured; its status says whether it diverged.</param>
/// <param name="Attempts">Attempts that it took, at least 1.</param>
public sealed record CompletedRun(PlannedRun Run, RunResult Result, int Attempts);

/// <summary>One point of a training curve.</summary>
/// <param name="Run">Whose.</param>
/// <param name="Row">The point.</param>
public sealed record CurvePoint(PlannedRun Run, MetricRow Row);
