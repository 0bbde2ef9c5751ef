using Harness.Reporting.Runs;

namespace Harness.Reporting.Plots;

/// <summary>Runs that one line of a figure joins.</summary>
/// <param name="Key">What they share: parameters or tokens, the geometric mean of values within 5 %; null for runs that share nothing.</param>
/// <param name="Runs">At least one.</param>
public sealed record RunGroup(double? Key, IReadOnlyList<RunRow> Runs)
{
    private const double Tolerance = 1.05;

    /// <summary>
    /// Runs grouped by a quantity, smallest first; budgets are rounded to whole steps, so values within 5 % count as the same.
    /// </summary>
    public static IReadOnlyList<RunGroup> By(IEnumerable<RunRow> runs, Func<RunRow, double> quantity)
    {
        var groups = new List<List<RunRow>>();
        foreach (var run in runs.OrderBy(quantity))
        {
            if (groups.Count > 0 && quantity(run) <= quantity(groups[^1][0]) * Tolerance)
            {
                groups[^1].Add(run);
            }
            else
            {
                groups.Add([run]);
            }
        }

        return [.. groups.Select(g => new RunGroup(Math.Exp(g.Average(r => Math.Log(quantity(r)))), g))];
    }

    /// <summary>
    /// Groups in which a second quantity varies too, and last, as one group without a key, the runs that stand alone (a ladder in
    /// which tokens follow the size has nothing but those). Lines that hold fewer than half of the runs count as alone too.
    /// </summary>
    /// <param name="runs">The runs.</param>
    /// <param name="quantity">What a group shares.</param>
    /// <param name="along">What varies along its line.</param>
    public static IReadOnlyList<RunGroup> Lines(IEnumerable<RunRow> runs, Func<RunRow, double> quantity, Func<RunRow, double> along)
    {
        var groups = By(runs, quantity);
        var lines = groups.Where(g => g.Runs.Select(along).Distinct().Count() > 1).ToList();
        if (2 * lines.Sum(g => g.Runs.Count) < groups.Sum(g => g.Runs.Count))
        {
            lines = []; // chance meetings, not a design
        }

        RunRow[] alone = [.. groups.Except(lines).SelectMany(g => g.Runs)];
        return alone.Length == 0 ? lines : [.. lines, new RunGroup(null, alone)];
    }
}
