namespace Harness.Scaling;

/// <summary>A fitted law with everything needed to judge it; the content of one entry of fits.json.</summary>
public sealed record FitResult
{
    /// <summary>The law's name.</summary>
    public required string Law { get; init; }

    /// <summary>The law's paper and equation.</summary>
    public required string Source { get; init; }

    /// <summary>The law's formula in plain text.</summary>
    public required string Equation { get; init; }

    /// <summary>The columns the law read, and the one it predicts.</summary>
    public required IReadOnlyList<string> Variables { get; init; }

    /// <summary>The objective at the optimum.</summary>
    public required ObjectiveResult Objective { get; init; }

    /// <summary>Fitted (and fixed) parameters by name, in the law's order.</summary>
    public required IReadOnlyDictionary<string, double> Parameters { get; init; }

    /// <summary>Standard errors by parameter; a parameter that was fixed or sits on its boundary has none. See <see cref="UncertaintyMethod"/>.</summary>
    public required IReadOnlyDictionary<string, double> StandardErrors { get; init; }

    /// <summary>Intervals by parameter; absent where there is no honest one.</summary>
    public required IReadOnlyDictionary<string, Interval> Intervals { get; init; }

    /// <summary>Derived quantities by name, such as a = beta/(alpha+beta).</summary>
    public required IReadOnlyDictionary<string, Estimate> Derived { get; init; }

    /// <summary>How errors and intervals were computed: <c>asymptotic</c>, <c>bootstrap(row, 4000, percentile)</c>, ...</summary>
    public required string UncertaintyMethod { get; init; }

    /// <summary>Number of rows fitted (held-out and excluded rows not counted).</summary>
    public required int Points { get; init; }

    /// <summary>Rows left out by rule, with the rule.</summary>
    public required IReadOnlyList<ExcludedRow> Excluded { get; init; }

    /// <summary>Number of starts that were searched from.</summary>
    public required int Starts { get; init; }

    /// <summary>How many of them ended at the optimum, to a relative 1e-6 of the objective.</summary>
    public required int StartsAtOptimum { get; init; }

    /// <summary>How the optimum was searched, in words.</summary>
    public string Method { get; init; } = string.Empty;

    /// <summary>Whether the first-order conditions hold at the optimum.</summary>
    public required bool Converged { get; init; }

    /// <summary>What ended the search: <c>stationary</c>, <c>step-limit</c>, <c>no-descent</c>, <c>closed-form</c>.</summary>
    public required string StoppedBy { get; init; }

    /// <summary>Ratio of the largest to the smallest singular value of the Jacobian in the scaled coordinates of the search; null where it is singular or does not apply.</summary>
    public required double? ConditionNumber { get; init; }

    /// <summary>What the reader must know before using the numbers, each one sentence.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The other minima that starts ended in, best first.</summary>
    public IReadOnlyList<LocalMinimum> OtherMinima { get; init; } = [];

    /// <summary>The classical grid's own optimum when it was asked for; null otherwise.</summary>
    public CrossCheck? CrossCheck { get; init; }

    /// <summary>How well rows kept back are predicted; null without a hold-out.</summary>
    public HoldoutResult? Holdout { get; init; }

    /// <summary>The optimum of each budget for <c>isoflop</c> and <c>envelope</c>; empty otherwise.</summary>
    public IReadOnlyList<BudgetOptimum> BudgetOptima { get; init; } = [];

    /// <summary>How n, d and c were counted.</summary>
    public required IReadOnlyDictionary<string, string> Conventions { get; init; }

    /// <summary>Names of the rows fitted, in the order of <see cref="Predictions"/>.</summary>
    public IReadOnlyList<string> RowIds { get; init; } = [];

    /// <summary>The prediction for each row fitted.</summary>
    public IReadOnlyList<double> Predictions { get; init; } = [];

    /// <summary>The observation of each row fitted.</summary>
    public IReadOnlyList<double> Observations { get; init; } = [];

    /// <summary>Large-sample covariance of the parameters; null where there is none (no degrees of freedom, a singular Jacobian).</summary>
    public ParameterCovariance? Covariance { get; init; }

    /// <summary>Resampled parameters, one array per resample in the law's order, for bands around curves; empty without a bootstrap.</summary>
    public IReadOnlyList<double[]> Resamples { get; init; } = [];

    /// <summary>Share of <see cref="Resamples"/> beyond each end of an interval of the stated confidence, so that bands are as wide as the parameters' intervals; null where that is half of the rest.</summary>
    public double? ResamplesTail { get; init; }

    /// <summary>The parameters in the law's order.</summary>
    public double[] ParameterValues => [.. Parameters.Values];
}
