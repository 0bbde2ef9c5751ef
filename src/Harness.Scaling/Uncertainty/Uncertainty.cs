namespace Harness.Scaling;

/// <summary>Standard errors and intervals of parameters and derived quantities, with how they were got.</summary>
internal sealed record Uncertainty(
    IReadOnlyDictionary<string, double> Errors,
    IReadOnlyDictionary<string, Interval> Intervals,
    IReadOnlyDictionary<string, Estimate> Derived,
    string Method,
    double? ConditionNumber,
    IReadOnlyList<double[]> Resamples,
    IReadOnlyList<string> Warnings)
{
    // A positive parameter less certain than this may as well be absent (e -> 0), and an interval symmetric on its logarithm would say nothing; nor would one that leaves the parameter's domain.
    private const double VagueScale = 0.5;

    /// <summary>Large-sample covariance of the parameters; null where there is none.</summary>
    public ParameterCovariance? Covariance { get; init; }

    /// <summary>Share of the resamples beyond each end of their intervals; null without resamples.</summary>
    public double? ResamplesTail { get; init; }

    /// <summary>By bootstrap if it was asked for, else asymptotic.</summary>
    public static Uncertainty Of(FitContext context, Law law, SearchOutcome outcome, FitOptions options, int threads)
    {
        var asymptotics = new Asymptotics(context, outcome.Best.Theta);
        double[] parameters = context.Model.ToParameters(outcome.Best.Theta);
        List<DerivedQuantity> derived = Quantities(law, parameters, options.Budgets);
        Uncertainty found = options.Bootstrap is { } bootstrap
            ? BootstrapIntervals.Of(context, law, outcome, options, bootstrap, derived, asymptotics, threads)
            : Asymptotic(law, options, context, outcome, parameters, derived, asymptotics);
        return found with { Covariance = asymptotics.OfParameters(law, options.Confidence) };
    }

    /// <summary>By a covariance that was summed elsewhere, without a profile or resamples.</summary>
    public static Uncertainty ByCovariance(FitContext context, Law law, SearchOutcome outcome, FitOptions options, Asymptotics asymptotics)
    {
        double[] parameters = context.Model.ToParameters(outcome.Best.Theta);
        return Asymptotic(law, options with { ProfileIntervals = false }, context, outcome, parameters, Quantities(law, parameters, options.Budgets), asymptotics)
            with { Covariance = asymptotics.OfParameters(law, options.Confidence) };
    }

    private static Uncertainty Asymptotic(Law law, FitOptions options, FitContext context, SearchOutcome outcome, double[] parameters, List<DerivedQuantity> derived, Asymptotics asymptotics)
    {
        var errors = new Dictionary<string, double>();
        var intervals = new Dictionary<string, Interval>();
        // A symmetric interval takes a coordinate on the edge of its domain as known, and so makes all others too sure; the profile lets it move.
        double[] theta = outcome.Best.Theta;
        bool edge = Enumerable.Range(0, theta.Length).Any(k => Asymptotics.OnEdge(context.Model, theta, k));
        bool profiled = options.ProfileIntervals ?? (law.HasBentValleys || edge || !asymptotics.Exists);
        var profile = new Profile(context, law, parameters, outcome.Best.Value, asymptotics);
        bool anyVague = false;
        foreach (int j in context.Model.ParameterOf)
        {
            LawParameter parameter = law.Parameters[j];
            bool vague = false;
            if (asymptotics.Of(p => p[j], IntervalAxes.Of(parameter), options.Confidence) is { } found)
            {
                bool leaves = found.Interval.Low < parameter.Lower || found.Interval.High > parameter.Upper;
                vague = (leaves || (parameter.Scale == ParameterScale.Log && found.Error > VagueScale * parameters[j])) && options.ProfileIntervals is null;
                errors[parameter.Name] = found.Error;
                intervals[parameter.Name] = new Interval(Math.Max(found.Interval.Low, parameter.Lower), Math.Min(found.Interval.High, parameter.Upper), options.Confidence);
            }

            if ((profiled || vague) && profile.Of(j, options.Confidence) is { } followed)
            {
                intervals[parameter.Name] = followed;
                anyVague |= vague;
            }
        }

        // Exponents derived beside a floor of 0 that is taken as known would be too sure; with a parameter that has no effect there is no interval at all.
        Asymptotics moving = edge && derived.Count > 0 && options.ProfileIntervals is null ? new Asymptotics(context, theta, edgesMove: true) : asymptotics;
        var estimates = new Dictionary<string, Estimate>();
        foreach (DerivedQuantity quantity in derived)
        {
            double value = quantity.Value(parameters);
            (double Error, Interval Interval)? found = moving.Of(quantity.Value, quantity.Axis, options.Confidence);
            estimates[quantity.Name] = new Estimate(value, found?.Error, found?.Interval, quantity.Meaning);
        }

        return new Uncertainty(errors, intervals, estimates, !asymptotics.Exists && !(profiled && asymptotics.CanJudgeRises) ? "none" : profiled ? "asymptotic, intervals by profile" : anyVague ? "asymptotic, vague intervals by profile" : "asymptotic", asymptotics.ConditionNumber, [], []);
    }

    // Those that have a value: a vanished term may leave a ratio without one.
    private static List<DerivedQuantity> Quantities(Law law, double[] parameters, IReadOnlyList<double> budgets) =>
        [.. law.Derived.Concat(AtBudgets(law, parameters, budgets)).Where(q => double.IsFinite(q.Value(parameters)))];

    private static IEnumerable<DerivedQuantity> AtBudgets(Law law, double[] parameters, IReadOnlyList<double> budgets)
    {
        if (budgets.Count > 0 && law.OptimumAt(parameters, budgets[0]) is null)
        {
            throw new FitRefusedException(RefusalReason.InvalidOption, $"{law.Name} has no optimum of n and d at a given compute.", "Leave the budgets out, or use a joint law such as chinchilla.");
        }

        foreach (double budget in budgets)
        {
            string c = budget.ToString("0.######E+0", System.Globalization.CultureInfo.InvariantCulture);
            yield return new($"n_opt({c})", $"compute-optimal n at c = {c}", p => law.OptimumAt(p, budget)!.Value.N) { Axis = IntervalAxis.Logarithm };
            yield return new($"d_opt({c})", $"compute-optimal d at c = {c}", p => law.OptimumAt(p, budget)!.Value.D) { Axis = IntervalAxis.Logarithm };
            yield return new($"loss_opt({c})", $"loss at the optimum of c = {c}", p => law.OptimumAt(p, budget)!.Value.Loss) { Axis = law.HasPositiveTarget ? IntervalAxis.Logarithm : IntervalAxis.Value };
        }
    }
}
