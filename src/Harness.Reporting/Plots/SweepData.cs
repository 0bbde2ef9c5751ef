using Harness.Reporting.Runs;

namespace Harness.Reporting.Plots;

/// <summary>What figures are drawn from.</summary>
public sealed record SweepData
{
    /// <summary>All rows of runs.csv.</summary>
    public required IReadOnlyList<RunRow> Runs { get; init; }

    /// <summary>Training curves by run id; empty without curves.csv.</summary>
    public required IReadOnlyDictionary<string, Curve> Curves { get; init; }

    /// <summary>Fitted laws whose N is non-embedding and whose C is 6ND, as the figures' axes are; the first of a kind is the one shown first.</summary>
    public required IReadOnlyList<FittedLaw> Laws { get; init; }

    /// <summary>Optima of compute budgets by the procedure that found them (<c>isoflop</c>, <c>envelope</c>).</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Scaling.BudgetOptimum>> Optima { get; init; } = new Dictionary<string, IReadOnlyList<Scaling.BudgetOptimum>>();

    /// <summary>Completed runs with a usable loss.</summary>
    public IEnumerable<RunRow> Measured => Runs.Where(r => r.IsCompleted && r.ValidationLoss is > 0 and < double.PositiveInfinity && r.NonEmbeddingParameters > 0 && r.Tokens > 0);
}
