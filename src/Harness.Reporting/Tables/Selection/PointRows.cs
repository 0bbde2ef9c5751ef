namespace Harness.Reporting.Tables.Selection;

/// <summary>Points while they are being chosen: names, groups and a list of values a role, all of one length.</summary>
internal sealed record PointRows(IReadOnlyList<string> Ids, IReadOnlyList<string>? Groups, IReadOnlyDictionary<string, List<double>> Values)
{
    /// <summary>Without the rows of highest loss; among equals the later goes first.</summary>
    public PointRows WithoutHighest(int count, ExcludedRows excluded)
    {
        List<double> loss = Values["loss"];
        HashSet<int> dropped = [.. Enumerable.Range(0, Ids.Count).OrderByDescending(i => loss[i]).ThenByDescending(i => i).Take(count)];
        foreach (int i in dropped.Order())
        {
            excluded.Add(Ids[i], $"--drop-highest {count}", $"loss {Numbers.Exact(loss[i])}");
        }

        return Select([.. Enumerable.Range(0, Ids.Count).Where(i => !dropped.Contains(i))]);
    }

    /// <summary>One row a group: the last one (largest d, or step, where there is one; else last in the file), its loss the mean of the group's last so many.</summary>
    public PointRows MeanOfLast(int count, ExcludedRows excluded)
    {
        List<double>? order = Values.GetValueOrDefault("d") ?? Values.GetValueOrDefault("step");
        List<int> kept = [];
        List<double> means = [];
        foreach (IGrouping<string, int> run in Enumerable.Range(0, Ids.Count).GroupBy(i => Groups![i]))
        {
            int[] rows = order is null ? [.. run] : [.. run.OrderBy(i => order[i])];
            kept.Add(rows[^1]);
            means.Add(rows.TakeLast(count).Average(i => Values["loss"][i]));
            foreach (int i in rows.SkipLast(count))
            {
                excluded.Add(Ids[i], $"--mean-last {count}: an earlier evaluation of its run");
            }
        }

        PointRows selected = Select(kept);
        return selected with { Values = selected.Values.ToDictionary(v => v.Key, v => v.Key == "loss" ? means : v.Value) };
    }

    private PointRows Select(IReadOnlyList<int> rows) => new(
        [.. rows.Select(i => Ids[i])],
        Groups is null ? null : [.. rows.Select(i => Groups[i])],
        Values.ToDictionary(v => v.Key, v => rows.Select(i => v.Value[i]).ToList()));
}
