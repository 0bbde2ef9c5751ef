namespace Harness.Reporting.Tables.Selection;

/// <summary>
/// The learning rates behind loss curves: from a table of their own, or from the rows of the points' tables, of which many name a rate and have no loss (logs name the rate more
/// often than they evaluate).
/// </summary>
internal sealed class CurveSchedules(PointsQuery query)
{
    private readonly LearningRates logged = new();
    private bool loggedBetween;

    /// <summary>Remembers the learning rate of the present row of a loss curve, even where the row has no loss to fit.</summary>
    public void Look(TableReader table, RoleValues roles, RowGroups groups)
    {
        if (!query.GroupByFile || query.Schedule is not null || groups.Present() is not { } run)
        {
            return;
        }

        if (roles.Of("step") is { } step && roles.Of("lr") is { } rate)
        {
            logged.Add(table, run, step, rate);
            loggedBetween |= !roles.AreAllThere();
        }
    }

    /// <summary>The schedules that the rows alone would not give, by run; empty where they would.</summary>
    public Dictionary<string, double[]> Of(PointRows rows, string? runColumn)
    {
        LearningRates? rates = query.Schedule is { } path ? LearningRates.Read(path, runColumn) : loggedBetween && !rows.Values.ContainsKey("warmup") ? logged : null;
        if (rates is null || rows.Groups is null || !rows.Values.TryGetValue("step", out double[]? step))
        {
            return [];
        }

        return Enumerable.Range(0, rows.Names.Count).GroupBy(i => rows.Groups[i])
            .ToDictionary(g => g.Key, g => rates.Of(g.Key, (int)g.Max(i => step[i]), query.Schedule ?? query.Files[0]), StringComparer.Ordinal);
    }
}
