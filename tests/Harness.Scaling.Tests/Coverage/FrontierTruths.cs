namespace Harness.Scaling.Tests;

/// <summary>Sweeps drawn from a surface of Hoffmann's form, whose compute-optimal n and d are known in closed form (2203.15556, eq. 4).</summary>
internal static class FrontierTruths
{
    private static readonly Chinchilla Surface = new();

    /// <summary>The points of a sweep, and the exponents and coefficients that the procedure is after.</summary>
    public static (Points Points, IReadOnlyDictionary<string, double> Truth) Of(string law, int index)
    {
        Random random = Truths.Generator((31 * index) + 7);
        double Factor() => 1 + (0.1 * ((2 * random.NextDouble()) - 1));
        double[] p = [1.69, 406.4, 410.7, 0.34 * Factor(), 0.28 * Factor()];
        // The terms keep their size at the centre of the data.
        p[1] *= Math.Pow(1e9, p[3] - 0.34) * Factor();
        p[2] *= Math.Pow(2e10, p[4] - 0.28) * Factor();
        double a = p[4] / (p[3] + p[4]), b = 1 - a, g = Math.Pow(p[3] * p[1] / (p[4] * p[2]), 1 / (p[3] + p[4]));
        var truth = new Dictionary<string, double> { ["n_exponent"] = a, ["n_coefficient"] = g / Math.Pow(6, a), ["d_exponent"] = b, ["d_coefficient"] = Math.Pow(6, -b) / g };
        return (law == LawCatalog.IsoFlopName ? Budgets(p, random) : Curves(p, random), truth);
    }

    // Seven budgets of nine sizes within a factor of three of the optimum, each loss a fifth of a percent off.
    private static Points Budgets(double[] p, Random random)
    {
        List<double> n = [], d = [], loss = [];
        foreach (double c in Truths.Space(1e18, 1e21, 7))
        {
            foreach (double factor in Truths.Space(1.0 / 3, 3, 9))
            {
                double size = Surface.OptimumAt(p, c)!.Value.N * factor;
                n.Add(size);
                d.Add(c / (6 * size));
                loss.Add(Surface.Evaluate(p, [n[^1], d[^1]]) * Math.Exp(0.002 * Normal(random)));
            }
        }

        return Points.Of(("n", [.. n]), ("d", [.. d]), ("loss", [.. loss]));
    }

    // Sixteen sizes trained for 40 logged steps each: every run a tenth of a percent off as a whole, and every step a little more.
    private static Points Curves(double[] p, Random random)
    {
        List<double> n = [], d = [], loss = [];
        List<string> runs = [];
        foreach (double size in Truths.Space(2e7, 5e9, 16))
        {
            double run = 0.001 * Normal(random);
            foreach (double tokens in Truths.Space(3e8, 1e12, 40))
            {
                n.Add(size);
                d.Add(tokens);
                loss.Add(Surface.Evaluate(p, [size, tokens]) * Math.Exp(run + (0.0003 * Normal(random))));
                runs.Add($"{size:E3}");
            }
        }

        return Points.Of(new Dictionary<string, double[]> { ["n"] = [.. n], ["d"] = [.. d], ["loss"] = [.. loss] }, groups: runs);
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
