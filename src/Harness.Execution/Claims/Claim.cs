namespace Harness.Execution.Claims;

/// <summary>Who works on an attempt. Written once, before the attempt's folder gets its name; never changed.</summary>
internal sealed record Claim
{
    /// <summary>Number of the attempt, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>The worker's process, in <see cref="ProcessIdentity.ToString"/>'s form.</summary>
    public required string Process { get; init; }

    /// <summary>Told apart from every other claim, also from one of the same process.</summary>
    public required string Token { get; init; }

    /// <summary>The device that the worker is bound to.</summary>
    public required string Device { get; init; }

    /// <summary>Sequences a forward pass, if the attempt was told; smaller after each out-of-memory.</summary>
    public int? MicroBatchSequences { get; init; }

    /// <summary>The orchestrator that started the worker, if one did.</summary>
    public string? Orchestrator { get; init; }

    /// <summary>Why the run, planned to begin on a trunk, is trained from its start; null otherwise.</summary>
    public string? FromTheStart { get; init; }

    /// <summary>When, by the worker's clock; for people only.</summary>
    public required DateTimeOffset ClaimedAt { get; init; }
}
