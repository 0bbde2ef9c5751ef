namespace Harness.Execution.Claims;

/// <summary>Under which terms a worker claims.</summary>
internal sealed record ClaimTerms
{
    public required string Device { get; init; }

    public int? MicroBatchSequences { get; init; }

    public RetryBudget Budget { get; init; } = new();

    public TimeSpan StaleAfter { get; init; } = TimeSpan.FromSeconds(60);

    public string? Orchestrator { get; init; }

    public ProcessIdentity Process { get; init; } = ProcessIdentity.Current;

    /// <summary>What the environment record says beside what every one says, for example the engine.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();
}
