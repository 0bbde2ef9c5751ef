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

        double floor = Floor(problem);
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

            int n = Linearise(problem, theta, space);
            Diagonal(problem, space, n, p, diagonal);
            Curvature(problem, theta, space, p, curvature);
            bool moved = false;
            for (int attempt = 0; attempt < 40; attempt++)
            {
                double promised = BoundedStep(problem, theta, space, n, diagonal, curvature, damping, step);
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

    /// <summary>Fills residuals, slopes and the penalty's description for the active rows; returns their number.</summary>
    internal static int Linearise(FitProblem problem, ReadOnlySpan<double> theta, Workspace space)
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
    internal static double Slope(Objective objective, double residual, double weight) => weight * objective.Penalty switch
    {
        Penalty.Square => 2 * residual,
        Penalty.Huber => Math.Clamp(residual, -objective.Delta!.Value, objective.Delta.Value),
        Penalty.Absolute => Math.Sign(residual),
        _ => residual > 0 ? objective.OverWeight!.Value : Math.Sign(residual),
    };

    // Below this the data are met to rounding and ratios of objectives mean nothing.
    private static double Floor(FitProblem problem)
    {
        double sum = 0;
        foreach (int i in problem.Active)
        {
            double size = problem.Objective.OnLogarithms ? 1 : Math.Abs(problem.Goal[i]);
            sum += problem.Weights[i] * problem.Objective.PenaltyOf(size * 4e-16);
        }

        return sum;
    }

    // Curvature of the penalty's majorant along each coordinate, the yardstick of damping.
    private static void Diagonal(FitProblem problem, Workspace space, int n, int p, double[] diagonal)
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

    // sum_i slope_i d2(residual_i), by forward differences of the Jacobian, its negative part cut off.
    private static void Curvature(FitProblem problem, double[] theta, Workspace space, int p, double[] curvature)
    {
        Array.Clear(curvature);
        Objective objective = problem.Objective;
        var shifted = (double[])theta.Clone();
        var basis = new double[p];
        for (int k = 0; k < p; k++)
        {
            basis[k] = 0;
        }

        for (int i = 0; i < problem.Active.Length; i++)
        {
            space.Dual[i] = Slope(objective, space.Residual[i], problem.Weights[problem.Active[i]]);
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

    // The minimum of the linearised problem within the domain, coordinates that would leave it being put on its edge. Returns the decrease it promises.
    private static double BoundedStep(FitProblem problem, double[] theta, Workspace space, int n, double[] diagonal, double[] curvature, double damping, double[] step)
    {
        SearchModel model = problem.Model;
        int p = model.Dimension;
        var pinned = new bool[p];
        Array.Clear(step);
        double[] residual = new double[n], slopes = new double[n * p], solution = new double[p], quadratic = new double[p * p];
        for (int round = 0; round <= p; round++)
        {
            int[] free = [.. Enumerable.Range(0, p).Where(k => !pinned[k])];
            int f = free.Length;
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
            }

            if (!Solve(problem, space, n, f, residual, slopes, quadratic, solution))
            {
                return double.PositiveInfinity;
            }

            bool crossed = false;
            for (int k = 0; k < f; k++)
            {
                int index = free[k];
                double target = theta[index] + solution[k];
                step[index] = solution[k];
                if (target < model.Lower[index] || target > model.Upper[index])
                {
                    step[index] = (target < model.Lower[index] ? model.Lower[index] : model.Upper[index]) - theta[index];
                    pinned[index] = true;
                    crossed = true;
                }
            }

            if (!crossed)
            {
                break;
            }
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

    private static bool Solve(FitProblem problem, Workspace space, int n, int f, double[] residual, double[] slopes, double[] quadratic, double[] solution)
    {
        if (problem.Objective.Penalty != Penalty.Square)
        {
            return space.Step.Minimise(n, f, residual, slopes, space.Over, space.Under, space.Curvature, quadratic, solution.AsSpan(0, f));
        }

        Array.Clear(solution);
        var normal = (double[])quadratic.Clone();
        for (int i = 0; i < n; i++)
        {
            double twice = 2 * problem.Weights[problem.Active[i]];
            for (int k = 0; k < f; k++)
            {
                double slope = twice * slopes[(i * f) + k];
                solution[k] -= slope * residual[i];
                for (int l = 0; l <= k; l++)
                {
                    normal[(k * f) + l] += slope * slopes[(i * f) + l];
                }
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
