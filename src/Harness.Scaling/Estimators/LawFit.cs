namespace Harness.Scaling;

/// <summary>One fit of one law from preparation to result.</summary>
internal sealed class LawFit
{
    // Descents from the best-ranked starts. Projected starts stand near their minimum already; others are ranked by where they stand, not where they lead, so more are tried.
    private const int ProjectedDescents = 8;
    private const int PlainDescents = 60;
    private readonly Law law;
    private readonly FitOptions options;
    private readonly PreparedPoints prepared;
    private readonly int threads;

    public LawFit(Points points, Law law, FitOptions options)
    {
        this.law = law;
        this.options = options;
        threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        Objective = options.Objective ?? law.DefaultObjective;
        foreach (string name in options.Fixed.Keys)
        {
            law.IndexOf(name);
        }

        prepared = PreparedPoints.For(points, law, Objective.OnLogarithms, options.MaximumLoss);
    }

    public Objective Objective { get; }

    public FitResult Run()
    {
        HoldoutSplit? split = options.Holdout is { } holdout ? HoldoutSplit.Of(prepared.Points, holdout) : null;
        Points points = split?.Fitted ?? prepared.Points;
        if (ManyRowsFit.Takes(points, law, options))
        {
            return new ManyRowsFit(law, options, Objective, points, threads).Run(prepared.Excluded, split);
        }

        FitContext context = FitContext.For(points, law, Objective, options);
        SearchOutcome outcome = context.Search.Run(context.Problem, DescentsFor(context), [], threads);
        CrossCheck? check = null;
        if (options.Starts == StartMode.Grid)
        {
            (check, outcome) = Verify(context, points, outcome);
        }

        double[] parameters = context.Model.ToParameters(outcome.Best.Theta);
        NoScaling.Refuse(law, context.Model, outcome.Best.Theta, parameters);
        var predictions = new double[points.Count];
        context.Model.Predict(outcome.Best.Theta, predictions);
        Uncertainty uncertainty = Uncertainty.Of(context, law, outcome, options, threads);
        return new FitResult
        {
            Law = law.Name,
            Source = law.Source,
            Equation = law.Equation,
            Variables = law.Variables,
            Objective = new ObjectiveResult(Objective.Name, Objective.Delta, Objective.OverWeight, Objective.IsMean ? "mean" : "sum", context.Problem.Printed(outcome.Best.Value)),
            Parameters = Named(parameters),
            StandardErrors = uncertainty.Errors,
            Intervals = uncertainty.Intervals,
            Derived = uncertainty.Derived,
            UncertaintyMethod = uncertainty.Method,
            Points = points.Count,
            Excluded = prepared.Excluded,
            Starts = check?.Starts ?? outcome.Ends.Count,
            StartsAtOptimum = check?.StartsAtOptimum ?? outcome.AtOptimum,
            Method = context.Model is SeparableModel ? $"variable projection over {outcome.Screened} shapes" : $"descent from the best of {outcome.Screened} starts",
            Converged = outcome.Best.Stationary,
            StoppedBy = outcome.Best.StoppedBy,
            ConditionNumber = uncertainty.ConditionNumber,
            Warnings = [.. Diagnosis.Of(context, law, outcome, check, uncertainty.ConditionNumber), .. uncertainty.Warnings],
            OtherMinima = Others(context, outcome),
            CrossCheck = check,
            Holdout = split?.Judge(law, parameters, Objective, options.Holdout!.Name),
            Conventions = options.Conventions,
            RowIds = points.RowIds,
            Predictions = predictions,
            Observations = points.Column(law.Target),
            Covariance = uncertainty.Covariance,
            Resamples = uncertainty.Resamples,
            ResamplesTail = uncertainty.ResamplesTail,
        };
    }

    /// <summary>How many of the best starts to descend from.</summary>
    public static int DescentsFor(FitContext context) =>
        context.Model is SeparableModel ? Math.Clamp(4 * (context.Model.Dimension - 3), ProjectedDescents, 3 * ProjectedDescents) : PlainDescents;

    // Minima that differ from the best and from each other by more than the counting tolerance.
    private List<LocalMinimum> Others(FitContext context, SearchOutcome outcome)
    {
        List<LocalMinimum> minima = [];
        // Objectives of rounding error are all one minimum.
        double last = Math.Max(outcome.Best.Value, Linearisation.Floor(context.Problem));
        foreach (LocalFit end in outcome.Ends.Where(e => e.Stationary))
        {
            if (!SearchOutcome.IsSame(end.Value, last))
            {
                last = end.Value;
                minima.Add(new(Named(context.Model.ToParameters(end.Theta)), context.Problem.Printed(last), outcome.Ends.Count(e => e.Value >= last && SearchOutcome.IsSame(e.Value, last))));
            }
        }

        return minima;
    }

    private Dictionary<string, double> Named(double[] parameters) =>
        law.Parameters.Select((p, i) => (p.Name, Value: parameters[i])).ToDictionary(p => p.Name, p => p.Value);

    // Runs the published grid; if it finds something lower than the main path, the result is that, and the difference says so.
    private (CrossCheck Check, SearchOutcome Outcome) Verify(FitContext context, Points points, SearchOutcome outcome)
    {
        (double[] Theta, double Value)[] ends = StartGrid.Run(context.Problem, law, points, context.Bound, context.Held, threads);
        (double[] Theta, double Value)[] finite = [.. ends.Where(e => double.IsFinite(e.Value)).OrderBy(e => e.Value)];
        double main = outcome.Best.Value;
        if (finite.Length == 0)
        {
            return (new CrossCheck("quasi-newton grid", ends.Length, 0, double.PositiveInfinity, double.PositiveInfinity), outcome);
        }

        var space = new Workspace(context.Model.Count, context.Model.Dimension);
        LocalFit polished = LocalSolver.Descend(context.Problem, finite[0].Theta, space);
        double grid = Math.Min(polished.Value, finite[0].Value);
        if (polished.Value < main)
        {
            outcome = outcome with { Best = polished };
        }

        double best = Math.Min(main, grid);
        int reached = finite.Count(e => SearchOutcome.IsSame(e.Value, best));
        return (new CrossCheck("quasi-newton grid", ends.Length, reached, context.Problem.Printed(grid), main == 0 ? 0 : (grid - main) / main), outcome);
    }
}
