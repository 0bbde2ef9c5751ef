using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Harness.Cli.Tests.Fitting;

/// <summary>Hoffmann's approaches 1 and 2 through the command line, on curves of a known surface.</summary>
public sealed class FrontierCommandTests
{
    private const double E = 1.69, A = 406.4, B = 410.7, Alpha = 0.34, Beta = 0.28;

    [Fact]
    public void The_envelope_of_training_curves_has_the_exponent_of_the_surface_that_they_follow()
    {
        using TemporaryFolder folder = new();
        string curves = folder.Write("curves.csv", Curves());
        JsonElement fit = Cli.Fit(curves, "--law", "envelope", "--group", "run");
        double exponent = Beta / (Alpha + Beta);
        Assert.Equal(exponent, fit.Parameter("n_exponent"), 0.03);
        double[] interval = Ends(fit, "n_exponent");
        Assert.InRange(exponent, interval[0], interval[1]);
        Assert.StartsWith("bootstrap(noise", fit.GetProperty("uncertainty").GetString(), StringComparison.Ordinal);

        // Hundreds of budgets lie on the curves; a screen shows some of them and says so.
        Outcome text = Cli.Run("fit", curves, "--law", "envelope", "--group", "run");
        Assert.Equal(12, text.Output.Split('\n').Count(l => l.StartsWith("  budget ", StringComparison.Ordinal)));
        Assert.Contains("--out writes them all", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Optima_read_off_one_surface_are_as_uncertain_as_the_surface()
    {
        using TemporaryFolder folder = new();
        string points = folder.Write("points.csv", Noisy());
        double[] surface = Ends(Cli.Fit(points, "--law", "isoflop", "--isoflop-by", "surface"), "n_exponent");
        double[] joint = [.. Cli.Fit(points, "--law", "chinchilla").GetProperty("derived").GetProperty("n_opt_exponent").GetProperty("interval").EnumerateArray().Select(v => v.GetDouble())];
        Assert.InRange((surface[1] - surface[0]) / (joint[1] - joint[0]), 0.4, 2.5);
    }

    private static double[] Ends(JsonElement fit, string name) => [.. fit.GetProperty("intervals").GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    private static double Loss(double n, double d) => E + (A / Math.Pow(n, Alpha)) + (B / Math.Pow(d, Beta));

    private static string Curves()
    {
        StringBuilder csv = new("run,N,D,loss\n");
        Random random = new(5);
        for (int size = 0; size < 25; size++)
        {
            double n = 1e6 * Math.Pow(10, size / 6.0), run = 1 + (0.002 * (random.NextDouble() - 0.5));
            for (int step = 0; step <= 40; step++)
            {
                double d = n * Math.Pow(10, (step / 20.0) + 0.3);
                csv.Append(CultureInfo.InvariantCulture, $"r{size},{n:R},{d:R},{Loss(n, d) * run:R}\n");
            }
        }

        return csv.ToString();
    }

    private static string Noisy()
    {
        StringBuilder csv = new("N,D,loss\n");
        Random random = new(3);
        foreach (double c in (double[])[1e18, 1e19, 1e20, 1e21])
        {
            for (int size = -4; size <= 4; size++)
            {
                double n = 0.6 * Math.Pow(c, 0.4516) * Math.Pow(2, size / 2.0), d = c / (6 * n);
                double gaussian = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                csv.Append(CultureInfo.InvariantCulture, $"{n:R},{d:R},{Loss(n, d) * Math.Exp(0.003 * gaussian):R}\n");
            }
        }

        return csv.ToString();
    }
}
