using MathNet.Numerics.Distributions;

namespace Harness.Scaling;

/// <summary>
/// Covariance of a least-squares fit whose errors may differ in size from row to row: (J'WJ)^-1 (sum_i w_i^2 r_i^2/k_i j_i j_i') (J'WJ)^-1, k_i the share of its own error's variance that a row's residual shows.
/// It is unbiased when errors have the expected sizes (equal for residuals of logarithms, in proportion to the prediction for residuals of values), and consistent for any (MacKinnon and White 1985, HC2;
/// Pustejovsky and Tipton 2018, section 2.2, for other expected sizes than equal ones), with the degrees of freedom of Bell and McCaffrey (2002) under the same expectation for intervals, and the exact quantile where few rows decide.
/// </summary>
internal sealed class RobustSquares
{
    // Degrees of freedom cost the square of the rows; beyond this many they are those of the normal law anyway.
    private const int MostRowsForDegrees = 1500;
    // Below this many, two moments of the variance say too little of its distribution.
    private const double FewDegrees = 20;
    private const int MostExactRows = 48;
    private readonly double[][] rows;
    private readonly double[][] spread;
    private readonly double[] expected;
    private readonly double[] shown;
    private readonly double[] meat;
    private readonly bool copied;
    private readonly int f;

    private RobustSquares(double[][] rows, double[][] spread, double[] expected, double[] shown, double[] meat, double[] covariance, bool copied)
    {
        this.rows = rows;
        this.spread = spread;
        this.expected = expected;
        this.shown = shown;
        this.meat = meat;
        this.copied = copied;
        f = rows[0].Length;
        Covariance = covariance;
    }

    /// <summary>[f, f].</summary>
    public double[] Covariance { get; }

    /// <summary>Builds it from a linearisation; null where there are too few rows a coordinate to tell one error's size from another's.</summary>
    /// <param name="problem">With squares as penalty.</param>
    /// <param name="space">Holds the linearisation.</param>
    /// <param name="repeats">How often each of its n rows counts: 1, or the copies of it in a resample, which are rows of their own.</param>
    /// <param name="inside">The f coordinates that are estimated.</param>
    /// <param name="inverse">[f, f], (J'WJ)^-1.</param>
    public static RobustSquares? Of(FitProblem problem, Workspace space, double[] repeats, int[] inside, double[] inverse)
    {
        int n = repeats.Length, f = inside.Length, p = problem.Model.Dimension;
        if (repeats.Sum() < 3 * f)
        {
            return null;
        }

        double[][] rows = new double[n][], spread = new double[n][];
        double[] expected = Expected(problem, space), shown = new double[n], meat = new double[f * f], covariance = new double[f * f];
        for (int i = 0; i < n; i++)
        {
            double root = Math.Sqrt(problem.Weights[problem.Active[i]] / repeats[i]);
            double[] x = rows[i] = [.. inside.Select(k => root * space.Slopes[(i * p) + k])];
            spread[i] = Times(inverse, x);
            AddSquare(meat, x, repeats[i] * expected[i]);
        }

        for (int i = 0; i < n; i++)
        {
            // The residual's variance under the expected sizes: the diagonal of (I - H) Omega (I - H).
            double leverage = Dot(rows[i], spread[i]);
            shown[i] = (expected[i] * (1 - (2 * leverage))) + Dot(spread[i], Times(meat, spread[i]));
            if (!(1 - leverage > 1e-6) || !(shown[i] > 1e-6 * expected[i]))
            {
                // A row that alone decides a coordinate shows no error of its own.
                return null;
            }

            double residual = space.Residual[i];
            AddSquare(covariance, spread[i], problem.Weights[problem.Active[i]] * residual * residual * expected[i] / shown[i]);
        }

        return new RobustSquares(rows, spread, expected, shown, meat, covariance, repeats.Any(r => r != 1));
    }

