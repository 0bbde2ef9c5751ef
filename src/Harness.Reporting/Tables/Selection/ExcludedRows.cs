namespace Harness.Reporting.Tables.Selection;

/// <summary>A row of a table that no fit saw.</summary>
/// <param name="Row">Its file and line.</param>
/// <param name="Rule">The rule that left it out.</param>
/// <param name="Detail">The figure that broke the rule; null when the rule says all.</param>
public sealed record LeftOutRow(string Row, string Rule, string? Detail);

/// <summary>The rows that rules left out: every rule's count, and the first ten thousand rows by name.</summary>
public sealed class ExcludedRows
{
    /// <summary>How many rows are kept by name; all are counted.</summary>
    public const int MostListed = 10_000;

    private readonly List<LeftOutRow> listed = [];
    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <summary>The rows by name, in the order in which they were met.</summary>
    public IReadOnlyList<LeftOutRow> Listed => listed;

    /// <summary>How many rows each rule left out, in the order in which the rules first did.</summary>
    public IReadOnlyDictionary<string, long> Counts => counts;

    /// <summary>How many rows were left out.</summary>
    public long Total => counts.Values.Sum();

    internal void Add(string row, string rule, string? detail = null)
    {
        counts[rule] = counts.GetValueOrDefault(rule) + 1;
        if (listed.Count < MostListed)
        {
            listed.Add(new LeftOutRow(row, rule, detail));
        }
    }

    /// <summary>Counts without naming, so that no text is made for rows that nobody will read.</summary>
    internal bool IsFull => listed.Count >= MostListed;
}
