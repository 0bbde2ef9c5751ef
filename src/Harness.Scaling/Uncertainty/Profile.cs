namespace Harness.Scaling;

/// <summary>
/// Profile intervals: the values of one parameter at which the objective, minimised over all others, has risen by as much as noise explains (Bates and Watts 1988, chapter 6). Unlike a symmetric interval they
/// follow bent valleys, and they do not depend on how the law is written down.
/// </summary>
internal sealed class Profile(FitContext context, Law law, double[] parameters, double best, Asymptotics asymptotics)
{
    // Half a percent of the interval's end: far below what a resample would resolve.
    private const double Precision = 5e-3;
    private readonly Workspace space = new(context.Model.Count, context.Model.Dimension);

    /// <summary>The interval of parameter j, ending at the domain where the objective never rises enough; null when there is nothing to judge by.</summary>
    public Interval? Of(int j, double confidence)
    {
        if (!asymptotics.Exists)
        {
            return null;
        }

        LawParameter parameter = law.Parameters[j];
        double value = parameters[j], limit = asymptotics.ProfileLimit(p => p[j], confidence);
        // A vanished coefficient has no logarithm to walk on.
        bool logs = parameter.Scale == ParameterScale.Log && value > 1e-200;
        double At(double v) => logs ? Math.Log(v) : v;
        double centre = At(value);
        double bottom = logs ? Math.Max(At(parameter.Lower), centre - 60) : parameter.Lower, top = logs ? Math.Min(At(parameter.Upper), centre + 60) : parameter.Upper;
        double reachLow, reachHigh;
        if (asymptotics.Of(p => p[j], logs, confidence) is { } guess)
        {
            (reachLow, reachHigh) = (centre - At(Math.Max(guess.Interval.Low, parameter.Lower)), At(guess.Interval.High) - centre);
        }
        else
        {
            reachLow = reachHigh = logs ? 0.3 : Math.Max(0.1 * Math.Abs(value), 0.03 * context.Problem.Observed.Average(y => Math.Abs(y)));
        }

        double low = centre <= bottom ? bottom : End(j, centre, reachLow, -1, limit, logs, bottom);
        double high = centre >= top ? top : End(j, centre, reachHigh, 1, limit, logs, top);
        return new Interval(logs ? Math.Exp(low) : low, logs ? Math.Exp(high) : high, confidence);
    }

    // Walks outwards until the signed root of the rise passes the limit, then narrows it down by the secant through the root, which is nearly straight.
    private double End(int j, double centre, double reach, int side, double limit, bool logs, double edge)
    {
        double inner = 0, innerRoot = 0, step = reach;
        double[] warm = parameters;
        for (int i = 0; i < 14; i++)
        {
            double far = Math.Abs(edge - centre);
            bool atEdge = step >= far;
            step = Math.Min(step, far);
            (double root, double[] found) = Root(j, centre + (side * step), logs, warm);
            if (root >= limit)
            {
                return centre + (side * Narrow(j, centre, side, inner, innerRoot, step, root, limit, logs, warm));
            }

            if (atEdge)
            {
                return edge;
            }

            (inner, innerRoot, warm) = (step, root, found);
            step *= root > 0.2 * limit ? Math.Clamp(1.1 * limit / root, 1.15, 2.5) : 2.5;
        }

        return centre + (side * inner);
    }

    private double Narrow(int j, double centre, int side, double low, double lowRoot, double high, double highRoot, double limit, bool logs, double[] warm)
    {
        for (int i = 0; i < 40 && high - low > Precision * high; i++)
        {
            double share = double.IsFinite(highRoot) ? Math.Clamp((limit - lowRoot) / (highRoot - lowRoot), 0.05, 0.95) : 0.3;
            double middle = low + (share * (high - low));
            (double root, double[] found) = Root(j, centre + (side * middle), logs, warm);
            if (Math.Abs(root - limit) < Precision * limit)
            {
                return middle;
            }

            // Only a fit inside the interval is a good place to start the next from.
            (low, lowRoot, high, highRoot, warm) = root < limit ? (middle, root, high, highRoot, found) : (low, lowRoot, middle, root, warm);
        }

        return 0.5 * (low + high);
    }

    // The square root of the rise of the objective, in standard errors, with parameter j held.
    private (double Root, double[] Parameters) Root(int j, double at, bool logs, double[] warm)
    {
        double value = logs ? Math.Exp(at) : at;
        var held = new Dictionary<string, double>(context.Held) { [law.Parameters[j].Name] = value };
        SearchModel model = FitContext.ModelFor(context.Points, law, context.Bound, context.Basis, held);
        double[] from = (double[])warm.Clone();
        from[j] = value;
        var problem = new FitProblem(model, context.Problem.Observed, context.Problem.Weights, context.Problem.Objective);
        double least = problem.Value(model.FromParameters(from), space.Trial);
        if (model.Dimension > 0)
        {
            LocalFit fit = LocalSolver.Descend(problem, model.FromParameters(from), new Workspace(model.Count, model.Dimension), 1e-9, 300);
            least = fit.Value;
            from = model.ToParameters(fit.Theta);
        }

        return (double.IsFinite(least) ? Math.Sqrt(Math.Max(0, (least - best) * asymptotics.RiseScale)) : double.PositiveInfinity, from);
    }
}
