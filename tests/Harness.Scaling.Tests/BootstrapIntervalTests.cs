using MathNet.Numerics.Distributions;

namespace Harness.Scaling.Tests;

public sealed class BootstrapIntervalTests
{
    [Theory]
    [InlineData("log-mse")]
    [InlineData("log-huber(0.003)")]
    public void Errors_of_a_resample_are_those_of_a_table_that_holds_its_copies_as_rows(string objective)
    {
        Points points = Truths.Of("chinchilla").Noisy(0.01, 4);
        var law = new Chinchilla();
        var random = new Random(5);
        double[] copies = new double[points.Count];
        for (int draw = 0; draw < copies.Length; draw++)
        {
            copies[random.Next(copies.Length)]++;
        }

        FitContext weighted = FitContext.For(points, law, Objective.Parse(objective), new FitOptions());
        FitProblem problem = weighted.Problem.Reweighted(copies);
        double[] theta = weighted.Search.Run(problem, 8, [], 1).Best.Theta;
        int[] rows = [.. Enumerable.Range(0, copies.Length).SelectMany(i => Enumerable.Repeat(i, (int)copies[i]))];
        FitContext repeated = FitContext.For(points.Select(rows), law, Objective.Parse(objective), new FitOptions());

        var one = new Asymptotics(weighted with { Problem = problem }, theta, copies);
        var other = new Asymptotics(repeated, repeated.Model.FromParameters(weighted.Model.ToParameters(theta)));

        Assert.Equal(other.Degrees, one.Degrees);
        for (int j = 0; j < 5; j++)
        {
            double expected = other.ErrorOf(p => p[j], IntervalAxis.Logarithm)!.Value.Error;
            Assert.Equal(expected, one.ErrorOf(p => p[j], IntervalAxis.Logarithm)!.Value.Error, 1e-4 * expected);
        }
    }

    [Theory]
    [InlineData(ResampleUnit.Row)]
    [InlineData(ResampleUnit.Noise)]
    public void Expanded_quantiles_lie_where_students_t_and_the_parameters_taken_put_them(ResampleUnit unit)
    {
        Points points = Truths.Of("power").Noisy(0.01, 6);
        FitResult fit = Fitter.Fit(points, "power", new FitOptions { Bootstrap = new() { Resamples = 400, Unit = unit, Intervals = IntervalMethod.Expanded } });
        double reach = StudentT.InvCDF(0, 1, 22, 0.975) * (unit == ResampleUnit.Row ? Math.Sqrt(24.0 / 22) : 1), share = Normal.CDF(0, 1, -reach);
        double[] sorted = [.. fit.Resamples.Select(p => p[1]).Order()];
        Assert.Equal(Quantile(share), fit.Intervals["exponent"].Low, 1e-12);
        Assert.Equal(Quantile(1 - share), fit.Intervals["exponent"].High, 1e-12);

        double Quantile(double at)
        {
            double place = at * (sorted.Length - 1);
            int below = (int)place;
            return sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below]));
        }
    }

    [Fact]
    public void Studentised_intervals_of_a_line_are_close_to_students_t_when_noise_is_normal()
    {
        Points points = Truths.Of("power").Noisy(0.01, 8);
        FitResult exact = Fitter.Fit(points, "power"), fit = Fitter.Fit(points, "power", new FitOptions { Bootstrap = new() { Resamples = 1000, Unit = ResampleUnit.Row, Intervals = IntervalMethod.Studentised } });
        Assert.EndsWith("studentised)", fit.UncertaintyMethod, StringComparison.Ordinal);
        foreach (string name in new[] { "coefficient", "exponent" })
        {
            Assert.Equal(1, (fit.Intervals[name].High - fit.Intervals[name].Low) / (exact.Intervals[name].High - exact.Intervals[name].Low), 0.25);
        }
    }
}
