namespace Harness.Reporting.Plots.Figures;

/// <summary>Every figure that a sweep's data can fill, in the order of the report.</summary>
public static class SweepFigures
{
    /// <summary>The figures; a sweep with one size has no loss against size, and so on.</summary>
    public static IReadOnlyList<Figure> Of(SweepData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        Figure?[] all =
        [
            LossAgainstParameters.Of(data),
            LossAgainstTokens.Of(data),
            LossAgainstCompute.Of(data),
            TrainingCurves.Of(data),
            IsoFlopProfiles.Of(data),
            OptimalAllocation.Of(data),
        ];
        return [.. all.OfType<Figure>()];
    }
}
