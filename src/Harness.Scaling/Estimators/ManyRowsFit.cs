using System.Globalization;

namespace Harness.Scaling;

/// <summary>
/// A fit of more rows than the exact path has memory and time for: the global search runs on some rows drawn evenly, and its best minima are then descended from on all rows, by
/// Newton steps that need one pass and no memory each. Errors are the large-sample ones, over all rows.
/// </summary>
internal sealed class ManyRowsFit
{
    private const int MostExactRows = 10_000;

    // Resamples and published grids refit everything: beyond this many rows they would take hours.
    private const int MostRefittedRows = 1_000_000;
    private const int SampleRows = 4_000;
    private const int Candidates = 3;
    private const double Tolerance = 1e-12;

    private readonly Law law;
    private readonly FitOptions options;
    private readonly Objective objective;
    private readonly Points points;
    private readonly int threads;
    private readonly FitContext sample;
    private readonly RowBlocks rows;

    public ManyRowsFit(Law law, FitOptions options, Objective objective, Points points, int threads)
    {
        this.law = law;
        this.options = options;
        this.objective = objective;
        this.points = points;
        this.threads = threads;
        IEnumerable<string> held = options.Fixed.Keys.Concat(law.HeldBy(points).Keys);
        PreparedPoints.RequireEnough(points, law, law.Parameters.Count(p => !held.Contains(p.Name)), options.Fixed.Count == 0 ? law.MustVary : []);
        CheckWeights();
        sample = FitContext.For(points.Select(Drawn()), law, objective, options);
        rows = RowBlocks.Of(points, law, sample, options.UseWeights, threads);
    }

    /// <summary>Whether a fit goes this way.</summary>
    /// <exception cref="FitRefusedException"><see cref="RefusalReason.InvalidOption"/>: the options ask for what would take hours on so many rows.</exception>
    public static bool Takes(Points points, Law law, FitOptions options)
    {
        if (points.Count <= MostExactRows)
        {
            return false;
        }

        string? slow = options.Bootstrap is { } b ? string.Create(CultureInfo.InvariantCulture, $"{b.Resamples:N0} resamples") : options.Starts == StartMode.Grid ? "The published grid of starts" : null;
        string? other = law.Variables.Contains("lr") ? "A law of learning-rate schedules" : slow;
        if (other is not null && points.Count > MostRefittedRows)
        {
            throw new FitRefusedException(
                RefusalReason.InvalidOption,
                string.Create(CultureInfo.InvariantCulture, $"{other} would take hours on {points.Count:N0} points; at most {MostRefittedRows:N0} are fitted so."),
                slow is null ? "Narrow the points with --where, or thin the table." : "Leave the option out (errors are then the large-sample ones), narrow the points with --where, or aggregate equal rows with a weight.");
        }

        return other is null;
    }

