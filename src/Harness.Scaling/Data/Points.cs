using System.Diagnostics.CodeAnalysis;

namespace Harness.Scaling;

/// <summary>
/// The measurements a fit sees: named columns of doubles of one length, a name for every row, and optionally the run (group) each row belongs to.
/// Column names are lower case and follow the laws' variables: <c>n</c> parameters, <c>d</c> tokens, <c>c</c> FLOPs, <c>loss</c>, <c>unique</c> tokens,
/// <c>x</c> for one-variable laws, <c>weight</c> for weighted objectives. Units are the caller's: every law is fitted in scaled coordinates inside.
/// </summary>
public sealed class Points
{
    private readonly Dictionary<string, double[]> columns;

    private Points(Dictionary<string, double[]> columns, IReadOnlyList<string> rowIds, IReadOnlyList<string>? groups, IReadOnlyDictionary<string, double[]> schedules)
    {
        this.columns = columns;
        RowIds = rowIds;
        Groups = groups;
        Schedules = schedules;
    }

    /// <summary>Number of rows.</summary>
    public int Count => RowIds.Count;

    /// <summary>A name for each row (a run id, a CSV line), printed wherever a row is left out or blamed.</summary>
    public IReadOnlyList<string> RowIds { get; }

    /// <summary>The run or curve of each row; null when every row stands alone. Rows of one group are correlated and are resampled together.</summary>
    public IReadOnlyList<string>? Groups { get; }

    /// <summary>
    /// Learning rate of every optimizer step (index = step, element 0 = step 0) by group, for laws of loss curves. Empty when there are none;
    /// such laws then rebuild the schedule from the rows' own <c>step</c> and <c>lr</c> columns.
    /// </summary>
    public IReadOnlyDictionary<string, double[]> Schedules { get; }

    /// <summary>The names of the columns, in the order they were given.</summary>
    public IReadOnlyCollection<string> ColumnNames => columns.Keys;