    /// <summary>Degrees of freedom of the Student's t whose quantile is that of a linear combination of the coordinates in units of its own standard error.</summary>
    /// <param name="slope">[f] of the combination.</param>
    /// <param name="confidence">In (0, 1): where the quantiles agree.</param>
    public double Degrees(double[] slope, double confidence)
    {
        int n = rows.Length;
        if (n > MostRowsForDegrees)
        {
            return n - f;
        }

        double[] pull = [.. spread.Select(row => Dot(slope, row))], share = [.. pull.Select((v, i) => v * v * expected[i] / shown[i])];
        double mean = 0, square = 0;
        for (int i = 0; i < n; i++)
        {
            mean += share[i] * shown[i];
            square += share[i] * share[i] * shown[i] * shown[i];
            double[] through = Times(meat, spread[i]);
            for (int j = 0; j < i; j++)
            {
                double cross = Cross(i, j, through);
                square += 2 * share[i] * share[j] * cross * cross;
            }
        }

        double matched = square > 0 ? Math.Clamp(mean * mean / square, 1, n - f) : n - f;
        return matched < FewDegrees && !copied ? Exact(pull, share, mean, confidence) : matched;
    }

    // Two moments describe the variance well where many rows share in it; where few do, they ask for up to 1.4 times the interval (overtraining).
    private double Exact(double[] pull, double[] share, double mean, double confidence)
    {
        int[] order = [.. Enumerable.Range(0, share.Length).OrderByDescending(i => share[i] * shown[i])];
        double rest = mean;
        int m = 0;
        while (m < order.Length && m < MostExactRows && rest > 1e-3 * mean)
        {
            rest -= share[order[m]] * shown[order[m]];
            m++;
        }

        var through = new double[f];
        for (int i = 0; i < share.Length; i++)
        {
            for (int k = 0; k < f; k++)
            {
                through[k] += pull[i] * expected[i] * spread[i][k];
            }
        }

        var covariance = new double[m + 1, m + 1];
        covariance[0, 0] = mean;
        for (int a = 0; a < m; a++)
        {
            int i = order[a];
            covariance[0, a + 1] = covariance[a + 1, 0] = (pull[i] * expected[i]) - Dot(rows[i], through);
            covariance[a + 1, a + 1] = shown[i];
            double[] square = Times(meat, spread[i]);
            for (int b = 0; b < a; b++)
            {
                covariance[a + 1, b + 1] = covariance[b + 1, a + 1] = Cross(i, order[b], square);
            }
        }

        double quantile = new StudentisedQuantile(covariance, [.. order.Take(m).Select(i => share[i])], Math.Max(0, rest)).At(confidence), low = -3, high = 14;
        for (int i = 0; i < 40; i++)
        {
            double middle = 0.5 * (low + high);
            (low, high) = StudentT.InvCDF(0, 1, Math.Exp(middle), 0.5 + (0.5 * confidence)) > quantile ? (middle, high) : (low, middle);
        }

        return Math.Exp(0.5 * (low + high));
    }

    // Covariance of two residuals under the expected sizes.
    private double Cross(int i, int j, double[] through) => Dot(through, spread[j]) - (Dot(rows[i], spread[j]) * (expected[i] + expected[j]));

    // Expected variances of weighted errors, up to a factor: losses scatter in proportion to their size.
    private static double[] Expected(FitProblem problem, Workspace space)
    {
        double[] predictions = [.. problem.Active.Select(i => space.Predictions[i])];
        if (problem.Objective.OnLogarithms || !predictions.All(y => y > 0))
        {
            return [.. predictions.Select(_ => 1.0)];
        }

        double typical = predictions.Average(y => y * y);
        return [.. predictions.Select(y => y * y / typical)];
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int k = 0; k < a.Length; k++)
        {
            sum += a[k] * b[k];
        }

        return sum;
    }

    private static double[] Times(double[] matrix, double[] vector)
    {
        int f = vector.Length;
        var product = new double[f];
        for (int k = 0; k < f; k++)
        {
            for (int l = 0; l < f; l++)
            {
                product[k] += matrix[(k * f) + l] * vector[l];
            }
        }

        return product;
    }

    private static void AddSquare(double[] matrix, double[] vector, double weight)
    {
        int f = vector.Length;
        for (int k = 0; k < f; k++)
        {
            for (int l = 0; l < f; l++)
            {
                matrix[(k * f) + l] += weight * vector[k] * vector[l];
            }
        }
    }
}
