using MathNet.Numerics.Distributions;

namespace Harness.Scaling;

/// <summary>Errors and intervals from refits of resampled data.</summary>
internal sealed class BootstrapIntervals
{
    private const int FewestDraws = 20;

    // A studentised interval rests on its resamples' errors; with fewer of them than this share it would rest on a selection.
    private const double EnoughErrors = 0.9;
    private readonly double[] parameters;
    private readonly double[]?[] samples;
    private readonly double[][] jackknife;
    private readonly IntervalMethod method;
    private readonly double reach;
    private readonly double confidence;
    private readonly Asymptotics asymptotics;
    private readonly double[][]? errors;

    private BootstrapIntervals(FitContext context, SearchOutcome outcome, FitOptions options, BootstrapOptions settings, ResampleUnit unit, IReadOnlyList<Target> targets, Asymptotics asymptotics, int threads)
    {
        this.asymptotics = asymptotics;
        parameters = context.Model.ToParameters(outcome.Best.Theta);
        method = settings.Intervals;
        confidence = options.Confidence;
        var bootstrap = new Bootstrap(context, outcome, unit, options.Seed, threads);
        errors = method == IntervalMethod.Studentised ? new double[settings.Resamples][] : null;
        samples = bootstrap.Resample(settings.Resamples, errors is null ? null : (k, copies, problem, theta) =>
        {
            var resample = new Asymptotics(context with { Problem = problem }, theta, copies);
            errors[k] = [.. targets.Select(t => resample.ErrorOf(t.Value, t.Axis)?.Error ?? double.NaN)];
        });
        jackknife = method == IntervalMethod.Bca ? [.. bootstrap.Jackknife().OfType<double[]>()] : [];
        reach = method == IntervalMethod.Expanded ? Expanded(bootstrap.UnitCount, context, unit) : Normal.InvCDF(0, 1, 0.5 + (0.5 * confidence));
    }

    /// <summary>Resamples and reads off errors and intervals of every free parameter and derived quantity.</summary>
    public static Uncertainty Of(
        FitContext context, Law law, SearchOutcome outcome, FitOptions options, BootstrapOptions settings, IReadOnlyList<DerivedQuantity> derived, Asymptotics asymptotics, int threads)
    {
        if (settings.Resamples < FewestDraws)
        {
            throw new FitRefusedException(RefusalReason.InvalidOption, $"{settings.Resamples} resamples give no interval.", "Use at least 20; 1,000 or more for tails.");
        }

        ResampleUnit unit = settings.Unit ?? (context.Points.Groups is null ? ResampleUnit.Row : ResampleUnit.Group);
        Target[] targets =
        [
            .. context.Model.ParameterOf.Select(j => new Target(p => p[j], IntervalAxes.Of(law.Parameters[j]), law.Parameters[j].Lower, law.Parameters[j].Upper)),
            .. derived.Select(q => new Target(q.Value, q.Axis, double.NegativeInfinity, double.PositiveInfinity)),
        ];
        var found = new BootstrapIntervals(context, outcome, options, settings, unit, targets, asymptotics, threads);
        double[][] samples = [.. found.samples.OfType<double[]>()];
        List<string> warnings = [];
        if (samples.Length < settings.Resamples)
        {
            warnings.Add($"{settings.Resamples - samples.Length} of {settings.Resamples} resamples could not be fitted and are not in the intervals.");
        }

        if (unit == ResampleUnit.Row && context.Points.Groups is not null)
        {
            warnings.Add("Rows were resampled although they come in groups: points of one run are correlated, so these intervals are too narrow. Resample by group.");
        }

        var errors = new Dictionary<string, double>();
        var intervals = new Dictionary<string, Interval>();
        var estimates = new Dictionary<string, Estimate>();
        if (samples.Length < FewestDraws)
        {
            return new Uncertainty(errors, intervals, estimates, "none", asymptotics.ConditionNumber, samples, warnings);
        }

        for (int t = 0; t < targets.Length; t++)
        {
            (double error, Interval interval) = found.Summary(targets[t], t);
            if (t < context.Model.ParameterOf.Length)
            {
                string name = law.Parameters[context.Model.ParameterOf[t]].Name;
                (errors[name], intervals[name]) = (error, interval);
            }
            else
            {
                DerivedQuantity quantity = derived[t - context.Model.ParameterOf.Length];
                estimates[quantity.Name] = new Estimate(quantity.Value(found.parameters), error, interval, quantity.Meaning);
            }
        }

        string method = $"bootstrap({unit.ToString().ToLowerInvariant()}, {settings.Resamples}, {settings.Intervals.ToString().ToLowerInvariant()})";
        return new Uncertainty(errors, intervals, estimates, method, asymptotics.ConditionNumber, samples, warnings) { ResamplesTail = Normal.CDF(0, 1, -found.reach) };
    }

    // Resamples scatter less than samples do by the share of the parameters (noise is widened for that already), and their size is known from few units only.
    private double Expanded(int units, FitContext context, ResampleUnit unit)
    {
        int free = unit == ResampleUnit.Group ? 1 : context.Model.Dimension, degrees = Math.Max(units - free, 1);
        return StudentT.InvCDF(0, 1, degrees, 0.5 + (0.5 * confidence)) * (unit == ResampleUnit.Noise ? 1 : Math.Sqrt((double)units / degrees));
    }

    private (double Error, Interval Interval) Summary(Target target, int index)
    {
        double[] values = [.. samples.OfType<double[]>().Select(target.Value).Where(double.IsFinite).Order()];
        double error = values.Length > 1 ? Quantiles.Deviation(values) : double.NaN;
        if (method == IntervalMethod.Bca)
        {
            double[] left = [.. jackknife.Select(target.Value).Where(double.IsFinite)];
            return (error, left.Length > 2 ? Quantiles.Bca(values, target.Value(parameters), left, reach, confidence) : Quantiles.At(values, reach, confidence));
        }

        return (error, (method == IntervalMethod.Studentised ? Studentised(target, index) : null) ?? Quantiles.At(values, reach, confidence));
    }

    private Interval? Studentised(Target target, int index)
    {
        if (asymptotics.ErrorOf(target.Value, target.Axis) is not { } own)
        {
            return null;
        }

        List<double> pivots = [];
        for (int k = 0; k < samples.Length; k++)
        {
            if (samples[k] is { } sample && target.Axis.Holds(target.Value(sample)) && errors![k] is { } each && double.IsFinite(each[index]))
            {
                pivots.Add((target.Axis.To(target.Value(sample)) - own.Place) / each[index]);
            }
        }

        if (pivots.Count < EnoughErrors * samples.Length)
        {
            return null;
        }

        double[] sorted = [.. pivots.Order()];
        Interval t = Quantiles.Percentile(sorted, confidence);
        double low = target.Axis.From(own.Place - (t.High * own.Error)), high = target.Axis.From(own.Place - (t.Low * own.Error));
        return new Interval(Math.Max(low, target.Lower), Math.Min(high, target.Upper), confidence);
    }

    // A number that gets an interval.
    private sealed record Target(Func<double[], double> Value, IntervalAxis Axis, double Lower, double Upper);
}
