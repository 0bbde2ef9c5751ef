namespace Harness.Scaling;

/// <summary>
/// Profile intervals: the values of one parameter at which the objective, minimised over all others, has risen by as much as noise explains (Bates and Watts 1988, chapter 6). Unlike a symmetric interval they
/// follow bent valleys, and they do not depend on how the law is written down.
/// </summary>
internal sealed class Profile(FitContext context, Law law, double[] parameters, double best, Asymptotics asymptotics)
{
    // Half a percent of the interval's end: far below what a resample would resolve.
    private const double Precision = 5e-3;
    // A share of the objective that moves the root of a rise of one squared standard error by a thousandth.
    private readonly double tolerance = best > 0 && asymptotics.RiseScale > 0 ? Math.Clamp(2e-3 / (asymptotics.RiseScale * best), 1e-9, 1e-4) : 1e-9;
    private readonly Workspace space = new(context.Model.Count, context.Model.Dimension);
    private readonly Workspace reduced = new(context.Model.Count, Math.Max(context.Model.Dimension - 1, 1));

    /// <summary>The interval of parameter j, ending at the domain where the objective never rises enough; null when there is nothing to judge by.</summary>
    public Interval? Of(int j, double confidence)
    {
        if (!asymptotics.CanJudgeRises)
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
        if (asymptotics.Of(p => p[j], logs ? IntervalAxis.Logarithm : IntervalAxis.Value, confidence) is { } guess)
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
        var path = new Path(centre, parameters, centre, parameters);
        for (int i = 0; i < 14; i++)
        {
            double far = Math.Abs(edge - centre);
            bool atEdge = step >= far;
            step = Math.Min(step, far);
            (double root, Path next) = Root(j, centre + (side * step), logs, path);
            if (root >= limit)
            {
                return centre + (side * Narrow(j, centre, side, inner, innerRoot, step, root, limit, logs, path));
            }

            if (atEdge)
            {
                return edge;
            }

            (inner, innerRoot, path) = (step, root, next);
            step *= root > 0.2 * limit ? Math.Clamp(1.1 * limit / root, 1.15, 2.5) : 2.5;
        }

        return centre + (side * inner);
    }

    private double Narrow(int j, double centre, int side, double low, double lowRoot, double high, double highRoot, double limit, bool logs, Path path)
    {
        for (int i = 0; i < 40 && high - low > Precision * high; i++)
        {
            double share = double.IsFinite(highRoot) ? Math.Clamp((limit - lowRoot) / (highRoot - lowRoot), 0.05, 0.95) : 0.3;
            double middle = low + (share * (high - low));
            (double root, Path next) = Root(j, centre + (side * middle), logs, path);
            if (Math.Abs(root - limit) < Precision * limit)
            {
                return middle;
            }

            // Only a fit inside the interval is a good place to start the next from.
            (low, lowRoot, high, highRoot, path) = root < limit ? (middle, root, high, highRoot, next) : (low, lowRoot, middle, root, path);
        }

        return 0.5 * (low + high);
    }

    // The square root of the rise of the objective, in standard errors, with parameter j held. Starts from the last point of the path, or from where its last two points lead if that is lower.
    private (double Root, Path Next) Root(int j, double at, bool logs, Path path)
    {
        double value = logs ? Math.Exp(at) : at;
        var held = new Dictionary<string, double>(context.Held) { [law.Parameters[j].Name] = value };
        SearchModel model = FitContext.ModelFor(context.Points, law, context.Bound, context.Basis, held);
        var problem = new FitProblem(model, context.Problem.Observed, context.Problem.Weights, context.Problem.Objective);
        double[] from = model.FromParameters(With(path.Last, j, value));
        double least = problem.Value(from, space.Trial);
        if (path.At != path.Before)
        {
            double ahead = (at - path.At) / (path.At - path.Before);
            double[] earlier = model.FromParameters(With(path.First, j, value));
            double[] led = [.. from.Select((v, k) => Math.Clamp(v + (ahead * (v - earlier[k])), model.Lower[k], model.Upper[k]))];
            double there = problem.Value(led, space.Trial);
            (from, least) = there < least ? (led, there) : (from, least);
        }

        double[] found = With(path.Last, j, value);
        if (model.Dimension > 0)
        {
            // Squares need no more than the coarse way at this precision; corners are finished exactly.
            LocalFit fit = reduced.Coarse.Descend(problem, from, reduced, tolerance, tolerance);
            fit = problem.Objective.Penalty == Penalty.Square ? fit : LocalSolver.Descend(problem, fit.Theta, reduced, tolerance);
            least = fit.Value;
            found = model.ToParameters(fit.Theta);
        }

        return (double.IsFinite(least) ? Math.Sqrt(Math.Max(0, (least - best) * asymptotics.RiseScale)) : double.PositiveInfinity, new Path(at, found, path.At, path.Last));
    }

    private static double[] With(double[] parameters, int j, double value)
    {
        double[] changed = [.. parameters];
        changed[j] = value;
        return changed;
    }

    // The last two values of the held parameter, as walked, with the best parameters there.
    private sealed record Path(double At, double[] Last, double Before, double[] First);
}