    /// <summary>Searches, descends, and judges.</summary>
    public FitResult Run(IReadOnlyList<ExcludedRow> excluded, HoldoutSplit? split)
    {
        SearchOutcome search = sample.Search.Run(sample.Problem, LawFit.DescentsFor(sample), [], threads);
        LocalFit[] ends = [.. Distinct(search).Select(end => Sharp(NewtonDescent.Descend(rows, end.Theta, Tolerance))).OrderBy(e => e.Value)];
        var outcome = new SearchOutcome(ends[0], ends, search.Screened);
        double[] theta = outcome.Best.Theta, parameters = sample.Model.ToParameters(theta);
        double[] predictions = rows.Predict(theta);
        Uncertainty uncertainty = Uncertainty.ByCovariance(sample, law, outcome, options, ManyRowsCovariance.Of(sample, rows, theta));
        double sum = outcome.Best.Value;
        return new FitResult
        {
            Law = law.Name,
            Source = law.Source,
            Equation = law.Equation,
            Variables = law.Variables,
            Objective = new ObjectiveResult(objective.Name, objective.Delta, objective.OverWeight, objective.IsMean ? "mean" : "sum", Printed(sum)),
            Parameters = Named(parameters),
            StandardErrors = uncertainty.Errors,
            Intervals = uncertainty.Intervals,
            Derived = uncertainty.Derived,
            UncertaintyMethod = uncertainty.Method,
            Points = points.Count,
            Excluded = excluded,
            Starts = search.Ends.Count,
            StartsAtOptimum = search.AtOptimum,
            Method = string.Create(CultureInfo.InvariantCulture, $"search from {search.Screened} starts on {sample.Points.Count} rows, descent on all"),
            Converged = outcome.Best.Stationary,
            StoppedBy = outcome.Best.Stationary ? "stationary" : outcome.Best.StoppedBy,
            ConditionNumber = uncertainty.ConditionNumber,
            Warnings =
            [
                .. Diagnosis.Of(sample, law, outcome, null, uncertainty.ConditionNumber),
                .. uncertainty.Warnings,
                string.Create(CultureInfo.InvariantCulture, $"Minima were searched for on {sample.Points.Count:N0} of the rows, drawn evenly, and descended from on all {points.Count:N0}."),
            ],
            OtherMinima = [.. ends.Skip(1).Where(e => e.Stationary && !SearchOutcome.IsSame(e.Value, sum)).Select(e => new LocalMinimum(Named(sample.Model.ToParameters(e.Theta)), Printed(e.Value), 1))],
            Holdout = split?.Judge(law, parameters, objective, options.Holdout!.Name),
            Conventions = options.Conventions,
            RowIds = points.RowIds,
            Predictions = predictions,
            Observations = points.Column(law.Target),
            Covariance = uncertainty.Covariance,
        };
    }

    // The best of the search on the sample, and minima that all rows might prefer to it.
    private static List<LocalFit> Distinct(SearchOutcome search)
    {
        List<LocalFit> taken = [search.Best];
        foreach (LocalFit end in search.Ends)
        {
            if (taken.Count < Candidates && end.Value < 1.05 * search.Best.Value && !SearchOutcome.IsSame(end.Value, taken[^1].Value))
            {
                taken.Add(end);
            }
        }

        return taken;
    }

    // The objective without the rounding of its corners.
    private LocalFit Sharp(LocalFit end) => SmoothPenalty.IsSharp(objective)
        ? end with { Value = rows.Totals(end.Theta, 1, (residual, weight, _, total) => total[0] += weight * objective.PenaltyOf(residual))[0] }
        : end;

    private double Printed(double sum) => objective.IsMean ? sum / rows.TotalWeight : sum;

    private Dictionary<string, double> Named(double[] parameters) =>
        law.Parameters.Select((p, i) => (p.Name, Value: parameters[i])).ToDictionary(p => p.Name, p => p.Value);

    // One row of each of equally long stretches, and those at the ends of every column, so that nothing varies in the table alone.
    private int[] Drawn()
    {
        var random = new SeededRandom(options.Seed, 0);
        var drawn = new SortedSet<int>();
        double stretch = (double)points.Count / SampleRows;
        for (int i = 0; i < SampleRows; i++)
        {
            int first = (int)(i * stretch), length = Math.Max(1, (int)((i + 1) * stretch) - first);
            drawn.Add(first + random.NextIndex(length));
        }

        foreach (string name in law.Variables.Append(law.Target).Where(points.Has))
        {
            double[] column = points.Column(name);
            int low = 0, high = 0;
            for (int i = 1; i < column.Length; i++)
            {
                low = column[i] < column[low] ? i : low;
                high = column[i] > column[high] ? i : high;
            }

            drawn.Add(low);
            drawn.Add(high);
        }

        return [.. drawn];
    }

    private void CheckWeights()
    {
        if (options.UseWeights && points.TryColumn("weight", out double[]? weights) && Array.Exists(weights, w => !(w >= 0) || double.IsInfinity(w)))
        {
            throw new FitRefusedException(RefusalReason.InvalidVariable, "The weights must be finite and not negative.", "Correct the weight column, or leave it out.");
        }
    }
}
