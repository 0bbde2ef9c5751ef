namespace Harness.Scaling.Tests;

/// <summary>How often the interval of one quantity held the truth.</summary>
/// <param name="Law">The law's name.</param>
/// <param name="Quantity">A parameter or a derived quantity.</param>
/// <param name="Truths">How many truths were fitted.</param>
/// <param name="Intervals">How many of the fits gave an interval.</param>
/// <param name="Covered">How many of these hold the truth.</param>
/// <param name="Above">How many lie wholly above the truth.</param>
internal sealed record CoverageRow(string Law, string Quantity, int Truths, int Intervals, int Covered, int Above)
{
    /// <summary>Share of the intervals that hold the truth.</summary>
    public double Share => (double)Covered / Intervals;

    /// <summary>Rows of one law added up.</summary>
    public static CoverageRow Pooled(IReadOnlyCollection<CoverageRow> rows) =>
        new(rows.First().Law, "all", rows.First().Truths, rows.Sum(r => r.Intervals), rows.Sum(r => r.Covered), rows.Sum(r => r.Above));
}
