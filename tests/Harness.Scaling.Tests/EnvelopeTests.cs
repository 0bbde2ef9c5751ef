namespace Harness.Scaling.Tests;

public sealed class EnvelopeTests
{
    private static readonly Chinchilla Surface = new();
    private static readonly double[] Hoffmann = [1.69, 406.4, 410.7, 0.34, 0.28];

    [Fact]
    public void Envelope_of_dense_curves_gives_the_exponents_of_the_surface()
    {
        FitResult fit = Fitter.Fit(Curves(40), "envelope");
        // The surface's optimum at a budget moves as c^(beta/(alpha+beta)); curves of forty sizes resolve it to a percent.
        Assert.Equal(0.28 / 0.62, fit.Parameters["n_exponent"], 0.01);
        Assert.Equal(0.34 / 0.62, fit.Parameters["d_exponent"], 0.01);
        double n = fit.Parameters["n_coefficient"] * Math.Pow(1e20, fit.Parameters["n_exponent"]);
        Assert.Equal(1, n / Surface.OptimumAt(Hoffmann, 1e20)!.Value.N, 0.05);
    }

    [Fact]
    public void Convex_hull_gives_about_the_same()
    {
        FitResult fit = Fitter.Fit(Curves(40), "envelope", new FitOptions { Envelope = EnvelopeMethod.Hull });
        Assert.Equal(0.28 / 0.62, fit.Parameters["n_exponent"], 0.04);
    }

    [Fact]
    public void Curves_without_runs_are_refused()
    {
        Points points = Curves(5);
        Points alone = Points.Of(("n", points.Column("n")), ("d", points.Column("d")), ("loss", points.Column("loss")));
        Assert.Equal(RefusalReason.InvalidOption, Assert.Throws<FitRefusedException>(() => Fitter.Fit(alone, "envelope")).Reason);
    }

    [Fact]
    public void Bootstrap_by_run_is_the_same_on_any_number_of_threads()
    {
        Points points = Curves(12);
        FitResult one = Fitter.Fit(points, "envelope", new FitOptions { Bootstrap = new() { Resamples = 60 }, EnvelopeBudgets = 100, Threads = 1 });
        FitResult four = Fitter.Fit(points, "envelope", new FitOptions { Bootstrap = new() { Resamples = 60 }, EnvelopeBudgets = 100, Threads = 4 });
        Assert.Equal(one.StandardErrors["n_exponent"], four.StandardErrors["n_exponent"]);
        Assert.True(one.StandardErrors["n_exponent"] > 0);
    }

    private static Points Curves(int sizes)
    {
        List<double> ns = [], ds = [], losses = [];
        List<string> runs = [];
        foreach (double n in Truths.Space(1e7, 1e10, sizes))
        {
            foreach (double d in Truths.Space(1e8, 1e12, 120))
            {
                ns.Add(n);
                ds.Add(d);
                losses.Add(Surface.Evaluate(Hoffmann, [n, d]));
                runs.Add($"{n:E3}");
            }
        }

        return Points.Of(new Dictionary<string, double[]> { ["n"] = [.. ns], ["d"] = [.. ds], ["loss"] = [.. losses] }, groups: runs);
    }
}
