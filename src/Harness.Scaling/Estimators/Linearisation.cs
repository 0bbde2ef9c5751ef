namespace Harness.Scaling;

/// <summary>Residuals, their slopes and the penalty's shape at a point of the search.</summary>
internal static class Linearisation
{
    /// <summary>Fills residuals, slopes and the penalty's description for the active rows; returns their number.</summary>
    public static int At(FitProblem problem, ReadOnlySpan<double> theta, Workspace space)
    {
        int p = problem.Model.Dimension;
        problem.Model.Jacobian(theta, space.Predictions, space.Jacobian);
        Objective objective = problem.Objective;
        int n = 0;
        foreach (int i in problem.Active)
        {
            double predicted = space.Predictions[i], weight = problem.Weights[i];
            double factor = objective.OnLogarithms ? 1 / predicted : 1;
            space.Residual[n] = (objective.OnLogarithms ? Math.Log(predicted) : predicted) - problem.Goal[i];
            for (int k = 0; k < p; k++)
            {
                space.Slopes[(n * p) + k] = space.Jacobian[(i * p) + k] * factor;
            }

            double reach = objective.Penalty == Penalty.Huber ? weight * objective.Delta!.Value : weight;
            space.Under[n] = reach;
            space.Over[n] = objective.Penalty == Penalty.AsymmetricAbsolute ? reach * objective.OverWeight!.Value : reach;
            space.Curvature[n] = objective.Penalty == Penalty.Huber ? 1 / weight : 0;
            n++;
        }

        return n;
    }

    /// <summary>Derivative of the (weighted) penalty at a residual; a corner counts as its middle.</summary>
    public static double Slope(Objective objective, double residual, double weight) => weight * objective.Penalty switch
    {
        Penalty.Square => 2 * residual,
        Penalty.Huber => Math.Clamp(residual, -objective.Delta!.Value, objective.Delta.Value),
        Penalty.Absolute => residual > 0 ? 1 : residual < 0 ? -1 : 0,
        _ => residual > 0 ? objective.OverWeight!.Value : residual < 0 ? -1 : 0,
    };

    /// <summary>Below this objective the data are met to rounding and ratios of objectives mean nothing.</summary>
    public static double Floor(FitProblem problem)
    {
        double sum = 0;
        foreach (int i in problem.Active)
        {
            double size = problem.Objective.OnLogarithms ? 1 : Math.Abs(problem.Goal[i]);
            sum += problem.Weights[i] * problem.Objective.PenaltyOf(size * 4e-16);
        }

        return sum;
    }

    /// <summary>Curvature of the penalty's majorant along each coordinate, the yardstick of damping.</summary>
    public static void Diagonal(FitProblem problem, Workspace space, int n, int p, double[] diagonal)
    {
        Array.Clear(diagonal);
        double size = 0;
        for (int i = 0; i < n; i++)
        {
            size += Math.Abs(space.Residual[i]);
        }

        size = Math.Max(size / n, 1e-300);
        for (int i = 0; i < n; i++)
        {
            double bend = problem.Objective.Penalty == Penalty.Square
                ? 2 * problem.Weights[problem.Active[i]]
                : space.Over[i] / Math.Max(Math.Max(Math.Abs(space.Residual[i]), 0.1 * size), problem.Objective.Delta ?? 0);
            for (int k = 0; k < p; k++)
            {
                double slope = space.Slopes[(i * p) + k];
                diagonal[k] += bend * slope * slope;
            }
        }

        double largest = diagonal.Max();
        for (int k = 0; k < p; k++)
        {
            diagonal[k] = Math.Max(diagonal[k], 1e-12 * largest);
        }
    }
}
