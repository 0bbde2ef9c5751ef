using System.Text.Json.Serialization;

namespace Harness.Core.Runs;

/// <summary>One run of a sweep: the spec, what people call it, and which point of the sweep it is.</summary>
public sealed record PlannedRun
{
    /// <summary>Identity of the spec.</summary>
    public required RunId Id { get; init; }

    /// <summary>Short readable name, unique in the sweep, for example <c>gpt2-l4-d128-t2.1M-s1</c>; letters, digits, dot and dash only.</summary>
    public required string Name { get; init; }

    /// <summary>What is trained.</summary>
    public required RunSpec Spec { get; init; }

    /// <summary>Named groups that fits can use, for example <c>isoflop = 1e15</c>; not part of the identity.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Estimated cost; null before an estimate was made.</summary>
    public RunEstimate? Estimate { get; init; }

    /// <summary>Where it branches off another run; null if it is trained from its start. Not part of the identity.</summary>
    public TrunkBranch? Branch { get; init; }

    /// <summary>Training tokens that its trunk trains for it; 0 without one.</summary>
    [JsonIgnore]
    public long SharedTokens => checked((Branch?.Step ?? 0) * Spec.Training.BatchTokens);
}

/// <summary>What a run is expected to cost.</summary>
/// <param name="Seconds">On one worker, without what a trunk does for it; null without a calibration.</param>
/// <param name="PeakMemoryBytes">Of the worker's process (CPU) or of the device (GPU).</param>
/// <param name="DiskBytes">Of the run's folder at its fullest: three checkpoints while one is replaced, those kept for branches, metrics, logs.</param>
/// <param name="SharedSeconds">What a trunk does for it, on one worker; null without a trunk or a calibration.</param>
/// <param name="SnapshotBytes">Share of <paramref name="DiskBytes"/> that is kept for branches until the last of them is done; null without any.</param>
public sealed record RunEstimate(double? Seconds, long PeakMemoryBytes, long DiskBytes, double? SharedSeconds = null, long? SnapshotBytes = null);

/// <summary>Tells how fast a model trains on the device at hand.</summary>
public interface ISpeedEstimator
{
    /// <summary>Training tokens a second of one worker, or null if it can't tell.</summary>
    double? TokensPerSecond(Models.ModelSpec model, Training.TrainingSpec training);
}
