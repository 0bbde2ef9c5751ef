namespace Harness.Scaling;

/// <summary>
/// Covariance of a least-squares fit whose errors may differ in size from row to row: (J'WJ)^-1 (sum_i w_i^2 r_i^2/(1 - h_i) j_i j_i') (J'WJ)^-1, unbiased when the errors are in fact equal (MacKinnon and White
/// 1985, HC2), with the degrees of freedom of Bell and McCaffrey (2002) for intervals in small samples.
/// </summary>
internal sealed class RobustSquares
{
    // Degrees of freedom cost the square of the rows; beyond this many they are those of the normal law anyway.
    private const int MostRowsForDegrees = 1500;
    private readonly double[][] rows;
    private readonly double[][] spread;
    private readonly double[] left;
    private readonly int f;

    private RobustSquares(double[][] rows, double[][] spread, double[] left, double[] covariance)
    {
        this.rows = rows;
        this.spread = spread;
        this.left = left;
        f = rows[0].Length;
        Covariance = covariance;
    }

    /// <summary>[f, f].</summary>
    public double[] Covariance { get; }

    /// <summary>Builds it from a linearisation; null where there are too few rows a coordinate to tell one error's size from another's.</summary>
    /// <param name="problem">With squares as penalty.</param>
    /// <param name="space">Holds the linearisation.</param>
    /// <param name="n">Its rows.</param>
    /// <param name="inside">The f coordinates that are estimated.</param>
    /// <param name="inverse">[f, f], (J'WJ)^-1.</param>
    public static RobustSquares? Of(FitProblem problem, Workspace space, int n, int[] inside, double[] inverse)
    {
        int f = inside.Length, p = problem.Model.Dimension;
        if (n < 3 * f)
        {
            return null;
        }

        double[][] rows = new double[n][], spread = new double[n][];
        double[] left = new double[n], covariance = new double[f * f];
        for (int i = 0; i < n; i++)
        {
            double root = Math.Sqrt(problem.Weights[problem.Active[i]]), residual = root * space.Residual[i], leverage = 0;
            double[] x = rows[i] = [.. inside.Select(k => root * space.Slopes[(i * p) + k])], gx = spread[i] = new double[f];
            for (int k = 0; k < f; k++)
            {
                for (int l = 0; l < f; l++)
                {
                    gx[k] += inverse[(k * f) + l] * x[l];
                }

                leverage += x[k] * gx[k];
            }

            left[i] = 1 - leverage;
            if (!(left[i] > 1e-6))
            {
                // A row that alone decides a coordinate shows no error of its own.
                return null;
            }

            double share = residual * residual / left[i];
            for (int k = 0; k < f; k++)
            {
                for (int l = 0; l < f; l++)
                {
                    covariance[(k * f) + l] += share * gx[k] * gx[l];
                }
            }
        }

        return new RobustSquares(rows, spread, left, covariance);
    }

    /// <summary>Degrees of freedom of the variance of a linear combination of the coordinates.</summary>
    public double Degrees(double[] slope)
    {
        int n = rows.Length;
        if (n > MostRowsForDegrees)
        {
            return n - f;
        }

        var share = new double[n];
        double mean = 0, square = 0;
        for (int i = 0; i < n; i++)
        {
            double pull = 0;
            for (int k = 0; k < f; k++)
            {
                pull += slope[k] * spread[i][k];
            }

            share[i] = pull * pull / left[i];
            mean += pull * pull;
        }

        for (int i = 0; i < n; i++)
        {
            square += share[i] * share[i] * left[i] * left[i];
            for (int j = 0; j < i; j++)
            {
                double cross = 0;
                for (int k = 0; k < f; k++)
                {
                    cross += rows[i][k] * spread[j][k];
                }

                square += 2 * share[i] * share[j] * cross * cross;
            }
        }

        return square > 0 ? Math.Clamp(mean * mean / square, 1, n - f) : n - f;
    }
}
