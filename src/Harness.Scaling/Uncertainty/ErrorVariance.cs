using MathNet.Numerics.Distributions;
using MathNet.Numerics.Integration;

namespace Harness.Scaling;

/// <summary>How much an error adds to the variance of an M-estimate: tau^2 = E psi^2 / (E psi')^2 (Huber 1964), the residual variance for squares and 1/(4 f(0)^2) for absolute residuals.</summary>
/// <param name="Value">tau^2.</param>
/// <param name="Bend">E psi'.</param>
/// <param name="Window">Half the width over which changes of the slope are taken; 0 for squares, which need none.</param>
/// <param name="Level">What a change of the slope over the window is multiplied by so that the mean of all is <paramref name="Bend"/>.</param>
internal readonly record struct ErrorVariance(double Value, double Bend, double Window, double Level)
{
    /// <summary>What one row adds to E psi': large where errors are small.</summary>
    public double LocalBend(Objective objective, double residual) => Level * Change(objective, residual, Window);

    /// <summary>Half the width over which the change of the mean slope tells E psi' (Hall and Sheather 1988 give it for a median).</summary>
    public static double WindowOf(Objective objective, double medianSize, int n)
    {
        double share = Math.Pow(n, -1.0 / 3) * Math.Pow(1.96, 2.0 / 3) * Math.Pow(1.5 / (2 * Math.PI), 1.0 / 3);
        return Math.Max(DeviationOf(medianSize) * Normal.InvCDF(0, 1, Math.Min(0.5 + share, 0.95)), objective.Delta ?? 0);
    }

    /// <summary>
    /// Taken from residuals. A fit with corners passes through as many points as it has free coordinates: these tell nothing of the errors and are left out. Few points need a wide window,
    /// over which the mean slope changes less than at its middle: by how much less is taken from the normal law.
    /// </summary>
    /// <param name="problem">Its objective and weights.</param>
    /// <param name="residuals">[rows], on the objective's axis.</param>
    /// <param name="repeats">[rows] how often each counts.</param>
    /// <param name="degrees">Rows less free coordinates.</param>
    public static ErrorVariance Of(FitProblem problem, ReadOnlySpan<double> residuals, double[] repeats, int degrees)
    {
        Objective objective = problem.Objective;
        int n = residuals.Length;
        double squares = 0, total = repeats.Sum();
        double[] sizes = new double[n], counts = [.. repeats];
        for (int i = 0; i < n; i++)
        {
            double slope = Linearisation.Slope(objective, residuals[i], 1);
            squares += problem.Weights[problem.Active[i]] * slope * slope;
            sizes[i] = Math.Abs(residuals[i]);
        }

        if (objective.Penalty == Penalty.Square)
        {
            return new ErrorVariance(squares / degrees / 4, 2, 0, 0);
        }

        int[] order = [.. Enumerable.Range(0, n).OrderBy(i => sizes[i])];
        double through = total - degrees;
        foreach (int i in order)
        {
            double gone = Math.Min(through, counts[i]);
            counts[i] -= gone;
            through -= gone;
        }

        double median = Median(sizes, counts, order, degrees), window = WindowOf(objective, median, (int)total), beside = 0, all = 0;
        for (int i = 0; i < n; i++)
        {
            double change = Change(objective, residuals[i], window);
            beside += counts[i] * change;
            all += repeats[i] * change;
        }

        double bend = beside / degrees * Sharpness(objective, DeviationOf(median), window);
        return new ErrorVariance(squares / degrees / (bend * bend), bend, window, bend * total / all);
    }

    /// <summary>Mean slope of psi from one end of the window about a residual to the other.</summary>
    public static double Change(Objective objective, double residual, double window) =>
        (Linearisation.Slope(objective, residual + window, 1) - Linearisation.Slope(objective, residual - window, 1)) / (2 * window);

    // Of normal errors: the median size is 0.6745 of it.
    private static double DeviationOf(double medianSize) => medianSize / 0.6745;

    // How much steeper the mean slope of normal errors is at the middle of the window than over it.
    private static double Sharpness(Objective objective, double deviation, double window)
    {
        double delta = (objective.Delta ?? 0) / deviation, reach = window / deviation;
        if (!double.IsFinite(delta) || !(reach > 0))
        {
            return 1;
        }

        // A corner is a Huber penalty whose threshold goes to 0.
        double At(double t) => delta > 1e-6 ? (Normal.CDF(0, 1, delta + t) - Normal.CDF(0, 1, t - delta)) / (2 * delta) : Normal.PDF(0, 1, t);
        return At(0) / (GaussLegendreRule.Integrate(At, 0, reach, 16) / reach);
    }

    private static double Median(double[] sizes, double[] counts, int[] order, double total)
    {
        double below = 0;
        int i = 0;
        while (i < order.Length - 1 && below + counts[order[i]] <= Math.Floor(total / 2))
        {
            below += counts[order[i++]];
        }

        return sizes[order[i]];
    }
}
