using System.Text.Json.Serialization;

namespace Harness.Core.Runs;

/// <summary>How a run ended that has a result. Everything else (killed, out of memory, ...) is an attempt's failure, not a result.</summary>
public enum RunStatus
{
    /// <summary>All steps trained and evaluated.</summary>
    [JsonStringEnumMemberName("completed")]
    Completed,

    /// <summary>A non-finite loss or gradient stopped the run before the update. Left out of fits, listed in reports, not retried.</summary>
    [JsonStringEnumMemberName("diverged")]
    Diverged,
}

/// <summary>What a run measured. Written once, by the attempt that finished. Missing is null, never 0.</summary>
public sealed record RunResult
{
    /// <summary>Which run.</summary>
    public required RunId Id { get; init; }

    /// <summary>How it ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Optimizer steps done.</summary>
    public required long Steps { get; init; }

    /// <summary>Training tokens seen.</summary>
    public required long Tokens { get; init; }

    /// <summary>Held-out loss after the last step, nats a token; null if the run diverged.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>Mean training loss over the last twentieth of the steps, nats a token; null if the run diverged.</summary>
    public double? TrainLoss { get; init; }

    /// <summary>Held-out bytes a token, for bits per byte; null where bytes aren't known.</summary>
    public double? BytesPerToken { get; init; }

    /// <summary>Seconds spent in training steps, over all attempts.</summary>
    public double? TrainSeconds { get; init; }

    /// <summary>Seconds spent measuring the held-out loss, over all attempts.</summary>
    public double? EvaluationSeconds { get; init; }

    /// <summary>Training tokens a second, evaluation and checkpoints left out.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Model FLOPs (Kaplan's count with attention) a second over the speed of a plain matrix product measured on the device, 0 to 1; null where that isn't known.</summary>
    public double? ModelFlopsUtilization { get; init; }

    /// <summary>The same over the peak that the device's maker declares for the number format (<c>Models.DeclaredPeak</c>), 0 to 1; null for devices without such a figure.</summary>
    public double? DeclaredModelFlopsUtilization { get; init; }

    /// <summary>Largest memory of the process (CPU) or of the allocator (GPU), bytes.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Energy of the device while training, joules; null where no counter can be read.</summary>
    public double? Joules { get; init; }

    /// <summary>Which engine and library computed it, for example <c>libtorch 1.13.1 (shim), CPU, OpenBLAS openmp</c>.</summary>
    public string? Engine { get; init; }

    /// <summary>Which device, for example <c>cpu</c> or <c>cuda:0 NVIDIA H100</c>.</summary>
    public string? Device { get; init; }

    /// <summary>Runs that trained together as one stack in the last attempt, this one included; 1 alone. Null for trainers that don't say.</summary>
    public int? Stack { get; init; }

    /// <summary>Runs (a stack counts as its members) that its worker trained at the same time in the last attempt, at most, this one included; 1 alone. Null where that isn't known.</summary>
    public int? RunsAtOnce { get; init; }

    /// <summary>The step whose loss was not finite, if the run diverged.</summary>
    public long? DivergedAtStep { get; init; }

    /// <summary>SHA-256 over the final weights, hex; equal for equal bits. Null for trainers without weights.</summary>
    public string? WeightsHash { get; init; }

    /// <summary>What the run took over from its trunk; null if it trained every step itself.</summary>
    public Inheritance? Inherited { get; init; }

    /// <summary>Held-out bits a byte: loss / ln 2 / bytes a token.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public double? BitsPerByte => ValidationLoss / Math.Log(2) / BytesPerToken;
}
