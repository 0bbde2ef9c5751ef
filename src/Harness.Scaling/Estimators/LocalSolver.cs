namespace Harness.Scaling;

/// <summary>Where a local search ended.</summary>
/// <param name="Theta">Coordinates.</param>
/// <param name="Value">Weighted sum of penalties.</param>
/// <param name="Stationary">Whether no step within the linearised problem promises a decrease.</param>
/// <param name="StoppedBy"><c>stationary</c>, <c>no-descent</c> or <c>step-limit</c>.</param>
internal sealed record LocalFit(double[] Theta, double Value, bool Stationary, string StoppedBy);

/// <summary>
/// Descends to a minimum by solving, at each step, the problem with residuals linearised and the penalty exact (least squares, Huber or least absolute deviations), with the
/// curvature that linearising leaves out (sum of slope times second derivative of the prediction) added as a quadratic. At a vertex of a least-absolute fit, and for
/// squares and Huber near the optimum, convergence is quadratic. Steps are damped until the true objective falls (Levenberg and Marquardt).
/// </summary>
internal static class LocalSolver
{
    private const int StepLimit = 200;

    /// <summary>Searches from a start (clamped into the domain).</summary>
    /// <param name="problem">What to minimise.</param>
    /// <param name="start">Coordinates; not changed.</param>
    /// <param name="space">Buffers.</param>
    /// <param name="tolerance">The search is over when a full step promises less than this share of the objective.</param>
    /// <param name="limit">Largest number of steps.</param>
    public static LocalFit Descend(FitProblem problem, ReadOnlySpan<double> start, Workspace space, double tolerance = 1e-13, int limit = StepLimit)
    {
        SearchModel model = problem.Model;
        int p = model.Dimension;
        double[] theta = start.ToArray();
        for (int k = 0; k < p; k++)
        {
            theta[k] = Math.Clamp(theta[k], model.Lower[k], model.Upper[k]);
        }

        double value = problem.Value(theta, space.Predictions);
        if (!double.IsFinite(value))
        {
            return new LocalFit(theta, double.PositiveInfinity, false, "no-descent");
        }

        // Newton's steps on the smoothed penalty are cheap beside the exact ones below. A Huber penalty is smooth as it is, so that they end at its minimum; corners are left to the exact steps.
        if (problem.Objective.Penalty != Penalty.Square && model is SeparableModel)
        {
            LocalFit near = NewtonDescent.Descend(RowBlocks.Of(problem), theta, tolerance);
            double lower = problem.Value(near.Theta, space.Trial);
            // At the floor of rounding any place in a valley is as good as another to it: exact data are left to exact steps.
            if (lower <= value && lower > 1e3 * Linearisation.Floor(problem))
            {
                near.Theta.CopyTo(theta, 0);
                value = lower;
                if (near is { Stationary: true, StoppedBy: not NewtonDescent.NoGain } && problem.Objective.Penalty == Penalty.Huber)
                {
                    return near with { Value = lower };
                }
            }
        }

        double floor = Linearisation.Floor(problem);
        double damping = 1e-3;
        var step = new double[p];
        var trial = new double[p];
        var diagonal = new double[p];
        var curvature = new double[p * p];
        int quiet = 0;
        for (int iteration = 0; iteration < limit; iteration++)
        {
            if (value <= floor)
            {
                return new LocalFit(theta, value, true, "stationary");
            }

            int n = Linearisation.At(problem, theta, space);
            Linearisation.Diagonal(problem, space, n, p, diagonal);
            ResidualCurvature.At(problem, theta, space, curvature);
            bool moved = false;
            for (int attempt = 0; attempt < 40; attempt++)
            {
                double promised = space.Bounded.Find(problem, theta, space, n, diagonal, curvature, damping, step);
                if (promised <= tolerance * value)
                {
                    // With damping the promise shrinks too: believe it only when the damping is small.
                    if (damping <= 1e-3 || attempt > 8)
                    {
                        return new LocalFit(theta, value, true, "stationary");
                    }

                    damping *= 1e-3;
                    continue;
                }

                for (int k = 0; k < p; k++)
                {
                    trial[k] = Math.Clamp(theta[k] + step[k], model.Lower[k], model.Upper[k]);
                }

                double after = problem.Value(trial, space.Trial);
                if (after < value)
                {
                    double gained = value - after;
                    damping = gained > 0.7 * promised ? Math.Max(damping * 0.1, 1e-12) : gained < 0.2 * promised ? damping * 4 : damping;
                    quiet = gained < 1e-12 * value ? quiet + 1 : 0;
                    trial.CopyTo(theta, 0);
                    value = after;
                    moved = true;
                    break;
                }

                damping = Math.Max(damping * 6, 1e-8);
                if (damping > 1e14)
                {
                    break;
                }
            }

            if (!moved)
            {
                return new LocalFit(theta, value, false, "no-descent");
            }

            if (quiet >= 3)
            {
                return new LocalFit(theta, value, true, "stationary");
            }
        }

        return new LocalFit(theta, value, false, "step-limit");
    }
}
