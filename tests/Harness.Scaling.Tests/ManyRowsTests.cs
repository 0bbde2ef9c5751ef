namespace Harness.Scaling.Tests;

/// <summary>Fits of more rows than the exact path takes, held against the exact path: rows repeated alike often have the same optimum as the rows themselves.</summary>
public sealed class ManyRowsTests
{
    private const int Copies = 50;

    [Theory]
    [InlineData("chinchilla", "log-huber", 1e-8)]
    [InlineData("chinchilla", "log-mse", 1e-8)]
    [InlineData("chinchilla", "mse", 1e-8)]
    [InlineData("chinchilla", "log-lad", 1e-7)]
    [InlineData("chinchilla", "asymmetric-mae(10)", 1e-6)]
    [InlineData("data-constrained", "log-huber", 1e-7)]
    public void Rows_repeated_alike_often_have_the_optimum_of_the_rows_themselves(string law, string objective, double tolerance)
    {
        Points few = Noisy(240);
        var options = new FitOptions { Objective = Objective.Parse(objective) };
        FitResult exact = Fitter.Fit(few, law, options), many = Fitter.Fit(Repeated(few), law, options);
        double times = options.Objective.IsMean ? 1 : Copies;
        Assert.Equal(240 * Copies, many.Points);
        Assert.InRange(many.Objective.Value / times / exact.Objective.Value, 1 - tolerance, 1 + tolerance);
        Assert.True(many.Converged, many.StoppedBy);
        Assert.Equal(exact.Predictions[7], many.Predictions[(Copies * 7) + 3], 1e-5);
        Assert.Contains(many.Warnings, w => w.StartsWith("Minima were searched for on ", StringComparison.Ordinal) && w.Contains("12,000", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("log-huber")]
    [InlineData("log-mse")]
    public void Standard_errors_fall_with_the_root_of_the_rows(string objective)
    {
        var options = new FitOptions { Objective = Objective.Parse(objective), ProfileIntervals = false };
        FitResult some = Fitter.Fit(Noisy(2_000), "chinchilla", options), many = Fitter.Fit(Noisy(72_000), "chinchilla", options);
        foreach (string name in many.Parameters.Keys)
        {
            Assert.InRange(some.StandardErrors[name] / many.StandardErrors[name], 6 * 0.75, 6 * 1.35);
        }

        Assert.InRange(many.Parameters["alpha"], 0.34 - (5 * many.StandardErrors["alpha"]), 0.34 + (5 * many.StandardErrors["alpha"]));
        Assert.InRange(many.Parameters["beta"], 0.36 - (5 * many.StandardErrors["beta"]), 0.36 + (5 * many.StandardErrors["beta"]));
    }

    [Fact]
    public void The_same_rows_give_the_same_bits_on_any_number_of_threads()
    {
        Points points = Noisy(15_000);
        FitResult one = Fitter.Fit(points, "chinchilla", new FitOptions { Threads = 1 }), three = Fitter.Fit(points, "chinchilla", new FitOptions { Threads = 3 });
        Assert.Equal(one.Parameters, three.Parameters);
        Assert.Equal(one.StandardErrors, three.StandardErrors);
    }

    [Fact]
    public void Weights_count_as_repetitions()
    {
        Points points = Noisy(15_000);
        double[] twice = [.. Enumerable.Range(0, points.Count).Select(i => i < 1_000 ? 2.0 : i < 2_000 ? 0 : 1)];
        Points written = points.Select([.. Enumerable.Range(0, 1_000), .. Enumerable.Range(0, 1_000), .. Enumerable.Range(2_000, 13_000)]);
        FitResult weighted = Fitter.Fit(points.With("weight", twice), "chinchilla"), repeated = Fitter.Fit(written.Select([.. Enumerable.Range(0, written.Count)]), "chinchilla");
        Assert.Equal(1, weighted.Objective.Value / repeated.Objective.Value, 1e-9);
        Assert.Equal(weighted.Parameters["alpha"], repeated.Parameters["alpha"], 1e-6);
    }

    [Fact]
    public void Rows_kept_back_of_very_many_are_judged_all_and_listed_in_part()
    {
        FitResult fit = Fitter.Fit(Noisy(150_000), "chinchilla", new FitOptions { Holdout = Holdout.Fraction(0.2) });
        Assert.Equal(120_000, fit.Points);
        Assert.Equal(30_000, fit.Holdout!.Points);
        Assert.Equal(20_000, fit.Holdout.Rows.Count);
        Assert.Equal(fit.Holdout.Rows.Average(r => Math.Abs(r.RelativeError)), fit.Holdout.MeanRelativeError, 2e-4);
        Assert.IsType<ChosenNames>(fit.RowIds);
    }

    [Fact]
    public void What_would_take_hours_is_refused_with_what_to_do()
    {
        Points points = Points.Of(("n", [.. Enumerable.Range(1, 1_000_001).Select(i => (double)i)]), ("d", [.. Enumerable.Repeat(1e9, 1_000_001)]), ("loss", [.. Enumerable.Range(1, 1_000_001).Select(i => 2 + (1.0 / i))]));
        var refused = Assert.Throws<FitRefusedException>(() => Fitter.Fit(points, "kaplan-n", new FitOptions { Bootstrap = new BootstrapOptions { Resamples = 2000 } }));
        Assert.Equal(RefusalReason.InvalidOption, refused.Reason);
        Assert.StartsWith("2,000 resamples would take hours on 1,000,001 points; at most 1,000,000 are fitted so.", refused.Found, StringComparison.Ordinal);
        Assert.StartsWith("The published grid of starts", Assert.Throws<FitRefusedException>(() => Fitter.Fit(points, "chinchilla", new FitOptions { Starts = StartMode.Grid })).Found, StringComparison.Ordinal);
    }

    private static Points Repeated(Points few) => few.Select([.. Enumerable.Range(0, few.Count).SelectMany(i => Enumerable.Repeat(i, Copies))]);

    private static Points Noisy(int count)
    {
        var random = new Random(7);
        double[] n = new double[count], d = new double[count], unique = new double[count], loss = new double[count];
        for (int i = 0; i < count; i++)
        {
            n[i] = Math.Pow(10, 7 + (3 * random.NextDouble()));
            d[i] = Math.Pow(10, 9 + (3 * random.NextDouble()));
            unique[i] = d[i] / Math.Pow(10, 1.5 * random.NextDouble());
            double gaussian = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            loss[i] = (1.7 + (400 / Math.Pow(n[i], 0.34)) + (1500 / Math.Pow(d[i], 0.36))) * Math.Exp(0.01 * gaussian);
        }

        return Points.Of(("n", n), ("d", d), ("unique", unique), ("loss", loss));
    }
}
