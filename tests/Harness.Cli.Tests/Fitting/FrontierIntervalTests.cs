using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Harness.Cli.Tests.Fitting;

public sealed class FrontierIntervalTests
{
    private static readonly Harness.Scaling.Chinchilla Surface = new();
    private static readonly double[] Hoffmann = [1.69, 406.4, 410.7, 0.34, 0.28];

    /// <summary>Five budgets 1e17 to 1e21, fifteen points each over the optimum times 1/k to k, extrapolated to 1e24: the error of d is known to its fourth decimal.</summary>
    [Theory]
    [InlineData(2, -0.3269)]
    [InlineData(4, -1.3011)]
    [InlineData(8, -2.9029)]
    [InlineData(16, -5.1002)]
    public void Isoflop_on_the_noise_free_surface_errs_by_the_known_amount_and_says_so(double k, double percent)
    {
        using TemporaryFolder folder = new();
        string points = folder.Write("grid.csv", Grid(k)), fits = folder.At("fits.json");
        Assert.Equal(0, Cli.Run("fit", points, "--law", "isoflop", "--n", "N", "--c", "C", "--out", fits).Code);
        Outcome asked = Cli.Run("predict", fits, "--c", "1e24", "--json");
        Assert.True(asked.Code == 0, asked.Error);
        double d = asked.Json.GetProperty("predicted").GetProperty("d").GetDouble();
        Assert.Equal(percent, 100 * ((d / Surface.OptimumAt(Hoffmann, 1e24)!.Value.D) - 1), 1e-4);
        string[] warnings = [.. JsonDocument.Parse(File.ReadAllText(fits)).RootElement.GetProperty("fits")[0].GetProperty("warnings").EnumerateArray().Select(w => w.GetString()!)];
        string named = string.Create(CultureInfo.InvariantCulture, $"{percent:+0.00;-0.00} % in d");
        Assert.Equal(k >= 4, warnings.Any(w => w.StartsWith("Grid bias", StringComparison.Ordinal) && w.Contains(named, StringComparison.Ordinal)));
    }

    [Fact]
    public void Isoflop_takes_every_way_of_drawing_again_that_keeps_its_budgets()
    {
        using TemporaryFolder folder = new();
        string points = folder.Write("grid.csv", Grid(3, 0.002));
        JsonElement line = Cli.Fit(points, "--law", "isoflop", "--n", "N", "--c", "C", "--budgets", "1e22");
        Assert.True(line.GetProperty("derived").GetProperty("n_opt(1E+22)").GetProperty("interval")[0].GetDouble() > 0);
        foreach (string unit in new[] { "row", "noise" })
        {
            JsonElement fit = Cli.Fit(points, "--law", "isoflop", "--n", "N", "--c", "C", "--bootstrap", "200", "--bootstrap-by", unit);
            Assert.Equal($"bootstrap({unit}, 200, percentile)", fit.GetProperty("uncertainty").GetString());
            JsonElement interval = fit.GetProperty("intervals").GetProperty("n_exponent");
            Assert.InRange(fit.Parameter("n_exponent"), interval[0].GetDouble(), interval[1].GetDouble());
        }

        Outcome refused = Cli.Run("fit", points, "--law", "isoflop", "--n", "N", "--c", "C", "--group", "C", "--bootstrap", "200", "--bootstrap-by", "group");
        Assert.Equal(2, refused.Code);
        Assert.Contains("groups would break the budgets", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Envelope_intervals_hold_the_surfaces_exponent_without_being_asked_for()
    {
        using TemporaryFolder folder = new();
        StringBuilder text = new("run,N,D,loss\n");
        var random = new Random(4);
        foreach (double n in Enumerable.Range(0, 14).Select(i => 2e7 * Math.Pow(1.5, i)))
        {
            double run = 0.002 * (random.NextDouble() - 0.5);
            foreach (double d in Enumerable.Range(0, 40).Select(i => 3e8 * Math.Pow(1.23, i)))
            {
                text.Append(CultureInfo.InvariantCulture, $"{n:E3},{n:R},{d:R},{Surface.Evaluate(Hoffmann, [n, d]) * (1 + run):R}\n");
            }
        }

        JsonElement fit = Cli.Fit(folder.Write("curves.csv", text.ToString()), "--law", "envelope", "--group", "run");
        JsonElement interval = fit.GetProperty("intervals").GetProperty("n_exponent");
        Assert.InRange(0.28 / 0.62, interval[0].GetDouble(), interval[1].GetDouble());
        Assert.True(interval[1].GetDouble() - interval[0].GetDouble() < 0.2);
    }

    [Fact]
    public void Count_gives_the_parameters_and_FLOPs_of_GPT_2()
    {
        Outcome outcome = Cli.Run("count", "--var", "n_layer=12,d_model=768,n_head=12,context_length=1024,vocab_size=50257", "--csv");
        Assert.True(outcome.Code == 0, outcome.Error);
        Dictionary<string, string> row = outcome.Output.Split('\n')[0].Split(',').Zip(outcome.Output.Split('\n')[1].Split(',')).ToDictionary(p => p.First, p => p.Second);
        // Radford et al. 2019: 124,439,808 trainable parameters.
        Assert.Equal("124439808", row["total_params"]);
        Assert.Equal("85056000", row["non_embedding_params"]);
        Outcome missing = Cli.Run("count", "--var", "n_layer=12");
        Assert.Equal(2, missing.Code);
        Assert.StartsWith("--var d_model=: no value and no table was given; ", missing.Error, StringComparison.Ordinal);
    }

    private static string Grid(double k, double noise = 0)
    {
        var random = new Random(8);
        StringBuilder text = new("N,C,loss\n");
        foreach (double c in new[] { 1e17, 1e18, 1e19, 1e20, 1e21 })
        {
            double optimum = Surface.OptimumAt(Hoffmann, c)!.Value.D;
            for (int i = 0; i < 15; i++)
            {
                double d = optimum / k * Math.Pow(k * k, i / 14.0), n = c / (6 * d);
                text.Append(CultureInfo.InvariantCulture, $"{n:R},{c:R},{Surface.Evaluate(Hoffmann, [n, d]) * (1 + (noise * (random.NextDouble() - 0.5))):R}\n");
            }
        }

        return text.ToString();
    }
}