    /// <summary>Builds points from columns of equal length. Row names default to "row 1", "row 2", ...</summary>
    /// <exception cref="ArgumentException">The columns, row names or groups differ in length, or there is no column.</exception>
    public static Points Of(
        IReadOnlyDictionary<string, double[]> columns,
        IReadOnlyList<string>? rowIds = null,
        IReadOnlyList<string>? groups = null,
        IReadOnlyDictionary<string, double[]>? schedules = null)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Count == 0)
        {
            throw new ArgumentException("Points need at least one column.", nameof(columns));
        }

        int count = columns.First().Value.Length;
        foreach ((string name, double[] values) in columns)
        {
            if (values.Length != count)
            {
                throw new ArgumentException($"Column {name} has {values.Length} rows, but {columns.First().Key} has {count}.", nameof(columns));
            }
        }

        rowIds ??= [.. Enumerable.Range(1, count).Select(i => $"row {i}")];
        if (rowIds.Count != count || (groups is not null && groups.Count != count))
        {
            throw new ArgumentException($"There are {count} rows, but {rowIds.Count} row names and {groups?.Count ?? count} groups.", nameof(rowIds));
        }

        var copy = new Dictionary<string, double[]>(StringComparer.Ordinal);
        foreach ((string name, double[] values) in columns)
        {
            copy.Add(name, (double[])values.Clone());
        }

        return new Points(copy, rowIds, groups, schedules ?? new Dictionary<string, double[]>());
    }

    /// <summary>As <see cref="Of(IReadOnlyDictionary{string, double[]}, IReadOnlyList{string}, IReadOnlyList{string}, IReadOnlyDictionary{string, double[]})"/>, but keeps the arrays instead of copies, which the caller leaves alone from then on: for millions of rows.</summary>
    /// <exception cref="ArgumentException">The columns, row names or groups differ in length, or there is no column.</exception>
    public static Points Holding(
        IReadOnlyDictionary<string, double[]> columns, IReadOnlyList<string> rowIds, IReadOnlyList<string>? groups, IReadOnlyDictionary<string, double[]> schedules)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(rowIds);
        ArgumentNullException.ThrowIfNull(schedules);
        return columns.Count > 0 && columns.Values.All(c => c.Length == rowIds.Count) && (groups is null || groups.Count == rowIds.Count)
            ? new Points(new Dictionary<string, double[]>(columns, StringComparer.Ordinal), rowIds, groups, schedules)
            : throw new ArgumentException($"Columns, row names and groups need one length, and there must be a column; there are {rowIds.Count} row names.", nameof(columns));
    }

    /// <summary>Builds points from (name, values) pairs, for tests and examples.</summary>
    public static Points Of(params (string Name, double[] Values)[] columns) => Of(columns.ToDictionary(c => c.Name, c => c.Values));

    /// <summary>Whether there is a column of this name, given or implied by C = 6ND and M = D/N.</summary>
    public bool Has(string column) => TryColumn(column, out _);

    /// <summary>
    /// The values of a column. If it was not given: <c>c</c> = 6nd, <c>n</c> = c/(6d), <c>d</c> = c/(6n), and tokens per parameter <c>m</c> = d/n.
    /// </summary>
    /// <exception cref="FitRefusedException"><see cref="RefusalReason.MissingVariable"/>: the column is neither given nor implied.</exception>
    public double[] Column(string column) => TryColumn(column, out double[]? values)
        ? values
        : throw new FitRefusedException(
            RefusalReason.MissingVariable,
            $"There is no column '{column}'; there are {string.Join(", ", columns.Keys)}.",
            $"Name the column that holds '{column}', or give two of n, d and c.");

    /// <summary>The values of a column given or implied; false when there is none.</summary>
    public bool TryColumn(string column, [NotNullWhen(true)] out double[]? values)
    {
        if (columns.TryGetValue(column, out values))
        {
            return true;
        }

        bool n = columns.TryGetValue("n", out double[]? ns), d = columns.TryGetValue("d", out double[]? ds), c = columns.TryGetValue("c", out double[]? cs);
        values = column switch
        {
            "c" when n && d => Combine(ns!, ds!, (a, b) => 6 * a * b),
            "n" when c && d => Combine(cs!, ds!, (a, b) => a / (6 * b)),
            "d" when c && n => Combine(cs!, ns!, (a, b) => a / (6 * b)),
            "m" when n && d => Combine(ds!, ns!, (a, b) => a / b),
            "m" when n && c => Combine(cs!, ns!, (a, b) => a / (6 * b * b)),
            "m" when c && d => Combine(cs!, ds!, (a, b) => 6 * b * b / a),
            _ => null,
        };
        if (values is not null)
        {
            columns.TryAdd(column, values);
        }

        return values is not null;
    }

    /// <summary>The chosen rows, in the given order; a row may be taken more than once.</summary>
    public Points Select(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        int[] chosen = [.. rows];
        var taken = columns.ToDictionary(c => c.Key, c => Array.ConvertAll(chosen, r => c.Value[r]), StringComparer.Ordinal);
        return new Points(taken, ChosenNames.Of(RowIds, chosen), Groups is null ? null : [.. chosen.Select(r => Groups[r])], Schedules);
    }

    /// <summary>So many rows from a first one on, in their order.</summary>
    internal Points Slice(int first, int count)
    {
        var taken = columns.ToDictionary(c => c.Key, c => c.Value.AsSpan(first, count).ToArray(), StringComparer.Ordinal);
        return new Points(taken, new SlicedNames(RowIds, first, count), Groups is null ? null : [.. Enumerable.Range(first, count).Select(r => Groups[r])], Schedules);
    }

    /// <summary>The same rows with one column added or replaced.</summary>
    /// <exception cref="ArgumentException">The column has another length.</exception>
    public Points With(string column, double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != Count)
        {
            throw new ArgumentException($"Column {column} has {values.Length} rows, but there are {Count}.", nameof(values));
        }

        var changed = new Dictionary<string, double[]>(columns, StringComparer.Ordinal) { [column] = values };
        return new Points(changed, RowIds, Groups, Schedules);
    }

    private static double[] Combine(double[] first, double[] second, Func<double, double, double> combine)
    {
        var result = new double[first.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = combine(first[i], second[i]);
        }

        return result;
    }
}
