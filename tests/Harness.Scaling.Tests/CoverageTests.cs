using System.Globalization;
using Xunit.Abstractions;

namespace Harness.Scaling.Tests;

/// <summary>
/// How often 95 % intervals cover the truth, over synthetic truths with noise. 200 truths a law with HARNESS_LONG_TESTS=1; without, forty of four laws, and a looser bound that the Monte Carlo
/// error of forty truths allows.
/// </summary>
public sealed class CoverageTests(ITestOutputHelper output)
{
    public static TheoryData<string> Laws => [.. LongTests.Wanted ? LawCatalog.Laws.Select(l => l.Name) : ["chinchilla", "power-offset", "kaplan-nd", "overtraining"]];

    [Theory]
    [MemberData(nameof(Laws))]
    public void Asymptotic_intervals_cover_the_truth(string name)
    {
        int truths = LongTests.Wanted ? 200 : 40;
        Truth truth = Truths.Of(name);
        int p = truth.Parameters.Length;
        int[] covered = new int[p], given = new int[p];
        bool relative = truth.Law is not Vocabulary;
        // Noise of a well-run sweep: half a percent of the loss, less for laws whose breaks hide in it.
        double sigma = name.StartsWith("bnsl", StringComparison.Ordinal) || name is "m4" or "moe-routing" or "precision" or "multi-power" ? 0.001 : 0.005;
        Parallel.For(0, truths, seed =>
        {
            FitResult fit = Fitter.Fit(truth.Noisy(sigma, 1000 + seed, relative), truth.Law, new FitOptions { Objective = relative ? Objective.LogMse() : Objective.Mse(), Threads = 1 });
            for (int j = 0; j < p; j++)
            {
                if (fit.Intervals.TryGetValue(truth.Law.Parameters[j].Name, out Interval? interval))
                {
                    Interlocked.Increment(ref given[j]);
                    if (interval.Low <= truth.Parameters[j] && truth.Parameters[j] <= interval.High)
                    {
                        Interlocked.Increment(ref covered[j]);
                    }
                }
            }
        });
        double share = (double)covered.Sum() / given.Sum();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {100 * share:F1} % of {given.Sum()} intervals; {string.Join(", ", truth.Law.Parameters.Select((q, j) => $"{q.Name} {100.0 * covered[j] / Math.Max(given[j], 1):F1}"))}"));
        Assert.InRange(share, LongTests.Wanted ? 0.93 : 0.88, LongTests.Wanted ? 0.97 : 1);
    }

    [Theory]
    [InlineData("power-offset/4", null)]
    [InlineData("power-offset/6", null)]
    [InlineData("power-offset/6", "log-lad")]
    [InlineData("chinchilla/12", null)]
    [InlineData("chinchilla/24", "log-lad")]
    [InlineData("kaplan-n/5", "log-mse")]
    public void Sweeps_of_few_runs_have_intervals_that_cover_and_are_not_endless(string law, string? objective)
    {
        IReadOnlyList<CoverageRow> rows = CoverageStudy.Run(law, 500, new FitOptions { Objective = objective is null ? null : Objective.Parse(objective) });
        CoverageRow pooled = CoverageRow.Pooled(rows);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{law} {objective}: {100 * pooled.Share:F1} % of {pooled.Intervals}"));
        Assert.InRange(pooled.Share, 0.92, 0.995);
    }

    [Fact]
    public void Noise_that_grows_with_the_loss_widens_the_intervals_of_what_it_hides()
    {
        // Errors taken as equally large everywhere cover b and beta in 86 and 88 %.
        IReadOnlyList<CoverageRow> rows = CoverageStudy.Run("chinchilla/240", 300, uneven: true);
        CoverageRow pooled = CoverageRow.Pooled([.. rows.Where(r => r.Quantity is "b" or "beta")]);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{100 * pooled.Share:F1} % of {pooled.Intervals}"));
        Assert.InRange(pooled.Share, 0.905, 0.98);
    }
}
