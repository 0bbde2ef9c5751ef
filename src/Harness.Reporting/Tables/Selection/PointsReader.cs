using System.Globalization;
using Harness.Reporting.Tables.Expressions;

namespace Harness.Reporting.Tables.Selection;

/// <summary>
/// Reads points from tables. Rows pass, in this order: <c>--where</c>, the run's status, cells that are missing, then the checks that refuse a file (text in a
/// number, NaN, not above 0, a repeated row), and last <c>--mean-last</c> and <c>--drop-highest</c>.
/// </summary>
public sealed class PointsReader
{
    private readonly PointsQuery query;
    private readonly RowFilter? where;
    private readonly RowFilter? heldOut;
    private readonly ColumnExpression? group;
    private readonly ExcludedRows excluded = new();
    private readonly List<string> warnings = [];
    private readonly HashSet<string> held = new(StringComparer.Ordinal);
    private readonly List<string> ids = [];
    private readonly List<string> groups = [];
    private readonly Dictionary<string, List<double>> values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> seenTexts = new(StringComparer.Ordinal);
    private readonly LearningRates logged = new();
    private bool loggedBetween;
    private IReadOnlyDictionary<string, ColumnExpression> columns = new Dictionary<string, ColumnExpression>();

    private PointsReader(PointsQuery query)
    {
        this.query = query;
        where = query.Where is { } w ? RowFilter.Parse(w) : null;
        heldOut = query.HeldOut is { } h ? RowFilter.Parse(h, "--holdout") : null;
        group = query.Group is { } g ? ColumnExpression.Parse(g, "--group") : null;
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
        columns = RoleColumns.Of(query, table.Header, file, table.HeaderLine);
        if (values.Count > 0 && !values.Keys.ToHashSet().SetEquals(columns.Keys))
        {
            string odd = values.Keys.Except(columns.Keys).Concat(columns.Keys.Except(values.Keys)).First();
            throw new TableException(file, table.HeaderLine, odd, $"of the tables given some have a column for {odd} and some have none; all need the same; say which with {PointRole.Of(odd).Option}");
        }

        (string Role, RowValue Value, List<double> Into)[] roles =
            [.. columns.Select(c => (c.Key, RowValue.Of(table, c.Value), values.TryGetValue(c.Key, out List<double>? l) ? l : values[c.Key] = []))];
        Func<TableReader, bool>? keeps = where?.Bind(table), holds = heldOut?.Bind(table);
        Condition[] asked = [.. new[] { where, heldOut }.OfType<RowFilter>().Select(f => f.Condition)];
        RowCell[] texts = [.. asked.SelectMany(c => c.Texts()).Select(t => RowCell.Of(table, t.Column))];
        string[] textNames = [.. asked.SelectMany(c => c.Texts()).Select(t => t.Column)];
        Func<string>? runOf = Grouping(table);
        RowCell? status = table.Header.Has("status") && !asked.Any(c => c.Columns().Contains("status")) ? RowCell.Of(table, "status") : null;
        int runId = table.Header.Has("run_id") ? table.Header.IndexOf("run_id") : -1;
        Dictionary<ulong, long> met = [];
        double[] row = new double[roles.Length];
        long rows = 0;
        if (table.Separator != ',')
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{file}:{table.HeaderLine}: the columns are separated by a {Separators.Name(table.Separator)}, not by a comma; read so."));
        }

        while (table.Read())
        {
            rows++;
            for (int i = 0; i < texts.Length; i++)
            {
                Remember(textNames[i], texts[i].Text(table));
            }

            if (keeps is not null && !keeps(table))
            {
                LeaveOut(table, runId, $"--where {where!.Text}");
                continue;
            }

            if (status is { } s && !RunStatus.IsFinished(s.Text(table)))
            {
                LeaveOut(table, runId, $"status is {s.Text(table)}");
                continue;
            }

            LogRate(table, roles, runOf);
            if (!TryRead(table, roles, row, runId) || IsRepeated(table, met, runId))
            {
                continue;
            }

            if (ids.Count == query.MostPoints)
            {
                string most = query.MostPoints.ToString("N0", CultureInfo.InvariantCulture);
                throw new TableException(file, table.Line, null, $"with this row there are more than {most} points; at most {most} are fitted; narrow them with --where, or thin the table");
            }

            for (int i = 0; i < roles.Length; i++)
            {
                roles[i].Into.Add(row[i]);
            }

            string id = RowId(table, runId);
            ids.Add(id);
            if (runOf is not null)
            {
                groups.Add(runOf());
            }

            if (holds is not null && holds(table))
            {
                held.Add(id);
            }
        }

