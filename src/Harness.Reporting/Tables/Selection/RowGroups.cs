using System.Globalization;
using Harness.Reporting.Tables.Expressions;

namespace Harness.Reporting.Tables.Selection;

/// <summary>Which run each row belongs to: rows of one run are correlated and are resampled together.</summary>
internal sealed class RowGroups(PointsQuery query)
{
    private const int FewestClusters = 3;

    private readonly ColumnExpression? asked = query.Group is { } g ? ColumnExpression.Parse(g, "--group") : null;
    private readonly SharedTexts texts = new();
    private List<string?>? groups;
    private Func<string?>? present;

    /// <summary>The column of the groups that the user asked for, when it is one.</summary>
    public string? Column => asked?.OnlyColumn;

    /// <summary>The rows that follow are of this table.</summary>
    public void Begin(TableReader table)
    {
        if (asked is { OnlyColumn: null })
        {
            RowValue value = RowValue.Of(table, asked);
            present = () => value.Finite(table) is { } number ? Numbers.Exact(number) : "";
            return;
        }

        string? column = asked?.OnlyColumn ?? (query.GroupByFile ? table.Header.Has("run_id") ? "run_id" : "file" : null);
        if (column is null)
        {
            // A cluster's name, or none: such a row stands alone.
            RowCell? shared = query.ClusterBy is { } by && table.Header.Has(by) ? RowCell.Of(table, by) : null;
            present = shared is { } c ? () => c.Text(table).Trim() is { IsEmpty: false } text ? texts.Of(text) : null : null;
            return;
        }

        RowCell cell = RowCell.Of(table, column);
        present = () => texts.Of(cell.Text(table).Trim());
    }

    /// <summary>The run of the present row; null where it stands alone.</summary>
    public string? Present() => present?.Invoke();

    /// <summary>Adds the present row, which has so many before it.</summary>
    public void Add(int before)
    {
        string? group = present?.Invoke();
        if (groups is null && group is null)
        {
            return;
        }

        groups ??= [.. Enumerable.Repeat<string?>(null, before)];
        groups.Add(group);
    }

    /// <summary>The groups of all rows; null where every row stands alone. A row without a group gets one of its own, named as the row.</summary>
    public IReadOnlyList<string>? Of(RowNames names)
    {
        if (groups is null)
        {
            return null;
        }

        for (int i = 0; i < groups.Count; i++)
        {
            groups[i] ??= names[i];
        }

        return groups!;
    }

    /// <summary>Keeps clusters where a bootstrap can resample them, and says what they mean; without any, rows stand alone.</summary>
    public PointRows Clustered(PointRows rows, List<string> warnings)
    {
        if (query.Group is not null || query.GroupByFile || query.ClusterBy is null || rows.Groups is not { } clusters)
        {
            return rows;
        }

        int different = clusters.Distinct(StringComparer.Ordinal).Count();
        if (different == clusters.Count)
        {
            return rows with { Groups = null };
        }

        warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{clusters.Count} rows have {different} different {query.ClusterBy}s between them: rows of one have their beginning in common, and its noise. ")
            + (different >= FewestClusters
                ? $"A bootstrap resamples whole {query.ClusterBy}s (--group {query.ClusterBy}); other intervals take rows as independent."
                : $"That is too few to resample; intervals take rows as independent and are too narrow."));
        return different >= FewestClusters ? rows : rows with { Groups = null };
    }
}
