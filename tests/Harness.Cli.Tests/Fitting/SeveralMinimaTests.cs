using System.Text;
using System.Text.Json;

namespace Harness.Cli.Tests.Fitting;

/// <summary>
/// A curve with two bends that a law with one can put its break on either of: two minima, which a line of least squares over a grid of breaks finds without any of the harness's search
/// (with a = 0 and the width held, the logarithm of bnsl is linear in log b, c0 and c1).
/// </summary>
public sealed class SeveralMinimaTests
{
    private const double Width = 0.15;

    [Fact]
    public void Every_minimum_is_reported_with_its_objective_and_its_starts_and_the_lowest_is_the_answer()
    {
        using TemporaryFolder folder = new();
        string points = folder.Write("bends.csv", Table()), fits = folder.At("fits.json");
        Outcome outcome = Cli.Run("fit", points, "--law", "bnsl", "--fix", "a=0", "--fix", FormattableString.Invariant($"f1={Width}"), "--out", fits);
        Assert.True(outcome.Code == 0, outcome.Error);
        JsonElement fit = JsonDocument.Parse(File.ReadAllText(fits)).RootElement.GetProperty("fits")[0], other = Assert.Single(fit.GetProperty("other_minima").EnumerateArray());
        (double Break, double Objective)[] expected = [.. ByGrid().OrderBy(m => m.Objective)];
        Assert.Equal(2, expected.Length);
        Assert.Equal(1, fit.Parameter("d1") / expected[0].Break, 0.02);
        Assert.Equal(1, fit.Objective() / expected[0].Objective, 1e-4);
        Assert.Equal(1, other.GetProperty("parameters").GetProperty("d1").GetDouble() / expected[1].Break, 0.02);
        Assert.Equal(1, other.GetProperty("value").GetDouble() / expected[1].Objective, 1e-4);
        Assert.Equal(fit.GetProperty("starts").GetInt32(), fit.GetProperty("starts_at_optimum").GetInt32() + other.GetProperty("starts").GetInt32());
        Assert.Contains("other minimum  objective 0.02", outcome.Output, StringComparison.Ordinal);
        if (fit.GetProperty("starts_at_optimum").GetInt32() == 1)
        {
            Assert.Contains(fit.GetProperty("warnings").EnumerateArray(), w => w.GetString()!.StartsWith("Only 1 of ", StringComparison.Ordinal));
        }
    }

    private static IEnumerable<(double X, double Loss)> Points() => Enumerable.Range(0, 25).Select(i =>
    {
        double x = Math.Pow(10, 3 + (i * 8 / 24.0));
        return (x, 20 * Math.Pow(x, -0.05) * Math.Pow(1 + Math.Pow(x / 1e5, 1 / Width), -0.2 * Width) * Math.Pow(1 + Math.Pow(x / 1e9, 1 / Width), 0.19 * Width));
    });

    private static string Table()
    {
        var text = new StringBuilder("x,loss\n");
        foreach ((double x, double loss) in Points())
        {
            text.Append(FormattableString.Invariant($"{x:R},{loss:R}\n"));
        }

        return text.ToString();
    }

    // The breaks at which the mean square, minimised over the rest, is lower than a grid step to either side.
    private static IEnumerable<(double Break, double Objective)> ByGrid()
    {
        double[] breaks = [.. Enumerable.Range(0, 4001).Select(i => Math.Pow(10, 3 + (i * 8 / 4000.0)))], least = [.. breaks.Select(LeastSquares)];
        return Enumerable.Range(1, 3999).Where(i => least[i] < least[i - 1] && least[i] < least[i + 1]).Select(i => (breaks[i], least[i]));
    }

    private static double LeastSquares(double at)
    {
        (double X, double Loss)[] points = [.. Points()];
        double[][] rows = [.. points.Select(p => new[] { 1, -Math.Log(p.X), -Width * Math.Log(1 + Math.Pow(p.X / at, 1 / Width)), Math.Log(p.Loss) })];
        // Gram and Schmidt: what is left of the last column after the first three.
        for (int k = 0; k < 4; k++)
        {
            for (int l = k + 1; k < 3 && l < 4; l++)
            {
                double along = rows.Sum(r => r[k] * r[l]) / rows.Sum(r => r[k] * r[k]);
                foreach (double[] row in rows)
                {
                    row[l] -= along * row[k];
                }
            }
        }

        return rows.Average(r => r[3] * r[3]);
    }
}
