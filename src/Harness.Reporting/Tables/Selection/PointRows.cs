using Harness.Scaling;

namespace Harness.Reporting.Tables.Selection;

/// <summary>Points while they are being chosen: names, groups and a column a role, all of one length.</summary>
internal sealed record PointRows(IReadOnlyList<string> Names, IReadOnlyList<string>? Groups, IReadOnlyDictionary<string, double[]> Values)
{
    /// <summary>Without the rows of highest loss; among equals the later goes first.</summary>
    public PointRows WithoutHighest(int count, ExcludedRows excluded)
    {
        double[] loss = Values["loss"];

        // The lowest of the highest so far stands first in the queue; of equals the earlier row.
        PriorityQueue<int, (double Loss, int Row)> highest = new();
        for (int i = 0; i < loss.Length && count > 0; i++)
        {
            if (highest.Count < count)
            {
                highest.Enqueue(i, (loss[i], i));
            }
            else
            {
                highest.EnqueueDequeue(i, (loss[i], i));
            }
        }

        HashSet<int> dropped = [.. highest.UnorderedItems.Select(r => r.Element)];
        foreach (int i in dropped.Order())
        {
            excluded.Add(excluded.IsFull ? "" : Names[i], $"--drop-highest {count}", $"loss {Numbers.Exact(loss[i])}");
        }

        return Select([.. Enumerable.Range(0, loss.Length).Where(i => !dropped.Contains(i))]);
    }

    /// <summary>One row a group: the last one (largest d, or step, where there is one; else last in the file), its loss the mean of the group's last so many.</summary>
    public PointRows MeanOfLast(int count, ExcludedRows excluded)
    {
        double[]? order = Values.GetValueOrDefault("d") ?? Values.GetValueOrDefault("step");
        List<int> kept = [];
        List<double> means = [];
        foreach (IGrouping<string, int> run in Enumerable.Range(0, Names.Count).GroupBy(i => Groups![i]))
        {
            int[] rows = order is null ? [.. run] : [.. run.OrderBy(i => order[i])];
            kept.Add(rows[^1]);
            means.Add(rows.TakeLast(count).Average(i => Values["loss"][i]));
            foreach (int i in rows.SkipLast(count))
            {
                excluded.Add(excluded.IsFull ? "" : Names[i], $"--mean-last {count}: an earlier evaluation of its run");
            }
        }

        PointRows selected = Select([.. kept]);
        return selected with { Values = selected.Values.ToDictionary(v => v.Key, v => v.Key == "loss" ? [.. means] : v.Value) };
    }

    private PointRows Select(int[] rows) => new(
        ChosenNames.Of(Names, rows),
        Groups is null ? null : [.. rows.Select(i => Groups[i])],
        Values.ToDictionary(v => v.Key, v => Array.ConvertAll(rows, i => v.Value[i])));
}
