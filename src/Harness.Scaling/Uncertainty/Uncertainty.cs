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
    // A positive parameter less certain than this may as well be absent (e -> 0), and an interval symmetric on its logarithm would say nothing.
    private const double VagueScale = 0.5;

    /// <summary>Large-sample covariance of the parameters; null where there is none.</summary>
    public ParameterCovariance? Covariance { get; init; }

    /// <summary>By bootstrap if it was asked for, else asymptotic.</summary>
    public static Uncertainty Of(FitContext context, Law law, SearchOutcome outcome, FitOptions options, int threads)
    {
        var asymptotics = new Asymptotics(context, outcome.Best.Theta);
        double[] parameters = context.Model.ToParameters(outcome.Best.Theta);
        List<DerivedQuantity> derived = [.. law.Derived, .. AtBudgets(law, parameters, options.Budgets)];
        Uncertainty found = options.Bootstrap is { } bootstrap
            ? ByBootstrap(context, law, outcome, options, bootstrap, parameters, derived, asymptotics.ConditionNumber, threads)
            : Asymptotic(law, options, context, outcome, parameters, derived, asymptotics);
        return found with { Covariance = asymptotics.OfParameters(law) };
    }

    /// <summary>By a covariance that was summed elsewhere, without a profile or resamples.</summary>
    public static Uncertainty ByCovariance(FitContext context, Law law, SearchOutcome outcome, FitOptions options, Asymptotics asymptotics)
    {
        double[] parameters = context.Model.ToParameters(outcome.Best.Theta);
        return Asymptotic(law, options with { ProfileIntervals = false }, context, outcome, parameters, [.. law.Derived, .. AtBudgets(law, parameters, options.Budgets)], asymptotics)
            with { Covariance = asymptotics.OfParameters(law) };
    }

    private static Uncertainty Asymptotic(Law law, FitOptions options, FitContext context, SearchOutcome outcome, double[] parameters, List<DerivedQuantity> derived, Asymptotics asymptotics)
    {
        var errors = new Dictionary<string, double>();
        var intervals = new Dictionary<string, Interval>();
        // A symmetric interval takes a coordinate on the edge of its domain as known, and so makes all others too sure; the profile lets it move.
        double[] theta = outcome.Best.Theta;
        bool edge = Enumerable.Range(0, theta.Length).Any(k => Asymptotics.OnEdge(context.Model, theta, k));
        bool profiled = options.ProfileIntervals ?? (law.HasBentValleys || edge);
        var profile = new Profile(context, law, parameters, outcome.Best.Value, asymptotics);
        bool anyVague = false;
        foreach (int j in context.Model.ParameterOf)
        {
            LawParameter parameter = law.Parameters[j];
            bool vague = false;
            if (asymptotics.Of(p => p[j], parameter.Scale == ParameterScale.Log, options.Confidence) is { } found)
            {
                vague = parameter.Scale == ParameterScale.Log && found.Error > VagueScale * parameters[j] && options.ProfileIntervals is null;
                errors[parameter.Name] = found.Error;
                intervals[parameter.Name] = new Interval(Math.Max(found.Interval.Low, parameter.Lower), Math.Min(found.Interval.High, parameter.Upper), options.Confidence);
            }

            if ((profiled || vague) && profile.Of(j, options.Confidence) is { } followed)
            {
                intervals[parameter.Name] = followed;
                anyVague |= vague;
            }
        }

        var estimates = new Dictionary<string, Estimate>();
        foreach (DerivedQuantity quantity in derived)
        {
            double value = quantity.Value(parameters);
            (double Error, Interval Interval)? found = asymptotics.Of(quantity.Value, value > 0 && quantity.IsScale, options.Confidence);
            estimates[quantity.Name] = new Estimate(value, found?.Error, found?.Interval, quantity.Meaning);
        }

        return new Uncertainty(errors, intervals, estimates, !asymptotics.Exists ? "none" : profiled ? "asymptotic, intervals by profile" : anyVague ? "asymptotic, vague intervals by profile" : "asymptotic", asymptotics.ConditionNumber, [], []);
    }

    private static Uncertainty ByBootstrap(
        FitContext context, Law law, SearchOutcome outcome, FitOptions options, BootstrapOptions settings, double[] parameters, List<DerivedQuantity> derived, double? condition, int threads)
    {
        if (settings.Resamples < 20)
        {
            throw new FitRefusedException(RefusalReason.InvalidOption, $"{settings.Resamples} resamples give no interval.", "Use at least 20; 1,000 or more for tails.");
        }

        ResampleUnit unit = settings.Unit ?? (context.Points.Groups is null ? ResampleUnit.Row : ResampleUnit.Group);
        var bootstrap = new Bootstrap(context, outcome, unit, options.Seed, threads);
        double[]?[] all = bootstrap.Resample(settings.Resamples);
        double[][] samples = [.. all.OfType<double[]>()];
        List<string> warnings = [];
        if (samples.Length < all.Length)
        {
            warnings.Add($"{all.Length - samples.Length} of {all.Length} resamples could not be fitted and are not in the intervals.");
        }

        if (unit == ResampleUnit.Row && context.Points.Groups is not null)
        {
            warnings.Add("Rows were resampled although they come in groups: points of one run are correlated, so these intervals are too narrow. Resample by group.");
        }

        if (samples.Length < 20)
        {
            return new Uncertainty(new Dictionary<string, double>(), new Dictionary<string, Interval>(), new Dictionary<string, Estimate>(), "none", condition, samples, warnings);
        }

        double[][] jackknife = settings.Intervals == IntervalMethod.Bca ? [.. bootstrap.Jackknife().OfType<double[]>()] : [];
        var errors = new Dictionary<string, double>();
        var intervals = new Dictionary<string, Interval>();
        foreach (int j in context.Model.ParameterOf)
        {
            (double error, Interval interval) = Summarise(p => p[j], parameters, samples, jackknife, settings, options.Confidence);
            errors[law.Parameters[j].Name] = error;
            intervals[law.Parameters[j].Name] = interval;
        }

        var estimates = new Dictionary<string, Estimate>();
        foreach (DerivedQuantity quantity in derived)
        {
            (double error, Interval interval) = Summarise(quantity.Value, parameters, samples, jackknife, settings, options.Confidence);
            estimates[quantity.Name] = new Estimate(quantity.Value(parameters), error, interval, quantity.Meaning);
        }

        string method = $"bootstrap({unit.ToString().ToLowerInvariant()}, {settings.Resamples}, {settings.Intervals.ToString().ToLowerInvariant()})";
        return new Uncertainty(errors, intervals, estimates, method, condition, samples, warnings);
    }

    private static (double Error, Interval Interval) Summarise(
        Func<double[], double> quantity, double[] parameters, double[][] samples, double[][] jackknife, BootstrapOptions settings, double confidence)
    {
        double[] values = [.. samples.Select(quantity).Where(double.IsFinite)];
        double error = values.Length > 1 ? Quantiles.Deviation(values) : double.NaN;
        Array.Sort(values);
        double[] left = [.. jackknife.Select(quantity).Where(double.IsFinite)];
        return (error, settings.Intervals == IntervalMethod.Bca && left.Length > 2
            ? Quantiles.Bca(values, quantity(parameters), left, confidence)
            : Quantiles.Percentile(values, confidence));
    }

    private static IEnumerable<DerivedQuantity> AtBudgets(Law law, double[] parameters, IReadOnlyList<double> budgets)
    {
        if (budgets.Count > 0 && law.OptimumAt(parameters, budgets[0]) is null)
        {
            throw new FitRefusedException(RefusalReason.InvalidOption, $"{law.Name} has no optimum of n and d at a given compute.", "Leave the budgets out, or use a joint law such as chinchilla.");
        }

        foreach (double budget in budgets)
        {
            string c = budget.ToString("0.######E+0", System.Globalization.CultureInfo.InvariantCulture);
            yield return new($"n_opt({c})", $"compute-optimal n at c = {c}", p => law.OptimumAt(p, budget)!.Value.N) { IsScale = true };
            yield return new($"d_opt({c})", $"compute-optimal d at c = {c}", p => law.OptimumAt(p, budget)!.Value.D) { IsScale = true };
            yield return new($"loss_opt({c})", $"loss at the optimum of c = {c}", p => law.OptimumAt(p, budget)!.Value.Loss);
        }
    }
}
