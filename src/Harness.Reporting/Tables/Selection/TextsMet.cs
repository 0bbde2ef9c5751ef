using Harness.Reporting.Tables.Expressions;

namespace Harness.Reporting.Tables.Selection;

/// <summary>The texts in the columns that filters compare with texts, for the message that no row was left: a user sees what there would have been.</summary>
internal sealed class TextsMet
{
    /// <summary>Texts of a column that are shown; one more is kept, to know that there are more.</summary>
    private const int Most = 12;

    private readonly Dictionary<string, HashSet<string>> met = new(StringComparer.Ordinal);
    private (RowCell Cell, HashSet<string> Met)[] watched = [];

    /// <summary>The rows that follow are of this table.</summary>
    public void Begin(TableReader table, IEnumerable<Condition> filters) => watched =
    [
        .. filters.SelectMany(f => f.Texts()).Select(t => (RowCell.Of(table, t.Column), met.TryGetValue(t.Column, out HashSet<string>? m) ? m : met[t.Column] = new(StringComparer.Ordinal))),
    ];

    /// <summary>Looks at the present row.</summary>
    public void Look(TableReader table)
    {
        foreach ((RowCell cell, HashSet<string> texts) in watched)
        {
            if (texts.Count <= Most)
            {
                texts.GetAlternateLookup<ReadOnlySpan<char>>().Add(cell.Text(table).Trim());
            }
        }
    }

    /// <summary>"; dataset is one of c4, rpj", column after column.</summary>
    public override string ToString() =>
        string.Concat(met.Select(t => $"; {t.Key} is one of {string.Join(", ", t.Value.Take(Most))}{(t.Value.Count > Most ? ", ..." : "")}"));
}
