namespace Harness.Reporting.Tables.Selection;

/// <summary>The points of one or several tables, ready to fit, with everything a reader needs to judge which they are.</summary>
public sealed record PointsTable
{
    /// <summary>The points' column that holds 1 for the rows that <see cref="PointsQuery.HeldOut"/> marks and 0 for others; there only where the query marks rows.</summary>
    public const string HeldColumn = "held out";

    /// <summary>The points: a column by role, and rows named by file and line.</summary>
    public required Scaling.Points Points { get; init; }

    /// <summary>The rows that were left out and why.</summary>
    public required ExcludedRows Excluded { get; init; }

    /// <summary>The expression behind each role: which column n was, and so on.</summary>
    public required IReadOnlyDictionary<string, string> Conventions { get; init; }

    /// <summary>Things about the tables that a reader should know, each one sentence that begins with file and line.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The files read.</summary>
    public required IReadOnlyList<string> Files { get; init; }
}
