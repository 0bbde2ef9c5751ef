using System.Text.Json;
using Harness.Reporting.Fits;

namespace Harness.Cli.Tests.Fitting;

public sealed class PredictCommandTests
{
    private static readonly double[] Neighbours = [0.99, 1.01];

    [Fact]
    public void The_loss_at_a_size_and_a_number_of_tokens_is_the_laws()
    {
        using TemporaryFolder folder = new();
        JsonElement predicted = Predict(folder, [], "--n", "7e10", "--d", "1.4e12");
        Assert.Equal(Synthetic.Loss(7e10, 1.4e12), predicted.GetProperty("predicted").GetProperty("loss").GetDouble(), 1e-12);
        Assert.Equal(JsonValueKind.Null, predicted.GetProperty("intervals").GetProperty("loss").ValueKind);
        Assert.Contains("70 times the largest fitted one (1e+9)", predicted.GetProperty("notes")[1].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_size_for_a_compute_has_no_better_neighbour_and_spends_all_of_it()
    {
        using TemporaryFolder folder = new();
        JsonElement predicted = Predict(folder, [], "--c", "1e23").GetProperty("predicted");
        double n = predicted.GetProperty("n").GetDouble(), d = predicted.GetProperty("d").GetDouble(), loss = predicted.GetProperty("loss").GetDouble();
        Assert.Equal(1, 6 * n * d / 1e23, 1e-12);
        Assert.Equal(Synthetic.Loss(n, d), loss, 1e-12);
        Assert.All(Neighbours, k => Assert.True(Synthetic.Loss(n * k, d / k) > loss));
    }

    [Fact]
    public void The_compute_for_a_loss_is_the_one_whose_optimum_has_it()
    {
        using TemporaryFolder folder = new();
        JsonElement predicted = Predict(folder, [], "--target-loss", "2").GetProperty("predicted");
        double n = predicted.GetProperty("n").GetDouble(), d = predicted.GetProperty("d").GetDouble();
        Assert.Equal(2, Synthetic.Loss(n, d), 1e-9);
        Assert.Equal(1, 6 * n * d / predicted.GetProperty("c").GetDouble(), 1e-9);
        Assert.All(Neighbours, k => Assert.True(Synthetic.Loss(n * k, d / k) > 2));
    }

    [Fact]
    public void The_interval_is_the_quantiles_over_the_draws()
    {
        using TemporaryFolder folder = new();
        // e alone varies, evenly over 1.60 .. 1.80: the 95 % interval is the loss shifted by -0.095 .. +0.095.
        double[][] draws = [.. Enumerable.Range(0, 101).Select(i => new[] { 1.6 + (0.002 * i), Synthetic.A, Synthetic.B, Synthetic.Alpha, Synthetic.Beta })];
        JsonElement predicted = Predict(folder, draws, "--n", "1e9", "--d", "1e10");
        JsonElement interval = predicted.GetProperty("intervals").GetProperty("loss");
        double loss = Synthetic.Loss(1e9, 1e10);
        Assert.Equal(loss - 0.095, interval[0].GetDouble(), 1e-12);
        Assert.Equal(loss + 0.095, interval[1].GetDouble(), 1e-12);
        Assert.Equal(101, predicted.GetProperty("draws").GetInt32());
    }

    [Fact]
    public void Parameters_that_the_data_leave_open_give_no_interval_by_covariance()
    {
        using TemporaryFolder folder = new();
        string file = Write(folder, [], new CovarianceRecord(["e"], [false], [[1e4]], 10));
        Outcome predicted = Cli.Run("predict", file, "--n", "1e9", "--d", "1e10", "--json");
        Assert.True(predicted.Code == 0, predicted.Error);
        Assert.Equal(JsonValueKind.Null, predicted.Json.GetProperty("intervals").GetProperty("loss").ValueKind);
        Assert.Contains(predicted.Json.GetProperty("notes").EnumerateArray(), n => n.GetString()!.StartsWith("There is no interval: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_draws_the_interval_follows_from_the_covariance_and_agrees_with_the_bootstraps()
    {
        using TemporaryFolder folder = new();
        string points = folder.Write("points.csv", Synthetic.Csv(noise: 0.01)), plain = folder.At("plain.json"), drawn = folder.At("drawn.json");
        Assert.Equal(0, Cli.Run("fit", points, "--law", "chinchilla", "--objective", "log-mse", "--out", plain).Code);
        Assert.Equal(0, Cli.Run("fit", points, "--law", "chinchilla", "--objective", "log-mse", "--bootstrap", "400", "--bootstrap-by", "noise", "--out", drawn).Code);
        foreach (string[] question in new[] { new[] { "--n", "1e9", "--d", "3e11" }, ["--c", "1e22"], ["--target-loss", "2.1"] })
        {
            JsonElement one = Cli.Run(["predict", plain, .. question, "--json"]).Json, other = Cli.Run(["predict", drawn, .. question, "--json"]).Json;
            Assert.Equal("by the parameters' covariance", one.GetProperty("basis").GetString());
            foreach (JsonProperty answer in one.GetProperty("intervals").EnumerateObject())
            {
                JsonElement bootstrap = other.GetProperty("intervals").GetProperty(answer.Name);
                double width = Math.Log(answer.Value[1].GetDouble() / answer.Value[0].GetDouble()), expected = Math.Log(bootstrap[1].GetDouble() / bootstrap[0].GetDouble());
                Assert.InRange(width / expected, 0.7, 1.6);
            }
        }
    }

    [Fact]
    public void A_loss_extrapolated_from_few_points_has_the_closed_form_interval_of_a_regression_which_stays_positive()
    {
        using TemporaryFolder folder = new();
        double[] d = [1e6, 2e6, 4e6, 8e6], loss = [3.1, 2.2, 2.1, 1.4], u = [.. d.Select(v => Math.Log(v))], w = [.. loss.Select(v => Math.Log(v))];
        string points = folder.Write("points.csv", "d,loss\n" + string.Concat(d.Zip(loss, (x, y) => FormattableString.Invariant($"{x},{y}\n")))), fits = folder.At("fits.json");
        Assert.Equal(0, Cli.Run("fit", points, "--law", "kaplan-d", "--d", "d", "--loss", "loss", "--out", fits).Code);
        double mean = u.Average(), spread = u.Sum(v => (v - mean) * (v - mean)), slope = u.Zip(w, (a, b) => (a - mean) * b).Sum() / spread, at = Math.Log(1e12) - mean;
        double variance = u.Zip(w, (a, b) => b - w.Average() - (slope * (a - mean))).Sum(r => r * r) / 2, expected = w.Average() + (slope * at);
        double reach = MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, 2, 0.975) * Math.Sqrt(variance * (0.25 + (at * at / spread)));

        JsonElement interval = Cli.Run("predict", fits, "--d", "1e12", "--json").Json.GetProperty("intervals").GetProperty("loss");

        Assert.True(reach > 1, "a symmetric interval would reach below zero, so that the case tests something");
        Assert.Equal(Math.Exp(expected - reach), interval[0].GetDouble(), 1e-3 * Math.Exp(expected - reach));
        Assert.Equal(Math.Exp(expected + reach), interval[1].GetDouble(), 1e-3 * Math.Exp(expected + reach));
    }

    [Theory]
    [InlineData(2, "--n: '7B' is not a number; a number such as 0.34 or 1e9 is needed; write decimals with a point and no units.", "--n", "7B", "--d", "1e9")]
    [InlineData(2, "--d: chinchilla reads n, d; --n X --d X, --c X or --target-loss X is needed; give what is missing.", "--n", "7e9")]
    [InlineData(2, "--target-loss: it stands alone; --n cannot be given with it; remove one.", "--n", "7e9", "--target-loss", "2")]
    [InlineData(2, "harness predict: nothing was asked; --n X --d X, --c X or --target-loss X is needed; give it.")]
    [InlineData(2, "--law: fits.json has no fit of 'kaplan-n'; there is chinchilla.", "--law", "kaplan-n", "--n", "1e9")]
    [InlineData(3, "No compute between 1 and 1e80 FLOPs brings the optimal loss to 1.5. Ask for a loss above the law's irreducible one.", "--target-loss", "1.5")]
    public void Each_bad_question_gives_exactly_its_message(int code, string message, params string[] args)
    {
        using TemporaryFolder folder = new();
        string path = Write(folder, []);
        Outcome outcome = Cli.Run(["predict", path, .. args]);
        Assert.Equal(message + "\n", outcome.Error.Replace(path, "fits.json", StringComparison.Ordinal));
        Assert.Equal(code, outcome.Code);
        Assert.Equal("", outcome.Output);
    }

    [Theory]
    [InlineData("{", "fits.json:1: $: ")]
    [InlineData("{\"fits\": [], \"schema_version\": 99}", "fits.json: schema_version 99 is newer than 1")]
    [InlineData("{\"fits\": []}", "fits.json: there is no fit in it")]
    [InlineData("{\"fits\": [{\"law\": 7}]}", "fits.json:1: $.fits[0].law: ")]
    [InlineData("null", "fits.json: the file holds null")]
    public void A_file_that_is_no_fits_file_is_one_line_and_exit_code_2(string text, string start)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("fits.json", text);
        Outcome outcome = Cli.Run("predict", path, "--n", "1", "--d", "1");
        Assert.StartsWith(start, outcome.Error.Replace(path, "fits.json", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd('\n').Split('\n'));
        Assert.Equal(2, outcome.Code);
    }

    private static JsonElement Predict(TemporaryFolder folder, double[][] draws, params string[] args)
    {
        Outcome outcome = Cli.Run(["predict", Write(folder, draws), .. args, "--json"]);
        Assert.True(outcome.Code == 0, outcome.Error);
        return outcome.Json;
    }

    /// <summary>A fits.json whose parameters are the synthetic law's, exactly.</summary>
    private static string Write(TemporaryFolder folder, double[][] draws, CovarianceRecord? covariance = null)
    {
        string[] names = ["e", "a", "b", "alpha", "beta"];
        string path = folder.At("fits.json");
        new FitsFile
        {
            Fits =
            [
                new FitRecord
                {
                    Law = "chinchilla",
                    Objective = new ObjectiveRecord("log-huber", 1e-3, null, "sum", 0),
                    Parameters = names.Zip([Synthetic.E, Synthetic.A, Synthetic.B, Synthetic.Alpha, Synthetic.Beta]).ToDictionary(p => p.First, p => p.Second),
                    Points = 36,
                    Excluded = [],
                    Starts = 1,
                    StartsAtOptimum = 1,
                    Converged = true,
                    StoppedBy = "stationary",
                    Warnings = [],
                    Conventions = new Dictionary<string, string>(),
                    Ranges = new Dictionary<string, double[]> { ["n"] = [1e7, 1e9], ["d"] = [1e8, 1e11] },
                    Draws = DrawsRecord.Of(names, draws),
                    Covariance = covariance,
                },
            ],
        }.Write(path);
        return path;
    }
}
