namespace Harness.Scaling;

/// <summary>What a search from many starts found.</summary>
/// <param name="Best">The lowest minimum.</param>
/// <param name="Ends">The end of every start that was descended from, best first.</param>
/// <param name="Screened">How many starts were ranked before the best of them were descended from.</param>
internal sealed record SearchOutcome(LocalFit Best, IReadOnlyList<LocalFit> Ends, int Screened)
{
    /// <summary>Relative difference of objectives below which two ends count as one minimum.</summary>
    public const double SameMinimum = 1e-6;

    /// <summary>How many descents ended at the best minimum.</summary>
    public int AtOptimum => Ends.Count(e => IsSame(e.Value, Best.Value));

    /// <summary>Whether an objective equals the best one for the purpose of counting starts.</summary>
    public static bool IsSame(double value, double best) => value <= best + (SameMinimum * Math.Abs(best));
}
