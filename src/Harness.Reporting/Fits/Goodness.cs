namespace Harness.Reporting.Fits;

/// <summary>How close predictions come to observations.</summary>
/// <param name="R2">1 - sum of squared residuals / sum of squared deviations from the mean; null when the observations are all equal.</param>
/// <param name="MeanAbsoluteError">In the target's unit.</param>
/// <param name="RootMeanSquareError">In the target's unit.</param>
/// <param name="MeanRelativeError">Mean of |residual| / |observation|.</param>
/// <param name="WorstRelativeError">The largest of them.</param>
/// <param name="Groups">How many runs the figures are the mean of; null for figures over all rows.</param>
public sealed record Goodness(
    double? R2,
    double MeanAbsoluteError,
    double RootMeanSquareError,
    double MeanRelativeError,
    double WorstRelativeError,
    int? Groups = null)
{
    /// <summary>Over all rows; null when there are none.</summary>
    public static Goodness? Of(IReadOnlyList<double> observed, IReadOnlyList<double> predicted)
    {
        ArgumentNullException.ThrowIfNull(observed);
        ArgumentNullException.ThrowIfNull(predicted);
        if (observed.Count == 0 || observed.Count != predicted.Count)
        {
            return null;
        }

        double mean = observed.Average(), absolute = 0, squared = 0, deviation = 0, relative = 0, worst = 0;
        for (int i = 0; i < observed.Count; i++)
        {
            double residual = predicted[i] - observed[i];
            double share = Math.Abs(residual / observed[i]);
            absolute += Math.Abs(residual);
            squared += residual * residual;
            deviation += (observed[i] - mean) * (observed[i] - mean);
            relative += share;
            worst = Math.Max(worst, share);
        }

        int n = observed.Count;
        return new Goodness(deviation > 0 ? 1 - (squared / deviation) : null, absolute / n, Math.Sqrt(squared / n), relative / n, worst);
    }

    /// <summary>The mean of each run's figures; null when no row belongs to a run, or all to one, or nothing is predicted for each row (a frontier).</summary>
    public static Goodness? PerGroup(IReadOnlyList<double> observed, IReadOnlyList<double> predicted, IReadOnlyList<string>? groups)
    {
        if (groups is null || groups.Count != observed.Count || predicted.Count != observed.Count)
        {
            return null;
        }

        Goodness[] each = [.. Enumerable.Range(0, groups.Count).GroupBy(i => groups[i])
            .Select(g => Of([.. g.Select(i => observed[i])], [.. g.Select(i => predicted[i])])!)];
        return each.Length < 2 || each.Length == groups.Count
            ? null
            : new Goodness(
                each.All(g => g.R2 is not null) ? each.Average(g => g.R2) : null,
                each.Average(g => g.MeanAbsoluteError),
                each.Average(g => g.RootMeanSquareError),
                each.Average(g => g.MeanRelativeError),
                each.Average(g => g.WorstRelativeError),
                each.Length);
    }
}
