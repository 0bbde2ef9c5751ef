namespace Harness.Scaling;

/// <summary>
/// Goes most of the way to a minimum for a fraction of the cost of <see cref="LocalSolver"/>: damped Newton steps on the penalty's majorant (Gauss-Newton for squares, reweighting for Huber and absolute
/// penalties), one Jacobian a step and no curvature of the residuals. It finds the basin; the other solver finds its floor.
/// </summary>
internal sealed class CoarseDescent(int dimension)
{
    private const int StepLimit = 150;

    private readonly double[] gradient = new double[dimension];
    private readonly double[] hessian = new double[dimension * dimension];
    private readonly double[] damped = new double[dimension * dimension];
    private readonly double[] step = new double[dimension];
    private readonly double[] trial = new double[dimension];

    /// <summary>Descends from a start (clamped into the domain). Where it stops need not be stationary.</summary>
    /// <param name="problem">What to minimise.</param>
    /// <param name="start">Coordinates; not changed.</param>
    /// <param name="space">Buffers.</param>
    /// <param name="enough">Over when a step promises less than this share of the objective.</param>
    /// <param name="quiet">Over when three steps in a row gain less than this share.</param>
    public LocalFit Descend(FitProblem problem, ReadOnlySpan<double> start, Workspace space, double enough = 1e-7, double quiet = 1e-4)
    {
        SearchModel model = problem.Model;
        int p = model.Dimension;
        double[] theta = start.ToArray();
        for (int k = 0; k < p; k++)
        {
            theta[k] = Math.Clamp(theta[k], model.Lower[k], model.Upper[k]);
        }

        double value = problem.Value(theta, space.Predictions), floor = Linearisation.Floor(problem), damping = 1e-3;
        int slow = 0;
        for (int iteration = 0; iteration < StepLimit && value > floor && double.IsFinite(value); iteration++)
        {
            int n = Linearisation.At(problem, theta, space);
            Quadratic(problem, space, n, p);
            double before = value;
            for (int attempt = 0; attempt < 30 && value == before; attempt++)
            {
                double promised = Step(model, theta, p, damping);
                if (double.IsFinite(promised))
                {
                    if (promised <= enough * value && damping < 1)
                    {
                        return Ended(theta, value);
                    }

                    double after = problem.Value(trial, space.Trial);
                    if (after < value)
                    {
                        double gained = value - after;
                        damping = gained > 0.7 * promised ? Math.Max(damping * 0.1, 1e-10) : gained < 0.2 * promised ? damping * 4 : damping;
                        trial.CopyTo(theta, 0);
                        value = after;
                        break;
                    }
                }

                damping = Math.Max(damping * 6, 1e-6);
            }

            slow = before - value < quiet * before ? slow + 1 : 0;
            if (value == before || slow >= 3)
            {
                break;
            }
        }

        return Ended(theta, value);
    }

    private static LocalFit Ended(double[] theta, double value) => new(theta, double.IsFinite(value) ? value : double.PositiveInfinity, false, "coarse");

    // Gradient of the objective, and the Hessian of a quadratic that touches the penalties from above.
    private void Quadratic(FitProblem problem, Workspace space, int n, int p)
    {
        Array.Clear(gradient);
        Array.Clear(hessian);
        Objective objective = problem.Objective;
        double size = 0;
        for (int i = 0; i < n; i++)
        {
            size += Math.Abs(space.Residual[i]);
        }

        size = Math.Max(0.1 * size / n, 1e-300);
        for (int i = 0; i < n; i++)
        {
            double weight = problem.Weights[problem.Active[i]], residual = space.Residual[i], slope = Linearisation.Slope(objective, residual, weight);
            double bend = objective.Penalty == Penalty.Square ? 2 * weight : Math.Max(space.Over[i], space.Under[i]) / Math.Max(Math.Max(Math.Abs(residual), size), objective.Delta ?? 0);
            ReadOnlySpan<double> row = space.Slopes.AsSpan(i * p, p);
            SymmetricMatrix.AddOuter(hessian, row, bend);
            for (int k = 0; k < row.Length; k++)
            {
                gradient[k] += slope * row[k];
            }
        }
    }

    // Writes the trial point at the end of the damped Newton step within the domain; returns the decrease that the undamped quadratic promises on the way there, or NaN where the system breaks down.
    private double Step(SearchModel model, double[] theta, int p, double damping)
    {
        double largest = 0;
        for (int k = 0; k < p; k++)
        {
            largest = Math.Max(largest, hessian[(k * p) + k]);
        }

        for (int k = 0; k < p; k++)
        {
            for (int l = 0; l < k; l++)
            {
                damped[(k * p) + l] = damped[(l * p) + k] = hessian[(k * p) + l];
            }

            double diagonal = hessian[(k * p) + k];
            damped[(k * p) + k] = diagonal + (damping * Math.Max(diagonal, 1e-12 * largest));
        }

        if (!double.IsFinite(BoundedNewtonStep.Find(gradient, damped, theta, model, step)))
        {
            return double.NaN;
        }

        double promised = 0;
        for (int k = 0; k < p; k++)
        {
            trial[k] = Math.Clamp(theta[k] + step[k], model.Lower[k], model.Upper[k]);
            promised -= gradient[k] * step[k];
            for (int l = 0; l <= k; l++)
            {
                promised -= (l == k ? 0.5 : 1) * hessian[(k * p) + l] * step[k] * step[l];
            }
        }

        return promised;
    }
}
