using System.Globalization;
using Harness.Reporting.Tables.Expressions;

namespace Harness.Reporting.Tables.Selection;

/// <summary>
/// Reads points from tables, row by row. Rows pass, in this order: <c>--where</c>, the run's status, cells that are missing, then the checks that refuse a file (text in a
/// number, NaN, not above 0, a repeated row), and last <c>--mean-last</c> and <c>--drop-highest</c>. A row kept takes eight bytes a
/// number, four for its line, and up to eighteen to know it again.
/// </summary>
public sealed class PointsReader
{
    private readonly PointsQuery query;
    private readonly RowFilter? where;
    private readonly RowFilter? heldOut;
    private readonly ExcludedRows excluded = new();
    private readonly List<string> warnings = [];
    private readonly RowNames names = new();
    private readonly RowGroups groups;
    private readonly CurveSchedules schedules;
    private readonly TextsMet texts = new();
    private readonly Dictionary<string, GrowingColumn> values = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, ColumnExpression> columns = new Dictionary<string, ColumnExpression>();

    private PointsReader(PointsQuery query)
    {
        this.query = query;
        where = query.Where is { } w ? RowFilter.Parse(w) : null;
        heldOut = query.HeldOut is { } h ? RowFilter.Parse(h, "--holdout") : null;
        groups = new RowGroups(query);
        schedules = new CurveSchedules(query);
    }

    /// <summary>Reads the points.</summary>
    /// <exception cref="TableException">A table cannot answer the query.</exception>
    /// <exception cref="ExpressionException">An expression of the query is mistaken.</exception>
    public static PointsTable Read(PointsQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        PointsReader reader = new(query);
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string file in query.Files)
        {
            if (!seen.Add(Path.GetFullPath(file)))
            {
                throw new TableException(file, null, null, "this file is named twice; each file counts once; name it once");
            }

            reader.ReadFile(file);
        }

        return reader.Finish();
    }

    private void ReadFile(string file)
    {
        using TableReader table = TableReader.Open(file);
        RoleValues roles = new(table, query);
        GrowingColumn[] into = Into(table, roles);
        Func<TableReader, bool>? keeps = where?.Bind(table), holds = heldOut?.Bind(table);
        GrowingColumn? held = holds is null ? null : Column(PointsTable.HeldColumn);
        Condition[] asked = [.. new[] { where, heldOut }.OfType<RowFilter>().Select(f => f.Condition)];
        RowCell? status = table.Header.Has("status") && !asked.Any(c => c.Columns().Contains("status")) ? RowCell.Of(table, "status") : null;
        int run = table.Header.Has("run_id") ? table.Header.IndexOf("run_id") : -1;
        RepeatedRows met = new(query);
        names.Begin(file);
        groups.Begin(table);
        texts.Begin(table, asked);
        if (table.Separator != ',')
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{file}:{table.HeaderLine}: the columns are separated by a {Separators.Name(table.Separator)}, not by a comma; read so."));
        }

        string filtered = $"--where {where?.Text}";
        bool any = false;
        for (; table.Read(); any = true)
        {
            texts.Look(table);
            if (keeps is not null && !keeps(table))
            {
                LeaveOut(table, run, filtered);
                continue;
            }

            if (status is { } s && !RunStatus.IsFinished(s.Text(table)))
            {
                LeaveOut(table, run, $"status is {s.Text(table)}");
                continue;
            }

            schedules.Look(table, roles, groups);
            if (!roles.TryRead(out string? missing))
            {
                LeaveOutEmpty(table, run, missing!);
                continue;
            }

            if (met.Earlier(table) is { } line)
            {
                LeaveOut(table, run, "repeats an earlier row", string.Create(CultureInfo.InvariantCulture, $"line {line}"));
                continue;
            }

            CheckRoom(table);
            for (int i = 0; i < into.Length; i++)
            {
                into[i].Add(roles.Row[i]);
            }

            held?.Add(holds!(table) ? 1 : 0);
            groups.Add(names.Count);
            names.Add(table, run);
        }

        if (!any)
        {
            throw new TableException(file, table.HeaderLine, null, "there is a header and no row; at least one row is needed; check how the table was written");
        }
    }

    private GrowingColumn[] Into(TableReader table, RoleValues roles)
    {
        columns = roles.Columns;
        HashSet<string> known = [.. values.Keys.Where(k => k != PointsTable.HeldColumn)];
        if (known.Count > 0 && !known.SetEquals(columns.Keys))
        {
            string odd = known.Except(columns.Keys).Concat(columns.Keys.Except(known)).First();
            throw new TableException(table.File, table.HeaderLine, odd, $"of the tables given some have a column for {odd} and some have none; all need the same; say which with {PointRole.Of(odd).Option}");
        }

        return [.. roles.Roles.Select(Column)];
    }

    private GrowingColumn Column(string role) => values.TryGetValue(role, out GrowingColumn? column) ? column : values[role] = new GrowingColumn();

    private void CheckRoom(TableReader table)
    {
        if (names.Count == query.MostPoints)
        {
            string most = query.MostPoints.ToString("N0", CultureInfo.InvariantCulture);
            throw new TableException(table.File, table.Line, null, $"with this row there are more than {most} points; at most {most} are fitted{query.MostPointsReason}; narrow them with --where, or thin the table");
        }
    }

    private void LeaveOutEmpty(TableReader table, int run, string column)
    {
        string rule = $"no value in column {column}";
        if (!excluded.Counts.ContainsKey(rule))
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{table.File}:{table.Line}: {column}: the cell is empty; a number is needed; the row is left out, as are all like it."));
        }

        LeaveOut(table, run, rule);
    }

    private void LeaveOut(TableReader table, int run, string rule, string? detail = null) =>
        excluded.Add(excluded.IsFull ? "" : RowNames.Of(table, run), rule, detail);

    private PointsTable Finish()
    {
        PointRows rows = new(names, groups.Of(names), values.ToDictionary(v => v.Key, v => v.Value.Take()));
        if (query.MeanLast is { } last)
        {
            rows = rows.MeanOfLast(last, excluded);
        }

        if (query.DropHighest > 0)
        {
            rows = rows.WithoutHighest(query.DropHighest, excluded);
        }

        if (rows.Names.Count == 0)
        {
            throw Nothing();
        }

        rows = groups.Clustered(rows, warnings);
        return new PointsTable
        {
            Points = Scaling.Points.Holding(rows.Values, rows.Names, rows.Groups, schedules.Of(rows, groups.Column)),
            Excluded = excluded,
            Conventions = columns.ToDictionary(c => c.Key, c => c.Value.Text),
            Warnings = warnings,
            Files = query.Files,
        };
    }

    private TableException Nothing()
    {
        string rules = string.Join(", ", excluded.Counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} by \"{c.Key}\"")));
        return new TableException(query.Files[0], null, null, $"no row is left to fit: all {excluded.Total} were left out ({rules}){texts}; at least one is needed; widen the rule");
    }
}
