using Harness.Reporting.Plots;
using Harness.Reporting.Plots.Figures;

namespace Harness.Reporting.Tests.Plots;

public sealed class FrontierTests
{
    [Fact]
    public void The_hull_of_a_power_law_is_its_ends_and_of_a_bent_one_every_point()
    {
        PlotPoint[] straight = [.. Enumerable.Range(1, 8).Select(i => new PlotPoint(Math.Pow(2, i), Math.Pow(2, -0.5 * i)))];
        var ends = Frontier.LowerHull(straight);
        Assert.All(straight, p => Assert.Equal(p.Y, Interpolated(ends, p.X), 12));

        PlotPoint[] bent = [.. Enumerable.Range(1, 8).Select(i => new PlotPoint(Math.Pow(2, i), 1 + Math.Pow(2, -0.5 * i)))];
        Assert.Equal(bent, Frontier.LowerHull(bent.Reverse()));
    }

    [Fact]
    public void Nothing_lies_below_the_hull_and_its_ends_are_the_cheapest_and_the_best()
    {
        var random = new Random(5);
        PlotPoint[] cloud = [.. Enumerable.Range(0, 400).Select(_ => new PlotPoint(Math.Exp(10 * random.NextDouble()), Math.Exp(random.NextDouble())))];
        var hull = Frontier.LowerHull(cloud);
        Assert.Equal(cloud.Min(p => p.X), hull[0].X);
        Assert.Equal(cloud.Min(p => p.Y), hull[^1].Y);
        Assert.All(cloud.Where(p => p.X <= hull[^1].X), p => Assert.True(p.Y >= Interpolated(hull, p.X) * (1 - 1e-12)));
        Assert.All(hull, p => Assert.Contains(p, cloud));
    }

    [Fact]
    public void A_parabola_comes_back_from_its_points()
    {
        double[] xs = [9.1, 10.4, 11, 12.7, 13.3];
        var parabola = Parabola.Through(xs, [.. xs.Select(x => 1.3 + (0.07 * (x - 11.4) * (x - 11.4)))])!;
        Assert.Equal(11.4, parabola.Vertex, 10);
        Assert.Equal(1.3, parabola.At(11.4), 10);
        Assert.Equal(0.07, parabola.Curvature, 10);
        Assert.Null(Parabola.Through([1, 1, 2], [1, 2, 3]));
    }

    private static double Interpolated(IReadOnlyList<PlotPoint> line, double x)
    {
        var (a, b) = line.Zip(line.Skip(1)).First(s => x <= s.Second.X * (1 + 1e-12));
        return a.Y * Math.Pow(b.Y / a.Y, Math.Log(x / a.X) / Math.Log(b.X / a.X));
    }
}
