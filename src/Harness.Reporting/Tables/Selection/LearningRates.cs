using System.Globalization;
using Harness.Reporting.Tables.Expressions;

namespace Harness.Reporting.Tables.Selection;

/// <summary>
/// The learning rate of every optimizer step of every run, for laws of loss curves. Between the steps that a table names the rate is drawn by a straight line; before
/// the first and after the last it stays. So a table that holds every step, or every corner of a schedule, gives the schedule exactly.
/// </summary>
internal sealed class LearningRates
{
    private const int MostSteps = 50_000_000;

    private readonly Dictionary<string, SortedDictionary<int, double>> runs = new(StringComparer.Ordinal);

    /// <summary>The run that a table without a column for it speaks about: all of them.</summary>
    private const string Every = "";

    public bool IsEmpty => runs.Count == 0;

    public void Add(TableReader table, string run, double step, double rate)
    {
        if (step < 0 || step > MostSteps || step != Math.Floor(step))
        {
            throw new TableException(table.File, table.Line, "step", $"{Numbers.Exact(step)} is no optimizer step; a whole number from 0 to 50,000,000 is needed; correct the cell");
        }

        if (!runs.TryGetValue(run, out SortedDictionary<int, double>? rates))
        {
            runs[run] = rates = [];
        }

        if (!rates.TryAdd((int)step, rate) && rates[(int)step] != rate)
        {
            throw new TableException(table.File, table.Line, "step", string.Create(CultureInfo.InvariantCulture, $"step {step} has the learning rate {rates[(int)step]} and here {rate}; each step of a run has one; tell the runs apart with --group, or correct the table"));
        }
    }

    /// <summary>Reads a table of schedules: columns <c>step</c> and <c>lr</c> (or <c>learning_rate</c>), and one that names the run where there are several.</summary>
    /// <param name="path">The table.</param>
    /// <param name="runColumn">The column that names the run; null to look for <c>run_id</c>, <c>run</c> or <c>file</c>.</param>
    public static LearningRates Read(string path, string? runColumn)
    {
        LearningRates rates = new();
        using TableReader table = TableReader.Open(path);
        string? column = new[] { runColumn, "run_id", "run", "file" }.FirstOrDefault(c => c is not null && table.Header.Has(c));
        RowValue step = Value(table, "step"), rate = Value(table, "lr");
        RowCell? run = column is null ? null : RowCell.Of(table, column);
        while (table.Read())
        {
            double s = step.Finite(table) ?? throw Empty(table, "step"), r = rate.Finite(table) ?? throw Empty(table, "lr");
            rates.Add(table, run is { } cell ? cell.Text(table).Trim().ToString() : Every, s, r);
        }

        return rates.IsEmpty
            ? throw new TableException(path, table.HeaderLine, null, "there is a header and no row; the learning rate of each step is needed; check how the table was written")
            : rates;
    }

    /// <summary>The rates of a run, by step from 0.</summary>
    /// <param name="run">The run.</param>
    /// <param name="last">The last step needed.</param>
    /// <param name="file">The table to name when it has no such run.</param>
    public double[] Of(string run, int last, string file)
    {
        if (!runs.TryGetValue(run, out SortedDictionary<int, double>? named) && !runs.TryGetValue(Every, out named))
        {
            throw new TableException(file, null, "lr", $"there is no schedule for the run '{run}'; {NearestNames.Advice(run, runs.Keys).TrimEnd('?')}; add its rows");
        }

        double[] rates = new double[last + 1];
        KeyValuePair<int, double>[] corners = [.. named];
        int next = 0;
        for (int k = 0; k < rates.Length; k++)
        {
            while (next < corners.Length && corners[next].Key < k)
            {
                next++;
            }

            rates[k] = next == 0 ? corners[0].Value
                : next == corners.Length ? corners[^1].Value
                : corners[next - 1].Value + ((corners[next].Value - corners[next - 1].Value) * (k - corners[next - 1].Key) / (corners[next].Key - corners[next - 1].Key));
        }

        return rates;
    }

    private static RowValue Value(TableReader table, string role)
    {
        IReadOnlyList<string> names = PointRole.Of(role).Columns;
        return RowValue.Of(table, ColumnExpression.OfColumn(names.FirstOrDefault(table.Header.Has) ?? names[0]));
    }

    private static TableException Empty(TableReader table, string column) =>
        new(table.File, table.Line, column, "the cell is empty; a number is needed; fill it or remove the row");
}
