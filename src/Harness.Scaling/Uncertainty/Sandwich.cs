namespace Harness.Scaling;

/// <summary>
/// Covariance of an M-estimate whose errors may differ in size from row to row: D^-1 (sum_i w_i^2 psi_i^2 j_i j_i') D^-1 with D = sum_i w_i psi'_i j_i j_i', where psi has corners psi' by its
/// change over a window about the residual (Huber 1967; Powell 1991 for absolute residuals). Early losses of small models scatter more than late ones of large models: on the points of Besiroglu et al. (2404.10102) errors of equal size
/// would halve the standard errors.
/// </summary>
internal static class Sandwich
{
    /// <summary>[f, f]; null where too few rows stand in the window.</summary>
    /// <param name="problem">With a penalty other than squares.</param>
    /// <param name="space">Holds the linearisation.</param>
    /// <param name="repeats">How often each of its rows counts.</param>
    /// <param name="inside">The f coordinates that are estimated.</param>
    /// <param name="error">The mean over the rows.</param>
    public static double[]? Of(FitProblem problem, Workspace space, double[] repeats, int[] inside, ErrorVariance error)
    {
        int f = inside.Length, p = problem.Model.Dimension;
        double[] bread = new double[f * f], meat = new double[f * f];
        for (int i = 0; i < repeats.Length; i++)
        {
            double weight = problem.Weights[problem.Active[i]], residual = space.Residual[i], psi = Linearisation.Slope(problem.Objective, residual, 1);
            double bend = weight * error.LocalBend(problem.Objective, residual), square = weight * weight / repeats[i] * psi * psi;
            for (int k = 0; k < f; k++)
            {
                for (int l = 0; l < f; l++)
                {
                    double product = space.Slopes[(i * p) + inside[k]] * space.Slopes[(i * p) + inside[l]];
                    bread[(k * f) + l] += bend * product;
                    meat[(k * f) + l] += square * product;
                }
            }
        }

        return Of(bread, meat, f, repeats.Sum());
    }

    /// <summary>From sums over the rows, widened by the share of them that the fit used up.</summary>
    public static double[]? Of(double[] bread, double[] meat, int f, double rows)
    {
        var inverse = new double[f * f];
        if (!SymmetricMatrix.Invert(bread, f, inverse))
        {
            return null;
        }

        var covariance = new double[f * f];
        for (int k = 0; k < f; k++)
        {
            for (int l = 0; l < f; l++)
            {
                for (int a = 0; a < f; a++)
                {
                    for (int b = 0; b < f; b++)
                    {
                        covariance[(k * f) + l] += inverse[(k * f) + a] * meat[(a * f) + b] * inverse[(b * f) + l] * rows / (rows - f);
                    }
                }
            }
        }

        return Array.TrueForAll(covariance, double.IsFinite) ? covariance : null;
    }
}
