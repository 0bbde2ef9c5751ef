namespace Harness.Scaling.Tests;

public sealed class IsoFlopTests
{
    private static readonly Chinchilla Surface = new();
    private static readonly double[] Hoffmann = [1.69, 406.4, 410.7, 0.34, 0.28];

    /// <summary>The deterministic error of parabolas on the noise-free surface, extrapolated from 1e17..1e21 to 1e24 (arXiv 2203.15556's constants).</summary>
    [Theory]
    [InlineData(2, -0.3269)]
    [InlineData(4, -1.3011)]
    [InlineData(8, -2.9029)]
    [InlineData(16, -5.1002)]
    public void Parabolas_on_the_noise_free_surface_are_biased_by_the_known_amount(double k, double percent)
    {
        FitResult fit = Fitter.Fit(Grid(k), "isoflop");
        double d = fit.Parameters["d_coefficient"] * Math.Pow(1e24, fit.Parameters["d_exponent"]);
        Assert.Equal(percent, 100 * ((d / Surface.OptimumAt(Hoffmann, 1e24)!.Value.D) - 1), 1e-4);
        Assert.Equal(k >= 4, fit.Warnings.Any(w => w.StartsWith("Grid bias", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_hold_out_that_is_not_applied_is_said()
    {
        (Points points, _) = FrontierTruths.Of("isoflop", 1);
        Assert.Contains(Fitter.Fit(points, "isoflop", new FitOptions { Holdout = Holdout.Largest("c") }).Warnings, w => w.StartsWith("No rows were kept back", StringComparison.Ordinal));
        Assert.DoesNotContain(Fitter.Fit(points, "isoflop").Warnings, w => w.StartsWith("No rows were kept back", StringComparison.Ordinal));
    }

    [Fact]
    public void The_bias_that_a_warning_names_is_the_bias_that_the_fit_has()
    {
        FitResult fit = Fitter.Fit(Grid(8), "isoflop");
        string warning = fit.Warnings.Single(w => w.StartsWith("Grid bias", StringComparison.Ordinal));
        // The losses are the surface itself, so the simulated bias at 1000 times the largest budget (1e24) is the known one.
        Assert.Contains("-2.90 % in d", warning, StringComparison.Ordinal);
        Assert.Contains("1E+24", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void The_surface_method_has_no_grid_bias()
    {
        FitResult fit = Fitter.Fit(Grid(16), "isoflop", new FitOptions { IsoFlop = IsoFlopMethod.Surface });
        Assert.Equal(0.34 / 0.62, fit.Parameters["d_exponent"], 1e-6);
        Assert.Equal(0.28 / 0.62, fit.Parameters["n_exponent"], 1e-6);
    }

    [Fact]
    public void Akima_finds_the_optimum_of_each_budget()
    {
        FitResult fit = Fitter.Fit(Grid(4), "isoflop", new FitOptions { IsoFlop = IsoFlopMethod.Akima });
        foreach (BudgetOptimum optimum in fit.BudgetOptima)
        {
            Assert.Equal(1, optimum.N / Surface.OptimumAt(Hoffmann, optimum.Compute)!.Value.N, 0.01);
        }
    }

    [Theory]
    [InlineData("n", "c")]
    [InlineData("d", "c")]
    [InlineData("n", "d")]
    public void Any_two_of_n_d_and_c_give_the_same_exponents(string first, string second)
    {
        Points all = Grid(3);
        Points two = Points.Of((first, all.Column(first)), (second, all.Column(second)), ("loss", all.Column("loss")));
        FitResult expected = Fitter.Fit(all, "isoflop"), actual = Fitter.Fit(two, "isoflop");
        foreach (string name in expected.Parameters.Keys)
        {
            Assert.Equal(expected.Parameters[name], actual.Parameters[name], 1e-9 * Math.Abs(expected.Parameters[name]));
        }
    }

    [Fact]
    public void A_budget_whose_optimum_is_at_the_edge_is_left_out_and_named()
    {
        Points points = Grid(3);
        double[] n = points.Column("n"), c = points.Column("c");
        double optimum = Surface.OptimumAt(Hoffmann, 1e19)!.Value.N;
        Points cut = points.Select([.. Enumerable.Range(0, points.Count).Where(i => Math.Abs(c[i] - 1e19) > 1e17 || n[i] < 0.7 * optimum)]);
        FitResult fit = Fitter.Fit(cut, "isoflop");
        Assert.Equal(4, fit.BudgetOptima.Count);
        Assert.All(fit.Excluded, e => Assert.Contains("the lowest loss is at the largest n tried", e.Rule, StringComparison.Ordinal));
        Assert.Contains(fit.Warnings, w => w.Contains("isoFLOP 1E+19", StringComparison.Ordinal));
    }

    [Fact]
    public void Optima_all_at_the_edge_are_refused()
    {
        Points points = Grid(3);
        double[] n = points.Column("n"), c = points.Column("c");
        Points cut = points.Select([.. Enumerable.Range(0, points.Count).Where(i => n[i] > 1.3 * Surface.OptimumAt(Hoffmann, c[i])!.Value.N)]);
        var refusal = Assert.Throws<FitRefusedException>(() => Fitter.Fit(cut, "isoflop"));
        Assert.Equal(RefusalReason.OptimumAtEdge, refusal.Reason);
        Assert.Contains("the lowest loss is at the smallest n tried", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_budget_is_refused()
    {
        Points points = Grid(3);
        double[] c = points.Column("c");
        Points one = points.Select([.. Enumerable.Range(0, points.Count).Where(i => c[i] < 2e17)]);
        Assert.Equal(RefusalReason.TooFewBudgets, Assert.Throws<FitRefusedException>(() => Fitter.Fit(one, "isoflop")).Reason);
    }

    [Fact]
    public void Bootstrap_intervals_of_the_exponent_cover_the_truth_of_the_procedure()
    {
        Points exact = Grid(3);
        double truth = Fitter.Fit(exact, "isoflop").Parameters["n_exponent"];
        int covered = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            Points noisy = exact.With("loss", [.. exact.Column("loss").Select(l => l * (1 + (0.002 * ((2 * random.NextDouble()) - 1))))]);
            Interval interval = Fitter.Fit(noisy, "isoflop", new FitOptions { Bootstrap = new() { Resamples = 100 }, Threads = 1 }).Intervals["n_exponent"];
            covered += interval.Low <= truth && truth <= interval.High ? 1 : 0;
        }

        Assert.InRange(covered, 15, 20);
    }

    internal static Points Grid(double k)
    {
        List<double> ns = [], ds = [], losses = [], cs = [];
        foreach (double c in new[] { 1e17, 1e18, 1e19, 1e20, 1e21 })
        {
            double optimum = Surface.OptimumAt(Hoffmann, c)!.Value.D;
            foreach (double d in Truths.Space(optimum / k, optimum * k, 15))
            {
                double n = c / (6 * d);
                ns.Add(n);
                ds.Add(d);
                cs.Add(c);
                losses.Add(Surface.Evaluate(Hoffmann, [n, d]));
            }
        }

        return Points.Of(("n", [.. ns]), ("d", [.. ds]), ("c", [.. cs]), ("loss", [.. losses]));
    }
}
