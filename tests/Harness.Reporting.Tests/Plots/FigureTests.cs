using Harness.Reporting.Plots;
using Harness.Reporting.Plots.Figures;
using Harness.Reporting.Runs;

namespace Harness.Reporting.Tests.Plots;

public sealed class FigureTests
{
    [Fact]
    public void A_grid_shows_every_completed_run_once_against_size_data_and_compute_and_no_diverged_one()
    {
        var data = SampleSweep.Grid(seeds: 2);
        foreach (var figure in new[] { LossAgainstParameters.Of(data)!, LossAgainstTokens.Of(data)!, LossAgainstCompute.Of(data)! })
        {
            var points = figure.Layers.OfType<PointLayer>().SelectMany(l => l.Points).ToList();
            Assert.Equal(data.Runs.Where(r => r.IsCompleted).Select(r => r.ValidationLoss!.Value).Order(), points.Select(p => p.Y).Order());
            Assert.All(points, p => Assert.True(figure.X.Position(p.X) is > 0 and < 1 && figure.Y.Position(p.Y) is > 0 and < 1));
        }
    }

    [Fact]
    public void Sizes_become_lines_from_dark_to_bright_named_in_the_legend()
    {
        var figure = LossAgainstTokens.Of(SampleSweep.Grid())!;
        var groups = figure.Layers.OfType<PointLayer>().ToList();
        Assert.Equal(["12.8K", "56.6K", "100K", "336K", "793K", "2.67M", "6.32M"], groups.Select(g => g.Legend!.PlainText));
        Assert.Equal(Ink.Scale(7), groups.Select(g => g.Ink));
    }

    [Fact]
    public void A_ladder_is_one_group_named_by_its_ratio()
    {
        var layer = Assert.Single(LossAgainstParameters.Of(SampleSweep.Ladder())!.Layers.OfType<PointLayer>());
        Assert.Equal("D = 20 N", layer.Legend!.PlainText);
        Assert.Equal(7, layer.Points.Count);
    }

    [Fact]
    public void The_joint_law_runs_through_the_points_of_each_budget()
    {
        var data = SampleSweep.Grid();
        var figure = LossAgainstParameters.Of(data)!;
        var slices = figure.Layers.OfType<LineLayer>().Where(l => l.Width == 1).ToList();
        Assert.Equal(5, slices.Count);
        var first = slices[0].Points[10];
        Assert.Equal(SampleSweep.Truth.LossAt(first.X, 512_000), first.Y, 9);
    }

    [Fact]
    public void IsoFlop_parabolas_find_the_optimum_of_the_truth()
    {
        var data = SampleSweep.IsoFlop();
        var figure = IsoFlopProfiles.Of(data)!;
        var lowest = figure.Layers.OfType<PointLayer>().Last();
        Assert.Equal(5, lowest.Points.Count);
        foreach (var (vertex, truth) in lowest.Points.Zip(data.Optima["isoflop"]))
        {
            Assert.InRange(vertex.X / truth.N, 0.7, 1.6); // a parabola on a wide grid is biased; the fits say by how much
        }

        Assert.Null(LossAgainstParameters.Of(data));
        Assert.NotNull(OptimalAllocation.Of(data));
    }

    [Fact]
    public void Each_approach_has_its_own_line_beside_the_optima()
    {
        var data = SampleSweep.IsoFlop() with { Laws = [SampleSweep.Chinchilla()] };
        var envelope = data.Optima["isoflop"].Select(o => o with { N = 1.3 * o.N, D = o.D / 1.3 }).ToList();
        data = data with { Optima = new Dictionary<string, IReadOnlyList<Fits.BudgetRecord>>(data.Optima) { ["envelope"] = envelope } };
        var lines = OptimalAllocation.Of(data)!.Layers.OfType<LineLayer>().ToList();
        Assert.Equal(6, lines.Count);
        var dashed = lines.First(l => l.Dashed);
        Assert.Equal("chinchilla", dashed.Legend!.PlainText);
        Assert.Equal(SampleSweep.Chinchilla().Optimum!(dashed.Points[3].X).N, dashed.Points[3].Y, 1e-9 * dashed.Points[3].Y);
        Assert.Equal("envelope", lines.First(l => l.Width < 1).Legend!.PlainText);
    }

    [Fact]
    public void Figures_that_the_data_cannot_fill_are_left_out()
    {
        var one = SampleSweep.Grid() with { Laws = [] };
        one = one with { Runs = [one.Runs[0]] };
        Assert.Equal(["training-curves"], SweepFigures.Of(one).Select(f => f.Name));
        Assert.Empty(SweepFigures.Of(one with { Runs = [], Curves = new Dictionary<string, Curve>() }));
    }

