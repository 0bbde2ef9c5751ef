using MathNet.Numerics.Distributions;
using MathNet.Numerics.Integration;

namespace Harness.Scaling;

/// <summary>How much an error adds to the variance of an M-estimate: tau^2 = E psi^2 / (E psi')^2 (Huber 1964), the residual variance for squares and 1/(4 f(0)^2) for absolute residuals.</summary>
internal static class ErrorVariance
{
    /// <summary>Half the width over which the change of the mean slope tells E psi' (Hall and Sheather 1988 give it for a median).</summary>
    public static double Window(Objective objective, double medianSize, int n)
    {
        double share = Math.Pow(n, -1.0 / 3) * Math.Pow(1.96, 2.0 / 3) * Math.Pow(1.5 / (2 * Math.PI), 1.0 / 3);
        return Math.Max(DeviationOf(medianSize) * Normal.InvCDF(0, 1, Math.Min(0.5 + share, 0.95)), objective.Delta ?? 0);
    }

    /// <summary>
    /// The variance tau^2 and E psi'. A fit with corners passes through as many points as it has free coordinates: these tell nothing of the errors and are left out. Few points need a wide window,
    /// over which the mean slope changes less than at its middle: by how much less is taken from the normal law.
    /// </summary>
    /// <param name="problem">Its objective and weights.</param>
    /// <param name="residuals">[rows], on the objective's axis.</param>
    /// <param name="repeats">[rows] how often each counts.</param>
    /// <param name="degrees">Rows less free coordinates.</param>
    public static (double Variance, double Bend) Of(FitProblem problem, ReadOnlySpan<double> residuals, double[] repeats, int degrees)
    {
        Objective objective = problem.Objective;
        int n = residuals.Length;
        double squares = 0, total = repeats.Sum();
        double[] sizes = new double[n], signed = residuals.ToArray(), counts = [.. repeats];
        for (int i = 0; i < n; i++)
        {
            double slope = Linearisation.Slope(objective, residuals[i], 1);
            squares += problem.Weights[problem.Active[i]] * slope * slope;
            sizes[i] = Math.Abs(residuals[i]);
        }

        if (objective.Penalty == Penalty.Square)
        {
            return (squares / degrees / 4, 2);
        }

        int[] order = [.. Enumerable.Range(0, n).OrderBy(i => sizes[i])];
        double through = total - degrees;
        foreach (int i in order)
        {
            double gone = Math.Min(through, counts[i]);
            counts[i] -= gone;
            through -= gone;
        }

        double median = Median(sizes, counts, order, degrees), window = Window(objective, median, (int)total), change = 0;
        for (int i = 0; i < n; i++)
        {
            change += counts[i] * (Linearisation.Slope(objective, signed[i] + window, 1) - Linearisation.Slope(objective, signed[i] - window, 1));
        }

        double bend = change / (2 * window * degrees) * Sharpness(objective, DeviationOf(median), window);
        return (squares / degrees / (bend * bend), bend);
    }

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
