using Harness.Reporting.Tables.Selection;
using Harness.Scaling;

namespace Harness.Cli.Fitting;

/// <summary>What one call of <c>harness fit</c> asks for.</summary>
internal sealed record FitRequest
{
    public required IReadOnlyList<string> Files { get; init; }

    public required IReadOnlyList<string> Laws { get; init; }

    public required IReadOnlyDictionary<string, string> Columns { get; init; }

    public string? Group { get; init; }

    public string? Schedule { get; init; }

    public string? Where { get; init; }

    public int DropHighest { get; init; }

    public int? MeanLast { get; init; }

    public DuplicateRows Duplicates { get; init; }

    /// <summary>Null for each law's own.</summary>
    public Objective? Objective { get; init; }

    /// <summary>Huber's threshold for laws whose own objective is a Huber one; null for its own.</summary>
    public double? Delta { get; init; }

    /// <summary>Parameters to evaluate instead of fitting; empty to fit.</summary>
    public IReadOnlyDictionary<string, double> Given { get; init; } = new Dictionary<string, double>();

    /// <summary>The published constants that are evaluated; null without.</summary>
    public Preset? Preset { get; init; }

    public string? Holdout { get; init; }

    public string? Out { get; init; }

    public IReadOnlyList<string> Command { get; init; } = [];

    public required FitOptions Options { get; init; }

    /// <summary>The objective for a law.</summary>
    public Objective ObjectiveOf(Law? law)
    {
        Objective own = law?.DefaultObjective ?? Objective.LogHuber();
        return Objective ?? (Delta is { } d && own.Penalty == Penalty.Huber ? own with { Delta = d } : own);
    }
}
