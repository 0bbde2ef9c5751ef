using Harness.Core.Models;
using Harness.Core.Runs;

namespace Harness.Sweeps.Planning;

/// <summary>A number that was asked for and could not be met exactly.</summary>
/// <param name="Key"><c>tokens</c> (a whole number of steps), <c>budget</c> (an isoFLOP family's FLOPs) or <c>ladder</c> (a target size).</param>
/// <param name="Asked">What the sweep asked for.</param>
/// <param name="Used">What the run does.</param>
public sealed record Adjustment(string Key, double Asked, double Used);

/// <summary>Everything that a plan prints about a run.</summary>
public sealed record RunFigures
{
    /// <summary>Which run.</summary>
    public required RunId Id { get; init; }

    /// <summary>Parameters by role.</summary>
    public required ParameterCounts Parameters { get; init; }

    /// <summary>Training tokens.</summary>
    public required long Tokens { get; init; }

    /// <summary>Optimizer steps.</summary>
    public required long Steps { get; init; }

    /// <summary>How often a training token is seen; null where no data is read.</summary>
    public double? Epochs { get; init; }

    /// <summary>Training FLOPs under each convention.</summary>
    public required TrainingFlops Flops { get; init; }

    /// <summary>Largest learning rate.</summary>
    public required double PeakLearningRate { get; init; }

    /// <summary>Training tokens that its trunk trains for it; 0 without one.</summary>
    public long SharedTokens { get; init; }

    /// <summary>Held-out tokens over all measurements of its own, without those of its trunk.</summary>
    public required long EvaluationTokens { get; init; }

    /// <summary>Seconds on one worker, evaluation included and a trunk's work left out; null without a calibration.</summary>
    public double? Seconds { get; init; }

    /// <summary>Peak memory of the worker's process (CPU) or of the device (GPU), in bytes.</summary>
    public required MemoryEstimate Memory { get; init; }

    /// <summary>The run's folder at its fullest, in bytes, with the checkpoints that it keeps for others.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>What could not be met exactly; empty if everything was.</summary>
    public IReadOnlyList<Adjustment> Adjustments { get; init; } = [];
}

/// <summary>Sums over a plan's runs.</summary>
/// <param name="Runs">Number of runs.</param>
/// <param name="Tokens">Tokens that are trained: what a trunk trains for others is counted once.</param>
/// <param name="Flops">FLOPs that are spent on them, under each convention.</param>
/// <param name="WorkerSeconds">Seconds of work on one worker; null unless every run has an estimate.</param>
/// <param name="LargestMemoryBytes">The largest run's peak memory.</param>
/// <param name="DiskBytes">All run folders at their fullest; finished runs keep fewer checkpoints than this counts.</param>
public sealed record PlanTotals(int Runs, long Tokens, TrainingFlops Flops, double? WorkerSeconds, long LargestMemoryBytes, long DiskBytes);
