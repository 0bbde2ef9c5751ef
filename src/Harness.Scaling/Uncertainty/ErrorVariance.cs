using MathNet.Numerics.Distributions;

namespace Harness.Scaling;

/// <summary>How much an error adds to the variance of an M-estimate: tau^2 = E psi^2 / (E psi')^2 (Huber 1964), the residual variance for squares and 1/(4 f(0)^2) for absolute residuals.</summary>
internal static class ErrorVariance
{
    /// <summary>Half the width over which the change of the mean slope tells E psi' (Hall and Sheather 1988 give it for a median).</summary>
    public static double Window(Objective objective, double medianSize, int n)
    {
        double share = Math.Pow(n, -1.0 / 3) * Math.Pow(1.96, 2.0 / 3) * Math.Pow(1.5 / (2 * Math.PI), 1.0 / 3);
        return Math.Max(medianSize / 0.6745 * Normal.InvCDF(0, 1, Math.Min(0.5 + share, 0.95)), objective.Delta ?? 0);
    }

    /// <summary>The variance tau^2 and E psi'.</summary>
    /// <param name="problem">Its objective and weights.</param>
    /// <param name="residuals">[rows], on the objective's axis.</param>
    /// <param name="repeats">[rows] how often each counts.</param>
    /// <param name="degrees">Rows less free coordinates.</param>
    public static (double Variance, double Bend) Of(FitProblem problem, ReadOnlySpan<double> residuals, double[] repeats, int degrees)
    {
        Objective objective = problem.Objective;
        int n = residuals.Length;
        double squares = 0, total = repeats.Sum();
        var sizes = new double[n];
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

        double window = Window(objective, Median(sizes, repeats, total), (int)total), change = 0;
        for (int i = 0; i < n; i++)
        {
            change += repeats[i] * (Linearisation.Slope(objective, residuals[i] + window, 1) - Linearisation.Slope(objective, residuals[i] - window, 1));
        }

        double bend = change / (2 * window * total);
        return (squares / degrees / (bend * bend), bend);
    }

    private static double Median(double[] sizes, double[] repeats, double total)
    {
        double[] counts = [.. repeats];
        Array.Sort(sizes, counts);
        double below = 0;
        int i = 0;
        while (i < sizes.Length - 1 && below + counts[i] <= Math.Floor(total / 2))
        {
            below += counts[i++];
        }

        return sizes[i];
    }
}
