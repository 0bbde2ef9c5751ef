using Harness.Cli.Reports;
using Harness.Reporting.Fits;
using Harness.Reporting.Runs;
using Harness.Sweeps.Requests;

namespace Harness.Cli.Tests.Reports;

/// <summary>A sweep's laws under the other counts of N and C, on the quickstart's measured runs.</summary>
public sealed class OtherCountsTests
{
    [Fact]
    public void Kaplans_exponent_under_the_total_count_is_the_slope_of_the_log_log_line()
    {
        var fits = new SweepFits(RunsCsv, new FitRequest()).Fit();
        var other = Assert.Single(fits.OtherCounts, f => f.Law == "kaplan-n");

        var rows = RunsTable.Read(RunsCsv).ToList();
        long budget = rows.Max(r => r.Tokens);
        var (x, y) = (Logs(rows, r => r.TotalParameters), Logs(rows, r => r.ValidationLoss!.Value));
        double slope = x.Zip(y, (a, b) => (a - x.Average()) * (b - y.Average())).Sum() / x.Sum(a => (a - x.Average()) * (a - x.Average()));
        Assert.Equal(-slope, other.Parameters["alpha_n"], 1e-9);
        Assert.StartsWith("total_params", other.Conventions["n"], StringComparison.Ordinal);

        double[] Logs(IEnumerable<RunRow> all, Func<RunRow, double> value) => [.. all.Where(r => r.Tokens == budget).Select(r => Math.Log(value(r)))];
    }

    [Fact]
    public void No_law_is_shown_twice_under_equal_columns()
    {
        var fits = new SweepFits(RunsCsv, new FitRequest()).Fit();
        string[] shown = [.. fits.Fits.Concat(fits.OtherCounts).Select(Counted)];
        Assert.Equal(shown.Distinct(), shown);
        Assert.Equal(3, fits.OtherCounts.Count(f => f.Law == "kaplan-c")); // with attention, 6ND of the total, and in full
        Assert.DoesNotContain(fits.OtherCounts, f => f.Law == "kaplan-d");

        static string Counted(FitRecord fit) => $"{fit.Law} {string.Join(' ', fit.Variables.Select(v => fit.Conventions[v]))}";
    }

    [Fact]
    public void Columns_of_ones_own_have_no_other_count()
    {
        Assert.Empty(OtherCounts.Of(new FitRequest { Laws = ["kaplan-n", "chinchilla"], N = "d_model" }));
    }

    private static string RunsCsv
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Harness.sln")))
            {
                folder = folder.Parent!;
            }

            return Path.Combine(folder.FullName, "results", "reference", "quickstart", "runs.csv");
        }
    }
}