    [Fact]
    public void A_law_counted_in_another_way_than_the_axes_is_not_drawn()
    {
        var fit = SampleSweep.ChinchillaFit();
        Assert.Equal(["n", "d"], FittedLaw.Of(fit)!.Variables);
        Assert.Null(FittedLaw.Of(fit with { Conventions = new Dictionary<string, string> { ["n"] = "total_params (Hoffmann's count)" } }));
        Assert.Null(FittedLaw.Of(fit with { Law = "isoflop" }));
    }

    [Fact]
    public void The_band_holds_the_middle_95_percent_of_the_resamples()
    {
        var fit = SampleSweep.ChinchillaFit();
        var law = FittedLaw.Of(fit)!;
        var (low, high) = law.Band!([1e6, 1e7]);
        int inside = fit.Draws!.Unpack().Count(d => d[0] + (d[1] / Math.Pow(1e6, d[3])) + (d[2] / Math.Pow(1e7, d[4])) is var l && l >= low && l <= high);
        Assert.InRange(inside, 188, 192); // of 200
        Assert.InRange(law.Loss([1e6, 1e7]), low, high);
    }

    [Fact]
    public void Without_resamples_the_band_is_that_of_a_straight_line_by_least_squares()
    {
        // With e and b at 0 the law is a line in logarithms, whose interval is known in closed form.
        double[] xs = [1e4, 1e5, 1e6, 1e7, 1e8], noise = [0.01, -0.02, 0.015, 0.005, -0.01];
        var (x, y) = (xs.Select(v => Math.Log(v)).ToArray(), xs.Select((v, i) => Math.Log(10 * Math.Pow(v, -0.1)) + noise[i]).ToArray());
        double meanX = x.Average(), meanY = y.Average(), s = x.Sum(v => (v - meanX) * (v - meanX));
        double slope = x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / s;
        double[] fitted = [.. x.Select(v => meanY + (slope * (v - meanX)))];
        double[] p = [0, Math.Exp(meanY - (slope * meanX)), 0, -slope, 1];
        string[] names = ["e", "a", "b", "alpha", "beta"];
        var fit = SampleSweep.ChinchillaFit() with
        {
            Draws = null,
            Parameters = names.Zip(p).ToDictionary(v => v.First, v => v.Second),
            Rows = new([.. xs.Select(v => $"{v}"), "again"], null, new Dictionary<string, double[]> { ["n"] = [.. xs, xs[0]], ["d"] = [1, 1, 1, 1, 1, 1] }, [.. y.Select(v => Math.Exp(v)), Math.Exp(fitted[0])], [.. fitted.Select(v => Math.Exp(v)), Math.Exp(fitted[0])]),
        };
        var (low, high) = FittedLaw.Of(fit)!.Band!([1e9, 1]);

        double[] all = [.. x, x[0]];
        double mean = all.Average(), around = all.Sum(v => (v - mean) * (v - mean));
        double variance = y.Zip(fitted, (a, b) => (a - b) * (a - b)).Sum() / (6 - 2);
        double expected = 2.776445105 * Math.Sqrt(variance * ((1 / 6.0) + (Math.Pow(Math.Log(1e9) - mean, 2) / around))); // t(4), 97.5 %
        Assert.Equal(2 * expected, Math.Log(high / low), 6);
    }

    [Fact]
    public void Curves_are_thinned_by_means_and_short_ones_kept()
    {
        var row = new Core.Runs.MetricRow(1, 1000, 6e6, 4, null, 1e-3, null, null, null);
        CurveRow[] rows =
        [
            new("a", "a", row), new("a", "a", row with { Tokens = 1001, TrainFlops = 6.006e6, TrainLoss = 2 }),
            new("a", "a", row with { Tokens = 2000, TrainFlops = 12e6, TrainLoss = double.NaN, ValidationLoss = 1.5 }),
            .. Enumerable.Range(1, 100_000).Select(i => new CurveRow("b", "b", row with { Tokens = i * 1000L, TrainLoss = 5 })),
        ];
        var curves = Curve.From(rows);
        Assert.Equal([new CurvePoint(1000.5, 6.003e6, 3)], curves["a"].Training);
        Assert.Equal([new CurvePoint(2000, 12e6, 1.5)], curves["a"].Validation);
        Assert.InRange(curves["b"].Training.Count, 200, 400);
        Assert.All(curves["b"].Training, p => Assert.Equal(5.0, p.Loss, 12));
    }
}
