namespace Harness.Scaling.Tests;

public sealed class RecoveryTests
{
    public static TheoryData<string> LawNames => [.. LawCatalog.Laws.Select(l => l.Name)];

    [Theory]
    [MemberData(nameof(LawNames))]
    public void Fit_recovers_the_law_that_made_the_losses(string name)
    {
        Truth truth = Truths.Of(name);
        FitResult fit = Fitter.Fit(truth.Points, name);
        double[] exact = truth.Points.Column(truth.Law.Target);
        for (int i = 0; i < exact.Length; i++)
        {
            Assert.Equal(exact[i], fit.Predictions[i], 1e-5 * Math.Abs(exact[i]));
        }

        Assert.True(fit.Converged, fit.StoppedBy);
        for (int j = 0; j < truth.Parameters.Length; j++)
        {
            string parameter = truth.Law.Parameters[j].Name;
            Assert.True(
                Math.Abs(fit.Parameters[parameter] - truth.Parameters[j]) <= 2e-3 * Math.Abs(truth.Parameters[j]),
                $"{parameter}: {fit.Parameters[parameter]} instead of {truth.Parameters[j]}");
        }
    }
}
