using Harness.Core.Runs;

namespace Harness.Sweeps;

/// <summary>How a sweep is read.</summary>
public sealed record SweepReadOptions
{
    /// <summary>Most runs of a sweep where the user sets no other limit.</summary>
    public const int DefaultMaxRuns = 10_000;

    /// <summary>Overrides, each <c>key=value</c>, the value in YAML; later ones win.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>Tells how fast a model trains here; null leaves times out of the plan.</summary>
    public ISpeedEstimator? Speed { get; init; }

    /// <summary>Whether runs will be on GPUs: the plan's memory is then the device's.</summary>
    public bool OnGpu { get; init; }

    /// <summary>Points that a sweep may have, at least 1; counted before any is made.</summary>
    public int MaxRuns { get; init; } = DefaultMaxRuns;

    /// <summary>Names of the laws that can be fitted, to check <c>fit.laws</c> against; null checks nothing.</summary>
    public IReadOnlyCollection<string>? KnownLaws { get; init; }
}