        if (rows == 0)
        {
            throw new TableException(file, table.HeaderLine, null, "there is a header and no row; at least one row is needed; check how the table was written");
        }
    }

    /// <summary>The name of the present row's run; null when rows stand alone.</summary>
    private Func<string>? Grouping(TableReader table)
    {
        if (group is { OnlyColumn: null })
        {
            RowValue value = RowValue.Of(table, group);
            return () => value.Finite(table) is { } number ? Numbers.Exact(number) : "";
        }

        string? column = group?.OnlyColumn ?? (query.GroupByFile ? table.Header.Has("run_id") ? "run_id" : "file" : null);
        if (column is null)
        {
            return query.ClusterBy is { } shared ? ClusterOf(table, shared) : null;
        }

        RowCell cell = RowCell.Of(table, column);
        return () => cell.Text(table).Trim().ToString();
    }

    /// <summary>The cluster of the present row; one of its own where the table says none.</summary>
    private static Func<string> ClusterOf(TableReader table, string column)
    {
        RowCell? cell = table.Header.Has(column) ? RowCell.Of(table, column) : null;
        return () =>
        {
            string text = cell is { } c ? c.Text(table).Trim().ToString() : "";
            return text.Length > 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{table.File}:{table.Line}");
        };
    }

    /// <summary>Keeps clusters where a bootstrap can resample them, and says what they mean; without any, rows stand alone.</summary>
    private PointRows Clustered(PointRows rows)
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

        const int Least = 3;
        warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{clusters.Count} rows have {different} different {query.ClusterBy}s between them: rows of one have their beginning in common, and its noise. ")
            + (different >= Least
                ? $"A bootstrap resamples whole {query.ClusterBy}s (--group {query.ClusterBy}); other intervals take rows as independent."
                : $"That is too few to resample; intervals take rows as independent and are too narrow."));
        return different >= Least ? rows : rows with { Groups = null };
    }

    private bool TryRead(TableReader table, (string Role, RowValue Value, List<double> Into)[] roles, double[] row, int runId)
    {
        for (int i = 0; i < roles.Length; i++)
        {
            if (roles[i].Value.Finite(table) is not { } value)
            {
                string rule = $"no value in column {roles[i].Value.Missing}";
                if (!excluded.Counts.ContainsKey(rule))
                {
                    warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{table.File}:{table.Line}: {roles[i].Value.Missing}: the cell is empty; a number is needed; the row is left out, as are all like it."));
                }

                LeaveOut(table, runId, rule);
                return false;
            }

            row[i] = value;
        }

        for (int i = 0; i < roles.Length; i++)
        {
            if (row[i] <= 0 && query.Positive.Contains(roles[i].Role))
            {
                ColumnExpression expression = columns[roles[i].Role];
                string name = expression.OnlyColumn ?? expression.Text;
                throw new TableException(table.File, table.Line, name, $"{Numbers.Exact(row[i])} is not above 0; {PointRole.Of(roles[i].Role).Meaning} must be, for its logarithm is taken; correct the cell, or leave the row out with --where");
            }
        }

        return true;
    }

    /// <summary>
    /// Remembers the learning rate of a row of a loss curve even where the row has no loss to fit: logs name the rate more often than they evaluate.
    /// </summary>
    private void LogRate(TableReader table, (string Role, RowValue Value, List<double> Into)[] roles, Func<string>? runOf)
    {
        if (!query.GroupByFile || query.Schedule is not null || runOf is null)
        {
            return;
        }

        RowValue? step = Array.Find(roles, r => r.Role == "step").Value, rate = Array.Find(roles, r => r.Role == "lr").Value;
        if (step?.Finite(table) is { } s && rate?.Finite(table) is { } lr)
        {
            logged.Add(table, runOf(), s, lr);
            loggedBetween |= roles.Any(r => r.Value.Finite(table) is null);
        }
    }

    /// <summary>The schedules that the rows alone would not give; empty where they would.</summary>
    private Dictionary<string, double[]> Schedules(PointRows rows)
    {
        LearningRates? rates = query.Schedule is { } path ? LearningRates.Read(path, group?.OnlyColumn) : loggedBetween && !values.ContainsKey("warmup") ? logged : null;
        if (rates is null || rows.Groups is null || !rows.Values.TryGetValue("step", out List<double>? step))
        {
            return [];
        }

        return Enumerable.Range(0, rows.Ids.Count).GroupBy(i => rows.Groups[i])
            .ToDictionary(g => g.Key, g => rates.Of(g.Key, (int)g.Max(i => step[i]), query.Schedule ?? query.Files[0]), StringComparer.Ordinal);
    }

    private bool IsRepeated(TableReader table, Dictionary<ulong, long> met, int runId)
    {
        if (query.Duplicates == DuplicateRows.Keep)
        {
            return false;
        }

        // FNV-1a, 64 bits: among a million rows two different ones meet with a probability of 3e-8.
        ulong hash = 14695981039346656037;
        for (int i = 0; i < table.Header.Names.Count; i++)
        {
            foreach (char c in table[i])
            {
                hash = (hash ^ c) * 1099511628211;
            }

            hash = (hash ^ 0xFFFF) * 1099511628211;
        }

        if (met.TryAdd(hash, table.Line))
        {
            return false;
        }

        if (query.Duplicates == DuplicateRows.Refuse)
        {
            throw new TableException(table.File, table.Line, string.Join(",", table.Header.Names.Take(6)) + (table.Header.Names.Count > 6 ? ",..." : ""), string.Create(CultureInfo.InvariantCulture, $"the row repeats line {met[hash]} in every column; a measurement counts once; remove it, or say --duplicates drop or --duplicates keep"));
        }

        LeaveOut(table, runId, "repeats an earlier row", string.Create(CultureInfo.InvariantCulture, $"line {met[hash]}"));
        return true;
    }

    private void LeaveOut(TableReader table, int runId, string rule, string? detail = null) =>
        excluded.Add(excluded.IsFull ? "" : RowId(table, runId), rule, detail);

    private void Remember(string column, ReadOnlySpan<char> text)
    {
        if (!seenTexts.TryGetValue(column, out HashSet<string>? seen))
        {
            seenTexts[column] = seen = new HashSet<string>(StringComparer.Ordinal);
        }

        if (seen.Count <= 12)
        {
            seen.GetAlternateLookup<ReadOnlySpan<char>>().Add(text.Trim());
        }
    }

    private static string RowId(TableReader table, int runId) => runId >= 0
        ? string.Create(CultureInfo.InvariantCulture, $"{table.File}:{table.Line} ({table[runId]})")
        : string.Create(CultureInfo.InvariantCulture, $"{table.File}:{table.Line}");

    private PointsTable Finish()
    {
        PointRows rows = new(ids, groups.Count == 0 ? null : groups, values);
        if (query.MeanLast is { } last)
        {
            rows = rows.MeanOfLast(last, excluded);
        }

        if (query.DropHighest > 0)
        {
            rows = rows.WithoutHighest(query.DropHighest, excluded);
        }

        if (rows.Ids.Count == 0)
        {
            throw Nothing();
        }

        rows = Clustered(rows);
        return new PointsTable
        {
            Points = Scaling.Points.Of(rows.Values.ToDictionary(v => v.Key, v => v.Value.ToArray()), rows.Ids, rows.Groups, Schedules(rows)),
            Excluded = excluded,
            HeldOut = held,
            Conventions = columns.ToDictionary(c => c.Key, c => c.Value.Text),
            Warnings = warnings,
            Files = query.Files,
        };
    }

    private TableException Nothing()
    {
        string rules = string.Join(", ", excluded.Counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} by \"{c.Key}\"")));
        string have = string.Concat(seenTexts.Select(t => $"; {t.Key} is one of {string.Join(", ", t.Value.Take(12))}{(t.Value.Count > 12 ? ", ..." : "")}"));
        return new TableException(query.Files[0], null, null, $"no row is left to fit: all {excluded.Total} were left out ({rules}){have}; at least one is needed; widen the rule");
    }
}
