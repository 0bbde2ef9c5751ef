using System.Globalization;
using System.Text;
using System.Text.Json;
using Harness.Reporting.Fits;
using MathNet.Numerics.Distributions;

namespace Harness.Cli.Tests.Fitting;

/// <summary><c>--bootstrap</c> with what it draws and how it reads intervals off, through the command line.</summary>
public sealed class BootstrapOptionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("row")]
    [InlineData("group")]
    [InlineData("noise")]
    public void What_is_drawn_again_stands_in_the_file(string unit)
    {
        JsonElement fit = Cli.Fit(Curves(1), "--law", "power", "--x", "N", "--group", "run", "--bootstrap", "60", "--bootstrap-by", unit);
        Assert.Equal($"bootstrap({unit}, 60, expanded)", fit.GetProperty("uncertainty").GetString());
        Assert.Equal(60, fit.GetProperty("draws").GetProperty("count").GetInt32());
        Assert.Equal(unit == "row", fit.GetProperty("warnings").EnumerateArray().Any(w => w.GetString()!.StartsWith("Rows were resampled although they come in groups", StringComparison.Ordinal)));
        Assert.Equal("bootstrap(group, 60, expanded)", Cli.Fit(Curves(1), "--law", "power", "--x", "N", "--group", "run", "--bootstrap", "60").GetProperty("uncertainty").GetString());
    }

    [Fact]
    public void Rows_that_share_their_noise_are_less_certain_by_group_than_by_row()
    {
        // Sixteen copies of a run's loss tell nothing new: the error by row is too small by the root of sixteen.
        string curves = Curves(16);
        double Error(string unit) => Cli.Fit(curves, "--law", "power", "--x", "N", "--group", "run", "--objective", "log-mse", "--bootstrap", "400", "--bootstrap-by", unit).StandardError("exponent");
        Assert.InRange(Error("group") / Error("row"), 4 * 0.8, 4 * 1.25);
    }

    [Fact]
    public void Noise_drawn_again_gives_the_error_of_a_straight_line_in_closed_form()
    {
        string curves = Curves(1);
        JsonElement fit = Cli.Fit(curves, "--law", "power", "--x", "N", "--objective", "log-mse", "--bootstrap", "2000", "--bootstrap-by", "noise");
        double[][] rows = [.. File.ReadLines(curves).Skip(1).Select(l => l.Split(',')[1..].Select(c => Math.Log(double.Parse(c, CultureInfo.InvariantCulture))).ToArray())];
        double x = rows.Average(r => r[0]), y = rows.Average(r => r[1]), xx = rows.Sum(r => (r[0] - x) * (r[0] - x));
        double slope = rows.Sum(r => (r[0] - x) * (r[1] - y)) / xx, left = rows.Sum(r => Math.Pow(r[1] - y - (slope * (r[0] - x)), 2));
        Assert.Equal(slope, fit.Parameter("exponent"), 1e-9);

        // Residuals as they are are drawn: their variance is that of the sample, or with its degrees of freedom; 2,000 draws know it to 1.6 %.
        Assert.InRange(fit.StandardError("exponent"), 0.93 * Math.Sqrt(left / rows.Length / xx), 1.07 * Math.Sqrt(left / (rows.Length - 2) / xx));
    }

    [Fact]
    public void Intervals_are_quantiles_of_the_draws_plain_or_corrected_by_a_jackknife()
    {
        string points = folder.Write("points.csv", "id,N,loss\n" + string.Join("\n", Rows(30).Select((r, i) => FormattableString.Invariant($"{i},{r.N:R},{r.Loss:R}"))) + "\n");
        string[] law = ["--law", "power", "--x", "N", "--objective", "log-mse"];
        (double[] percentile, double estimate, double[] draws) = Bootstrapped("percentile");
        (double[] bca, _, double[] again) = Bootstrapped("bca");
        Assert.Equal(draws, again);
        double[] sorted = [.. draws.Order()];
        Assert.Equal(Quantile(sorted, 0.025), percentile[0], 1e-12);
        Assert.Equal(Quantile(sorted, 0.975), percentile[1], 1e-12);

        // Efron 1987: bias from the share of draws below the estimate, acceleration from fits that leave out one row each.
        double[] left = [.. Enumerable.Range(0, 30).Select(i => Cli.Fit([points, .. law, "--where", $"id!={i}"]).Parameter("coefficient"))];
        double mean = left.Average(), acceleration = left.Sum(v => Math.Pow(mean - v, 3)) / (6 * Math.Pow(left.Sum(v => Math.Pow(mean - v, 2)), 1.5));
        double bias = Normal.InvCDF(0, 1, sorted.Count(v => v < estimate) / (double)sorted.Length);
        foreach ((double level, double end) in new[] { (0.025, bca[0]), (0.975, bca[1]) })
        {
            double z = bias + Normal.InvCDF(0, 1, level);
            Assert.Equal(1, Quantile(sorted, Normal.CDF(0, 1, bias + (z / (1 - (acceleration * z))))) / end, 1e-6);
        }

        Assert.NotEqual(percentile[1], bca[1]);

        (double[] Interval, double Estimate, double[] Draws) Bootstrapped(string method)
        {
            JsonElement fit = Cli.Fit([points, .. law, "--bootstrap", "300", "--intervals", method]);
            Assert.Equal($"bootstrap(row, 300, {method})", fit.GetProperty("uncertainty").GetString());
            JsonElement packed = fit.GetProperty("draws");
            string[] names = [.. packed.GetProperty("parameters").EnumerateArray().Select(p => p.GetString()!)];
            DrawsRecord record = new(names, packed.GetProperty("count").GetInt32(), packed.GetProperty("base64").GetString()!);
            int at = Array.IndexOf(names, "coefficient");
            return ([.. fit.GetProperty("intervals").GetProperty("coefficient").EnumerateArray().Select(e => e.GetDouble())], fit.Parameter("coefficient"), [.. record.Unpack().Select(d => d[at])]);
        }
    }

    [Fact]
    public void A_weight_counts_a_row_as_often_as_repeating_it()
    {
        string rows = string.Join("\n", Rows(12).Select((r, i) => FormattableString.Invariant($"{i},{r.N:R},{r.Loss:R},{1 + (i % 3)}")));
        string weighted = folder.Write("weighted.csv", $"id,N,loss,w\n{rows}\n");
        string repeated = folder.Write("repeated.csv", "id,N,loss,w\n" + string.Join("\n", rows.Split('\n').SelectMany(r => Enumerable.Repeat(r, r[^1] - '0'))) + "\n");
        string[] law = ["--law", "power-offset", "--x", "N"];
        JsonElement byWeight = Cli.Fit([weighted, .. law, "--weight", "w"]), byRow = Cli.Fit([repeated, .. law, "--duplicates", "keep"]), plain = Cli.Fit([weighted, .. law]);
        Assert.Equal(1, byWeight.Objective() / byRow.Objective(), 1e-8);
        Assert.Equal(1, byWeight.Parameter("exponent") / byRow.Parameter("exponent"), 1e-5);
        Assert.NotEqual(1, byWeight.Parameter("exponent") / plain.Parameter("exponent"), 1e-5);
        Assert.Equal("w", byWeight.GetProperty("conventions").GetProperty("weight").GetString());
        Assert.Equal(1, Cli.Fit([weighted, .. law, "--weight", "10*w"]).Parameter("exponent") / byWeight.Parameter("exponent"), 1e-6);
    }

    [Theory]
    [InlineData("percentile")]
    [InlineData("expanded")]
    public void A_prediction_at_one_has_the_interval_of_the_coefficient(string method)
    {
        // Both are the same quantiles of the same draws: coefficient * 1^exponent.
        string points = folder.Write("points.csv", "id,N,loss\n" + string.Join("\n", Rows(9).Select((r, i) => FormattableString.Invariant($"{i},{r.N:R},{r.Loss:R}"))) + "\n"), file = folder.At("fits.json");
        Outcome fitted = Cli.Run("fit", points, "--law", "power", "--x", "N", "--bootstrap", "200", "--intervals", method, "--out", file);
        Assert.True(fitted.Code == 0, fitted.Error);
        JsonElement fit = JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("fits")[0];
        Outcome predicted = Cli.Run("predict", file, "--x", "1", "--json");
        Assert.True(predicted.Code == 0, predicted.Error);
        double[] expected = Ends(fit.GetProperty("intervals").GetProperty("coefficient")), found = Ends(predicted.Json.GetProperty("intervals").GetProperty("loss"));
        Assert.Equal(expected[0], found[0], 1e-9 * expected[0]);
        Assert.Equal(expected[1], found[1], 1e-9 * expected[1]);

        static double[] Ends(JsonElement interval) => [.. interval.EnumerateArray().Select(e => e.GetDouble())];
    }

    [Fact]
    public void The_highest_losses_dropped_are_named_and_the_fit_is_the_one_without_them()
    {
        string points = folder.Write("points.csv", Synthetic.Csv());
        double fifth = Synthetic.Grid().Select(p => p.Loss).OrderDescending().ElementAt(4);
        JsonElement dropped = Cli.Fit(points, "--law", "chinchilla", "--drop-highest", "5"), filtered = Cli.Fit(points, "--law", "chinchilla", "--where", FormattableString.Invariant($"loss<{fifth:R}"));
        Assert.Equal(31, dropped.GetProperty("points").GetInt32());
        Assert.Equal(5, dropped.GetProperty("excluded_counts").GetProperty("--drop-highest 5").GetInt32());
        Assert.Equal(
            filtered.GetProperty("excluded").EnumerateArray().Select(e => e.GetProperty("row").GetString()),
            dropped.GetProperty("excluded").EnumerateArray().Select(e => e.GetProperty("row").GetString()));
        Assert.Equal(filtered.GetProperty("parameters").GetRawText(), dropped.GetProperty("parameters").GetRawText());
    }

    private static double Quantile(double[] sorted, double p)
    {
        double at = p * (sorted.Length - 1);
        int low = (int)at;
        return sorted[low] + ((at - low) * (sorted[Math.Min(low + 1, sorted.Length - 1)] - sorted[low]));
    }

    /// <summary>Runs of a power law, each with noise of its own and so many rows that share it.</summary>
    private string Curves(int copies)
    {
        StringBuilder csv = new("run,N,loss\n");
        int run = 0;
        foreach ((double n, double loss) in Rows(40))
        {
            run++;
            for (int k = 0; k < copies; k++)
            {
                csv.Append(CultureInfo.InvariantCulture, $"r{run},{n:R},{loss * (1 + (1e-12 * k)):R}\n");
            }
        }

        return folder.Write($"curves-{copies}.csv", csv.ToString());
    }

    private static IEnumerable<(double N, double Loss)> Rows(int count)
    {
        Random random = new(17);
        for (int i = 0; i < count; i++)
        {
            double n = Math.Pow(10, 6 + (4.0 * i / count));
            yield return (n, 20 * Math.Pow(n, -0.08) * Math.Exp(0.02 * ((random.NextDouble() * random.NextDouble()) - 0.25)));
        }
    }
}
