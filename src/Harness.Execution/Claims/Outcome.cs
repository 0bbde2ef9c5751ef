using System.Text.Json;
using Harness.Core.Runs;

namespace Harness.Execution.Claims;

/// <summary>
/// How an attempt ended. Whoever writes it first decides: the worker that finished or failed, or the watcher that found it dead. So a worker
/// that was declared dead can't publish, and a run whose attempt finished is never begun again. The outcome of the attempt that finished is
/// also the run's <c>result.json</c> (a second name of the same file).
/// </summary>
internal sealed record Outcome
{
    /// <summary>Number of the attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>Token of the claim that it ends.</summary>
    public required string Token { get; init; }

    /// <summary>Told apart from every other outcome, so that its writer knows it again.</summary>
    public string Writer { get; init; } = Guid.NewGuid().ToString("N");

    /// <summary>Why there is no result; null if there is one.</summary>
    public FailureCause? Cause { get; init; }

    /// <summary>What happened, for people; null with a result.</summary>
    public string? Message { get; init; }

    /// <summary>Runs that trained together and all ended for this cause, this one included; null if it is this run's alone.</summary>
    public int? Together { get; init; }

    /// <summary>Whether the attempt saved a checkpoint, so that the next one begins further on.</summary>
    public bool Progressed { get; init; }

    /// <summary>The step whose checkpoint was being loaded when the attempt died, if it died there.</summary>
    public long? DiedLoadingStep { get; init; }

    /// <summary>The measured result, a <see cref="RunResult"/>; null without one.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>Rows of the attempt's metrics file, if there is a result.</summary>
    public long? MetricRows { get; init; }

    /// <summary>SHA-256 of the attempt's metrics file, hex, if there is a result.</summary>
    public string? MetricsHash { get; init; }

    /// <summary>When, by the writer's clock; for people only.</summary>
    public required DateTimeOffset EndedAt { get; init; }
}
