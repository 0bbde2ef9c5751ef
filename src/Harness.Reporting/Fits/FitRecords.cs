using Harness.Reporting.Tables.Selection;
using Harness.Scaling;

namespace Harness.Reporting.Fits;

/// <summary>Turns a fit, and the points it saw, into its entry of fits.json.</summary>
public static class FitRecords
{
    private const int MostRows = 20_000;

    /// <summary>The entry of a fit.</summary>
    /// <param name="fit">What the fitter found.</param>
    /// <param name="table">What it was given.</param>
    /// <param name="confidence">The probability that intervals were asked to cover.</param>
    public static FitRecord Of(FitResult fit, PointsTable table, double confidence)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(table);
        int[] fitted = FittedRowIndices.Of(fit.RowIds, table.Points.RowIds);
        IReadOnlyList<string>? groups = table.Points.Groups is { } g && fitted.Length == fit.RowIds.Count ? Array.ConvertAll(fitted, i => g[i]) : null;
        Dictionary<string, double[]> columns = fit.Variables
            .Where(v => v != Target(fit.Law) && table.Points.Has(v))
            .ToDictionary(v => v, v => Chosen(table.Points.Column(v), fitted));
        return new FitRecord
        {
            Law = fit.Law,
            Equation = fit.Equation,
            Source = fit.Source,
            Target = Target(fit.Law),
            Variables = fit.Variables,
            Objective = new ObjectiveRecord(fit.Objective.Name, fit.Objective.Delta, fit.Objective.OverWeight, fit.Objective.Aggregation, fit.Objective.Value),
            Parameters = fit.Parameters,
            StandardErrors = fit.Parameters.Keys.ToDictionary(p => p, p => fit.StandardErrors.TryGetValue(p, out double e) && double.IsFinite(e) ? e : (double?)null),
            Intervals = fit.Parameters.Keys.ToDictionary(p => p, p => fit.Intervals.TryGetValue(p, out Interval? i) ? Ends(i) : null),
            Confidence = confidence,
            Uncertainty = fit.UncertaintyMethod,
            Derived = fit.Derived.ToDictionary(d => d.Key, d => new DerivedRecord(d.Value.Value, d.Value.StandardError, Ends(d.Value.Interval), d.Value.Meaning)),
            Points = fit.Points,
            Goodness = Goodness.Of(fit.Observations, fit.Predictions),
            GoodnessPerGroup = Goodness.PerGroup(fit.Observations, fit.Predictions, groups),
            ExcludedCounts = Counts(table.Excluded, fit.Excluded),
            Excluded = [.. table.Excluded.Listed.Select(e => new ExcludedRecord(e.Row, e.Rule, e.Detail)), .. fit.Excluded.Select(e => new ExcludedRecord(e.RowId, e.Rule, null))],
            Starts = fit.Starts,
            StartsAtOptimum = fit.StartsAtOptimum,
            Converged = fit.Converged,
            StoppedBy = fit.StoppedBy,
            ConditionNumber = fit.ConditionNumber is { } k && double.IsFinite(k) ? k : null,
            Warnings = [.. table.Warnings, .. fit.Warnings],
            OtherMinima = [.. fit.OtherMinima.Select(m => new MinimumRecord(m.Parameters, m.Value, m.Starts))],
            CrossCheck = fit.CrossCheck is { } c ? new CrossCheckRecord(c.Method, c.Starts, c.StartsAtOptimum, c.Value, c.RelativeDifference) : null,
            Holdout = fit.Holdout is { } h ? Held(h) : null,
            BudgetOptima = [.. fit.BudgetOptima.Select(b => new BudgetRecord(b.Compute, b.N, b.D, b.Loss, b.Points))],
            Conventions = fit.Conventions,
            Ranges = columns.Where(c => c.Value.Length > 0).ToDictionary(c => c.Key, c => new[] { c.Value.Min(), c.Value.Max() }),
            Rows = fit.RowIds.Count is > 0 and <= MostRows && fitted.Length == fit.RowIds.Count && fit.Predictions.Count == fitted.Length
                ? new FittedRows(fit.RowIds, groups, columns, fit.Observations, fit.Predictions)
                : null,
            Covariance = fit.Covariance is { } v ? new CovarianceRecord(v.Parameters, v.OnLogarithm, v.Matrix, v.Degrees) : null,
            Draws = DrawsRecord.Of([.. fit.Parameters.Keys], fit.Resamples, fit.ResamplesTail),
        };
    }

    /// <summary>The entry of a law evaluated with given parameters: its objective and goodness on the points, and nothing that a search would tell.</summary>
    /// <param name="law">The law.</param>
    /// <param name="parameters">In the law's order.</param>
    /// <param name="objective">Null for the law's own.</param>
    /// <param name="table">The points.</param>
    /// <param name="conventions">How the variables were counted.</param>
    public static FitRecord Evaluated(Law law, double[] parameters, Objective? objective, PointsTable table, IReadOnlyDictionary<string, string> conventions)
    {
        ArgumentNullException.ThrowIfNull(law);
        ArgumentNullException.ThrowIfNull(table);
        Objective used = objective ?? law.DefaultObjective;
        (double value, double[] predictions) = Fitter.Evaluate(table.Points, law, parameters, used);
        double[] observed = table.Points.Column(law.Target);
        Dictionary<string, double[]> columns = law.Variables.Where(v => v != law.Target && table.Points.Has(v)).ToDictionary(v => v, table.Points.Column);
        return new FitRecord
        {
            Law = law.Name,
            Equation = law.Equation,
            Source = law.Source,
            Target = law.Target,
            Variables = law.Variables,
            Objective = new ObjectiveRecord(used.Name, used.Delta, used.OverWeight, used.IsMean ? "mean" : "sum", value),
            Parameters = Enumerable.Range(0, parameters.Length).ToDictionary(i => law.Parameters[i].Name, i => parameters[i]),
            Derived = law.Derived.ToDictionary(d => d.Name, d => new DerivedRecord(d.Value(parameters), null, null, d.Meaning)),
            Points = table.Points.Count,
            Goodness = Goodness.Of(observed, predictions),
            GoodnessPerGroup = Goodness.PerGroup(observed, predictions, table.Points.Groups),
            ExcludedCounts = Counts(table.Excluded, []),
            Excluded = [.. table.Excluded.Listed.Select(e => new ExcludedRecord(e.Row, e.Rule, e.Detail))],
            Starts = 0,
            StartsAtOptimum = 0,
            Converged = null,
            StoppedBy = "evaluated",
            Warnings = table.Warnings,
            Conventions = conventions,
            Ranges = columns.ToDictionary(c => c.Key, c => new[] { c.Value.Min(), c.Value.Max() }),
            Rows = observed.Length <= MostRows ? new FittedRows(table.Points.RowIds, table.Points.Groups, columns, observed, predictions) : null,
        };
    }

    private static double[] Chosen(double[] column, int[] rows) => rows.Length == column.Length ? column : Array.ConvertAll(rows, i => column[i]);

    private static string Target(string law) => LawCatalog.Laws.FirstOrDefault(l => l.Name == law)?.Target ?? "loss";

    private static double[]? Ends(Interval? interval) =>
        interval is { } i && !double.IsNaN(i.Low) && !double.IsNaN(i.High) ? [i.Low, i.High] : null;

    private static Dictionary<string, long> Counts(ExcludedRows byTable, IReadOnlyList<ExcludedRow> byFit)
    {
        Dictionary<string, long> counts = new(byTable.Counts, StringComparer.Ordinal);
        foreach (ExcludedRow row in byFit)
        {
            counts[row.Rule] = counts.GetValueOrDefault(row.Rule) + 1;
        }

        return counts;
    }

    private static HoldoutRecord Held(HoldoutResult h) => new()
    {
        Rule = h.Rule,
        Points = h.Points,
        Kind = h.IsExtrapolation ? "extrapolation" : "interpolation",
        Distance = h.Distance,
        DistanceVariable = h.DistanceVariable,
        MeanRelativeError = h.MeanRelativeError,
        WorstRelativeError = h.WorstRelativeError,
        MeanSignedRelativeError = h.MeanSignedRelativeError,
        Objective = h.Objective,
        Rows = [.. h.Rows.Select(r => new HeldRecord(r.RowId, r.Observed, r.Predicted, r.RelativeError))],
    };
}
