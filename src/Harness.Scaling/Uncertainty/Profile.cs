using MathNet.Numerics.Distributions;

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
        LawParameter parameter = law.Parameters[j];
        bool logs = parameter.Scale == ParameterScale.Log;
        if (!asymptotics.Exists || asymptotics.Of(p => p[j], logs, confidence) is not { } guess)
        {
            return null;
        }

        double limit = StudentT.InvCDF(0, 1, asymptotics.Degrees, 0.5 + (0.5 * confidence));
        double At(double value) => logs ? Math.Log(value) : value;
        double centre = At(parameters[j]);
        double low = End(j, centre, centre - At(guess.Interval.Low), -1, limit, logs, logs ? Math.Max(At(parameter.Lower), centre - 60) : parameter.Lower);
        double high = End(j, centre, At(guess.Interval.High) - centre, 1, limit, logs, logs ? Math.Min(At(parameter.Upper), centre + 60) : parameter.Upper);
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
            double root = Root(j, centre + (side * step), logs, ref warm);
            if (root >= limit)
            {
                return centre + (side * Narrow(j, centre, side, inner, innerRoot, step, root, limit, logs, warm));
            }

            if (atEdge)
            {
                return edge;
            }

            (inner, innerRoot) = (step, root);
            step *= root > 0.2 * limit ? Math.Clamp(1.1 * limit / root, 1.15, 2.5) : 2.5;
        }

        return centre + (side * inner);
    }

    private double Narrow(int j, double centre, int side, double low, double lowRoot, double high, double highRoot, double limit, bool logs, double[] warm)
    {
        for (int i = 0; i < 20 && high - low > Precision * high; i++)
        {
            double share = Math.Clamp((limit - lowRoot) / (highRoot - lowRoot), 0.05, 0.95);
            double middle = low + (share * (high - low));
            double root = Root(j, centre + (side * middle), logs, ref warm);
            if (Math.Abs(root - limit) < Precision * limit)
            {
                return middle;
            }

            (low, lowRoot, high, highRoot) = root < limit ? (middle, root, high, highRoot) : (low, lowRoot, middle, root);
        }

        return 0.5 * (low + high);
    }

    // The square root of the rise of the objective, in standard errors, with parameter j held.
    private double Root(int j, double at, bool logs, ref double[] warm)
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
            LocalFit fit = LocalSolver.Descend(problem, model.FromParameters(from), new Workspace(model.Count, model.Dimension), 1e-9, 60);
            least = fit.Value;
            warm = model.ToParameters(fit.Theta);
        }

        return double.IsFinite(least) ? Math.Sqrt(Math.Max(0, (least - best) * asymptotics.RiseScale)) : double.PositiveInfinity;
    }
}
