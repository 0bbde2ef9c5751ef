namespace Harness.Reporting.Fits;

/// <summary>One entry of <c>fits</c> in fits.json. Dictionaries by parameter keep the law's order.</summary>
public sealed record FitRecord
{
    /// <summary>The law's name, as in <c>--law</c>.</summary>
    public required string Law { get; init; }

    /// <summary>The law's formula in plain text.</summary>
    public string? Equation { get; init; }

    /// <summary>The law's paper and equation.</summary>
    public string? Source { get; init; }

    /// <summary>The column that the law predicts.</summary>
    public string Target { get; init; } = "loss";

    /// <summary>The columns that the law reads.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];

    /// <summary>What was minimised, and its value at the optimum.</summary>
    public required ObjectiveRecord Objective { get; init; }

    /// <summary>The parameters.</summary>
    public required IReadOnlyDictionary<string, double> Parameters { get; init; }

    /// <summary>Standard errors; null where there is no honest one (fixed, or on a boundary).</summary>
    public IReadOnlyDictionary<string, double?> StandardErrors { get; init; } = new Dictionary<string, double?>();

    /// <summary>Intervals as [low, high]; null where there is no honest one.</summary>
    public IReadOnlyDictionary<string, double[]?> Intervals { get; init; } = new Dictionary<string, double[]?>();

    /// <summary>The probability with which an interval is meant to cover.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>How errors and intervals were computed, such as <c>bootstrap(row, 4000, percentile)</c>.</summary>
    public string? Uncertainty { get; init; }

    /// <summary>Quantities that papers quote, computed from the parameters.</summary>
    public IReadOnlyDictionary<string, DerivedRecord> Derived { get; init; } = new Dictionary<string, DerivedRecord>();

    /// <summary>How many rows were fitted.</summary>
    public required int Points { get; init; }

    /// <summary>How close the law comes to the fitted rows.</summary>
    public Goodness? Goodness { get; init; }

    /// <summary>The mean of each run's own figures, when rows belong to runs: papers on loss curves print this.</summary>
    public Goodness? GoodnessPerGroup { get; init; }

    /// <summary>How many rows every rule left out; the first rows by name are in <see cref="Excluded"/>.</summary>
    public IReadOnlyDictionary<string, long> ExcludedCounts { get; init; } = new Dictionary<string, long>();

    /// <summary>The rows left out, at most the first ten thousand.</summary>
    public required IReadOnlyList<ExcludedRecord> Excluded { get; init; }

    /// <summary>How many starts were searched from; 0 when the parameters were given.</summary>
    public required int Starts { get; init; }

    /// <summary>How many of them reached the optimum.</summary>
    public required int StartsAtOptimum { get; init; }

    /// <summary>Whether the first-order conditions hold; null when the parameters were given and nothing was searched.</summary>
    public required bool? Converged { get; init; }

    /// <summary>What ended the search; <c>evaluated</c> when the parameters were given.</summary>
    public required string StoppedBy { get; init; }

    /// <summary>Ratio of the largest to the smallest singular value of the search's Jacobian; null where it does not apply.</summary>
    public double? ConditionNumber { get; init; }

    /// <summary>What a reader must know before using the numbers.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Other minima that starts ended in, best first.</summary>
    public IReadOnlyList<MinimumRecord> OtherMinima { get; init; } = [];

    /// <summary>The published multi-start grid, when it was asked for.</summary>
    public CrossCheckRecord? CrossCheck { get; init; }

    /// <summary>How well rows kept back are predicted; null without a hold-out.</summary>
    public HoldoutRecord? Holdout { get; init; }

    /// <summary>The optimum of each budget, for isoflop and envelope.</summary>
    public IReadOnlyList<BudgetRecord> BudgetOptima { get; init; } = [];

    /// <summary>Which column or arithmetic each variable was, and how it counts.</summary>
    public required IReadOnlyDictionary<string, string> Conventions { get; init; }

    /// <summary>Smallest and largest fitted value of each variable, [low, high]: outside them the law extrapolates.</summary>
    public IReadOnlyDictionary<string, double[]> Ranges { get; init; } = new Dictionary<string, double[]>();

    /// <summary>The fitted rows with their predictions, for plots; null above twenty thousand rows.</summary>
    public FittedRows? Rows { get; init; }

    /// <summary>Covariance of the parameters; null where there is none.</summary>
    public CovarianceRecord? Covariance { get; init; }

    /// <summary>The bootstrap's parameters; null without one.</summary>
    public DrawsRecord? Draws { get; init; }
}
