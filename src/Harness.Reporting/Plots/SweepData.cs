using Harness.Reporting.Fits;
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
    public IReadOnlyDictionary<string, IReadOnlyList<BudgetRecord>> Optima { get; init; } = new Dictionary<string, IReadOnlyList<BudgetRecord>>();

    /// <summary>Completed runs with a usable loss.</summary>
    public IEnumerable<RunRow> Measured => Runs.Where(r => r.IsCompleted && r.ValidationLoss is > 0 and < double.PositiveInfinity && r.NonEmbeddingParameters > 0 && r.Tokens > 0);

    /// <summary>Brings the three files together.</summary>
    /// <param name="runs">The rows of runs.csv.</param>
    /// <param name="curves">The rows of curves.csv; read once.</param>
    /// <param name="fits">The entries of fits.json; the first of a law is the one that is drawn.</param>
    public static SweepData Of(IReadOnlyList<RunRow> runs, IEnumerable<CurveRow> curves, IReadOnlyList<FitRecord> fits)
    {
        ArgumentNullException.ThrowIfNull(fits);
        return new SweepData
        {
            Runs = runs,
            Curves = Curve.From(curves),
            Laws = [.. fits.Select(FittedLaw.Of).OfType<FittedLaw>().DistinctBy(l => (l.Law, string.Join(',', l.Variables)))],
            Optima = fits
                .Where(f => f.BudgetOptima.Count > 0 && FittedLaw.AxisOf("n", f.Conventions) == "n")
                .DistinctBy(f => f.Law)
                .ToDictionary(f => f.Law, f => f.BudgetOptima, StringComparer.Ordinal),
        };
    }
}
