namespace Harness.Scaling;

/// <summary>The minimum of the linearised problem within the domain: the step goes towards the minimum over the free coordinates up to the first edge, whose coordinate stays there while the rest is solved again.</summary>
internal sealed class BoundedStep(int rows, int dimension)
{
    private readonly bool[] pinned = new bool[dimension];
    private readonly int[] free = new int[dimension];
    private readonly double[] residual = new double[rows];
    private readonly double[] slopes = new double[rows * dimension];
    private readonly double[] solution = new double[dimension];
    private readonly double[] move = new double[dimension];
    private readonly double[] linear = new double[dimension];
    private readonly double[] quadratic = new double[dimension * dimension];
    private readonly double[] normal = new double[dimension * dimension];

    /// <summary>Finds the step; returns the decrease of the objective that the linearised problem promises.</summary>
    public double Find(FitProblem problem, double[] theta, Workspace space, int n, double[] diagonal, double[] curvature, double damping, double[] step)
    {
        SearchModel model = problem.Model;
        int p = model.Dimension;
        Array.Clear(pinned);
        Array.Clear(step);
        for (int round = 0; round <= p; round++)
        {
            int f = 0;
            for (int k = 0; k < p; k++)
            {
                if (!pinned[k])
                {
                    free[f++] = k;
                }
            }

            for (int i = 0; i < n; i++)
            {
                double sum = space.Residual[i];
                for (int k = 0; k < p; k++)
                {
                    sum += pinned[k] ? space.Slopes[(i * p) + k] * step[k] : 0;
                }

                residual[i] = sum;
                for (int k = 0; k < f; k++)
                {
                    slopes[(i * f) + k] = space.Slopes[(i * p) + free[k]];
                }
            }

            if (f == 0)
            {
                break;
            }

            for (int k = 0; k < f; k++)
            {
                for (int l = 0; l < f; l++)
                {
                    quadratic[(k * f) + l] = curvature[(free[k] * p) + free[l]] + (k == l ? damping * diagonal[free[k]] : 0);
                }

                linear[k] = 0;
                for (int l = 0; l < p; l++)
                {
                    linear[k] += pinned[l] ? curvature[(free[k] * p) + l] * step[l] : 0;
                }
            }

            if (!Solve(problem, space, n, f))
            {
                return double.PositiveInfinity;
            }

            for (int k = 0; k < f; k++)
            {
                move[k] = solution[k] - step[free[k]];
            }

            (double share, int blocking) = BoundedNewtonStep.Reach(theta, step, model, free.AsSpan(0, f), move);
            for (int k = 0; k < f; k++)
            {
                step[free[k]] = free[k] == blocking
                    ? (move[k] < 0 ? model.Lower[blocking] : model.Upper[blocking]) - theta[blocking]
                    : share == 1 ? solution[k] : step[free[k]] + (share * move[k]);
            }

            if (blocking < 0)
            {
                break;
            }

            pinned[blocking] = true;
        }

        double before = 0, after = 0;
        for (int i = 0; i < n; i++)
        {
            double fitted = space.Residual[i];
            for (int k = 0; k < p; k++)
            {
                fitted += space.Slopes[(i * p) + k] * step[k];
            }

            double weight = problem.Weights[problem.Active[i]];
            before += weight * problem.Objective.PenaltyOf(space.Residual[i]);
            after += weight * problem.Objective.PenaltyOf(fitted);
        }

        for (int k = 0; k < p; k++)
        {
            after += 0.5 * damping * diagonal[k] * step[k] * step[k];
            for (int l = 0; l < p; l++)
            {
                after += 0.5 * curvature[(k * p) + l] * step[k] * step[l];
            }
        }

        return before - after;
    }

    private bool Solve(FitProblem problem, Workspace space, int n, int f)
    {
        if (problem.Objective.Penalty != Penalty.Square)
        {
            return space.Convex.Minimise(n, f, residual, slopes, space.Over, space.Under, space.Curvature, quadratic, linear, solution.AsSpan(0, f));
        }

        for (int k = 0; k < f; k++)
        {
            solution[k] = -linear[k];
        }

        quadratic.CopyTo(normal, 0);
        for (int i = 0; i < n; i++)
        {
            double twice = 2 * problem.Weights[problem.Active[i]];
            ReadOnlySpan<double> row = slopes.AsSpan(i * f, f);
            SymmetricMatrix.AddOuter(normal, row, twice);
            for (int k = 0; k < f; k++)
            {
                solution[k] -= twice * row[k] * residual[i];
            }
        }

        if (!SymmetricMatrix.Factor(normal, f))
        {
            return false;
        }

        SymmetricMatrix.Solve(normal, f, solution);
        return true;
    }
}
