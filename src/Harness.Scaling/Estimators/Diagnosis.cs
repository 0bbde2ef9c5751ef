using System.Globalization;

namespace Harness.Scaling;

/// <summary>What a reader must know before using a fit's numbers, one sentence each.</summary>
internal static class Diagnosis
{
    // Correlations among the parameters beyond this leave some directions of the parameters nearly free.
    private const double FlatValley = 300;

    // Starts fewer than this that agree are luck.
    private const double FewStarts = 0.05;

    // Of so many starts more than one should meet.
    private const int FewestTried = 8;

    public static List<string> Of(FitContext context, Law law, SearchOutcome outcome, CrossCheck? check, double? condition)
    {
        List<string> warnings = [];
        double[] theta = outcome.Best.Theta, parameters = context.Model.ToParameters(theta);
        Edges(context, law, theta, parameters, warnings);
        Degrees(context, warnings);
        if (!outcome.Best.Stationary)
        {
            warnings.Add($"The search stopped by {outcome.Best.StoppedBy} without reaching a stationary point: treat the parameters as rough.");
        }

        if (condition is null)
        {
            warnings.Add("The Jacobian is singular at the optimum: the data do not determine all parameters, and there are no standard errors.");
        }
        else if (condition > FlatValley)
        {
            warnings.Add(Text($"Flat valley: the condition number is {condition:G3}, so very different parameters fit almost equally well. Compare predictions, not parameters."));
        }

        Minima(context, law, outcome, warnings);
        Check(check, warnings);
        Sharpness(context, theta, warnings);
        return warnings;
    }

    private static void Edges(FitContext context, Law law, double[] theta, double[] parameters, List<string> warnings)
    {
        for (int k = 0; k < theta.Length; k++)
        {
            LawParameter parameter = law.Parameters[context.Model.ParameterOf[k]];
            double value = parameters[context.Model.ParameterOf[k]];
            if (!Asymptotics.OnEdge(context.Model, theta, k))
            {
                Idle(context, theta, k, parameter, value, warnings);
                continue;
            }

            bool bottom = theta[k] < 0.5 * (context.Model.Lower[k] + context.Model.Upper[k]) || double.IsInfinity(context.Model.Upper[k]);
            double edge = bottom ? parameter.Lower : parameter.Upper;
            // A search stops where a parameter has no further effect, which may be far inside its domain.
            bool own = Math.Abs(value - edge) <= 1e-6 * Math.Max(1, Math.Abs(edge));
            warnings.Add(bottom && value < 1e-100
                ? $"{parameter.Name} -> 0: the data are fitted best without this term ({parameter.Meaning}); its interval is one-sided."
                : own ? Text($"{parameter.Name} = {value:G6} is at the edge of its domain [{parameter.Lower:G4}, {parameter.Upper:G4}]{(bottom ? string.Empty : ", that is, effectively infinite")}: the data do not bound it.")
                : Text($"{parameter.Name} = {value:G3} is effectively {(bottom ? "zero" : "infinite")}: a {(bottom ? "smaller" : "larger")} one fits as well, and the data do not bound it."));
        }
    }

    // A positive parameter may run off on its logarithm until it has no effect, long before an edge.
    private static void Idle(FitContext context, double[] theta, int k, LawParameter parameter, double value, List<string> warnings)
    {
        bool logarithm = parameter.Scale == ParameterScale.Log && !(context.Model is SeparableModel { FreeCoefficientCount: int coefficients } && k < coefficients);
        if (!logarithm)
        {
            return;
        }

        bool less = Same(-Math.Log(10)), more = Same(Math.Log(10));
        if (less || more)
        {
            string size = less && more ? "has no effect on this fit" : less ? "is effectively zero" : "is effectively infinite";
            warnings.Add(Text($"{parameter.Name} = {value:G3} {size}: {(less ? "a tenth" : "ten times")} of it fits as well, and the data do not bound it."));
        }

        bool Same(double by)
        {
            double[] beside = [.. theta];
            beside[k] = Math.Clamp(beside[k] + by, context.Model.Lower[k], context.Model.Upper[k]);
            double at = context.Problem.Value(theta, new double[context.Model.Count]), there = context.Problem.Value(beside, new double[context.Model.Count]);
            return Math.Abs(there - at) <= 1e-7 * at;
        }
    }

    private static void Degrees(FitContext context, List<string> warnings)
    {
        int spare = context.Problem.Active.Length - context.Model.Dimension;
        if (spare <= 0)
        {
            warnings.Add($"{context.Problem.Active.Length} points and {context.Model.Dimension} free parameters leave nothing to judge the fit by: there are no standard errors.");
        }
        else if (spare < context.Model.Dimension)
        {
            warnings.Add($"Only {spare} {(spare == 1 ? "degree of freedom is" : "degrees of freedom are")} left after {context.Model.Dimension} parameters: intervals are wide and rest on the law being right.");
        }
    }

    private static void Minima(FitContext context, Law law, SearchOutcome outcome, List<string> warnings)
    {
        double best = outcome.Best.Value;
        if (outcome is { AtOptimum: 1, Ends.Count: >= FewestTried } && best > 1e3 * Linearisation.Floor(context.Problem))
        {
            warnings.Add($"Only 1 of {outcome.Ends.Count} starts reached this optimum: there may be a lower one (--starts grid tries the law's whole grid).");
        }

        LocalFit[] close = [.. outcome.Ends.Where(e => e.Stationary && !SearchOutcome.IsSame(e.Value, best) && e.Value < 1.05 * best)];
        if (close.Length > 0)
        {
            double[] other = context.Model.ToParameters(close[0].Theta);
            string where = string.Join(", ", law.Parameters.Select((p, j) => Text($"{p.Name} = {other[j]:G4}")));
            warnings.Add(Text($"Several minima: another lies {100 * ((close[0].Value / best) - 1):G3} % above this one, at {where}."));
        }
    }

    private static void Check(CrossCheck? check, List<string> warnings)
    {
        if (check is null)
        {
            return;
        }

        if (Math.Abs(check.RelativeDifference) > 1e-8)
        {
            warnings.Add(Text($"The start grid and the main path disagree: the grid's best objective is {check.Value:G10}, {check.RelativeDifference:E1} relative to the main path's; the lower of the two is reported."));
        }

        if (check.StartsAtOptimum < FewStarts * check.Starts)
        {
            warnings.Add($"Only {check.StartsAtOptimum} of {check.Starts} starts of the grid reached the optimum.");
        }
    }

    // Huber far below the residuals is least absolute deviations under another name.
    private static void Sharpness(FitContext context, double[] theta, List<string> warnings)
    {
        if (context.Problem.Objective is not { Penalty: Penalty.Huber, Delta: { } delta })
        {
            return;
        }

        var predictions = new double[context.Model.Count];
        context.Model.Predict(theta, predictions);
        double[] sizes = [.. context.Problem.Active.Select(i => Math.Abs(context.Problem.Objective.Residual(context.Problem.Observed[i], predictions[i]))).Order()];
        double median = Quantiles.Of(sizes, 0.5);
        if (median > 3 * delta)
        {
            warnings.Add(Text($"delta = {delta:G3} is {median / delta:G2} times below the median residual: this fit is close to least absolute deviations."));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
