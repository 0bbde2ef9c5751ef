namespace Harness.Scaling;

/// <summary>What linearising residuals leaves out: the sum of each penalty's slope times its residual's second derivatives, by forward differences, its negative part cut off.</summary>
internal static class ResidualCurvature
{
    /// <summary>Writes the curvature [p, p] at a point whose linearisation the buffers hold.</summary>
    public static void At(FitProblem problem, double[] theta, Workspace space, double[] curvature)
    {
        int p = theta.Length;
        Array.Clear(curvature);
        Objective objective = problem.Objective;
        var shifted = (double[])theta.Clone();
        var basis = new double[p];

        for (int i = 0; i < problem.Active.Length; i++)
        {
            space.Dual[i] = Linearisation.Slope(objective, space.Residual[i], problem.Weights[problem.Active[i]]);
            for (int k = 0; k < p; k++)
            {
                basis[k] += space.Dual[i] * space.Slopes[(i * p) + k];
            }
        }

        for (int l = 0; l < p; l++)
        {
            double h = 1e-6 * Math.Max(Math.Abs(theta[l]), 0.1);
            if (theta[l] + h > problem.Model.Upper[l])
            {
                h = -h;
            }

            shifted[l] = theta[l] + h;
            problem.Model.Jacobian(shifted, space.Trial, space.Shifted);
            for (int k = 0; k < p; k++)
            {
                double sum = 0;
                for (int i = 0; i < problem.Active.Length; i++)
                {
                    int row = problem.Active[i];
                    double factor = objective.OnLogarithms ? 1 / space.Trial[row] : 1;
                    sum += space.Dual[i] * space.Shifted[(row * p) + k] * factor;
                }

                curvature[(k * p) + l] = (sum - basis[k]) / h;
            }

            shifted[l] = theta[l];
        }

        for (int k = 0; k < p; k++)
        {
            for (int l = 0; l < k; l++)
            {
                double mean = 0.5 * (curvature[(k * p) + l] + curvature[(l * p) + k]);
                curvature[(k * p) + l] = curvature[(l * p) + k] = mean;
            }
        }

        foreach (double entry in curvature)
        {
            if (!double.IsFinite(entry))
            {
                Array.Clear(curvature);
                return;
            }
        }

        KeepPositive(curvature, p);
    }

    private static void KeepPositive(double[] matrix, int p)
    {
        var values = (double[])matrix.Clone();
        var vectors = new double[p * p];
        SymmetricMatrix.Eigen(values, vectors, p);
        Array.Clear(matrix);
        for (int e = 0; e < p; e++)
        {
            double value = values[(e * p) + e];
            for (int k = 0; k < p && value > 0; k++)
            {
                for (int l = 0; l < p; l++)
                {
                    matrix[(k * p) + l] += value * vectors[(k * p) + e] * vectors[(l * p) + e];
                }
            }
        }
    }
}
