namespace Harness.Scaling.Tests;

public sealed class ObjectiveTests
{
    [Theory]
    [InlineData("log-huber(0.5)", 0, 1)]
    [InlineData("mse", 2, 2)]
    public void Objective_vanishes_only_without_residuals(string text, double observed, double predicted)
    {
        Objective objective = Objective.Parse(text);
        Assert.Equal(0, objective.Value([1.5, 2], [1.5, 2]));
        Assert.True(objective.Value([1.5, Math.Max(observed, 1)], [1.5, predicted + 1]) > 0);
    }

    [Fact]
    public void Values_are_the_sums_and_means_that_the_literature_prints()
    {
        double[] observed = [2, 3], predicted = [2 * Math.E, 3];
        Assert.Equal((1e-3 * 1) - 0.5e-6, Objective.LogHuber().Value(observed, predicted), 1e-15);
        Assert.Equal(1, Objective.LogLad().Value(observed, predicted), 1e-12);
        Assert.Equal(0.5, Objective.LogMse().Value(observed, predicted), 1e-12);
        Assert.Equal(0.125, Objective.Mse().Value([1, 1], [1.5, 1]), 1e-15);
        Assert.Equal(0.125, Objective.Huber(1).Value([1, 1], [1.5, 1]), 1e-15);
        Assert.Equal(((10 * 0.5) + 0.2) / 2, Objective.AsymmetricMae(10).Value([1, 1], [1.5, 0.8]), 1e-12);
        Assert.Equal(0.25, Objective.Parse("sum:mse").Value([1, 1], [1.5, 1]), 1e-15);
        Assert.Equal((3 * 0.25) / 4, Objective.Mse().Value([1, 1], [1.5, 1], [3, 1]), 1e-15);
    }

    [Theory]
    [InlineData("log-huber(0.001)")]
    [InlineData("mean:log-huber(0.25)")]
    [InlineData("sum:mse")]
    [InlineData("asymmetric-mae(3)")]
    [InlineData("log-lad")]
    public void An_objective_reads_its_own_text(string text) => Assert.Equal(text, Objective.Parse(text).ToString());

    [Theory]
    [InlineData("hubber")]
    [InlineData("huber(")]
    [InlineData("huber(-1)")]
    [InlineData("mse(3)")]
    [InlineData("log-huber(0,001)")]
    public void Others_are_refused(string text) =>
        Assert.Equal(RefusalReason.InvalidOption, Assert.Throws<FitRefusedException>(() => Objective.Parse(text)).Reason);
}
