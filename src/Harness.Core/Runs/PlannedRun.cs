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
}

/// <summary>What a run is expected to cost.</summary>
/// <param name="Seconds">On one worker; null without a calibration.</param>
/// <param name="PeakMemoryBytes">Of the worker's process (CPU) or of the device (GPU).</param>
/// <param name="DiskBytes">Of the run's folder at its fullest: three checkpoints while one is replaced, metrics, logs.</param>
public sealed record RunEstimate(double? Seconds, long PeakMemoryBytes, long DiskBytes);

/// <summary>Tells how fast a model trains on the device at hand.</summary>
public interface ISpeedEstimator
{
    /// <summary>Training tokens a second of one worker, or null if it can't tell.</summary>
    double? TokensPerSecond(Models.ModelSpec model, Training.TrainingSpec training);
}
