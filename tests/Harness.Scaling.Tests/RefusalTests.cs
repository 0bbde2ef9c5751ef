namespace Harness.Scaling.Tests;

public sealed class RefusalTests
{
    private static readonly Truth Truth = Truths.Of("chinchilla");

    [Fact]
    public void Fewer_points_than_parameters_are_refused() =>
        Refused(RefusalReason.TooFewPoints, "5 free parameters, but there are 4", Truth.Points.Select([0, 9, 18, 27]));

    [Fact]
    public void Repeated_points_do_not_count_as_more() =>
        Refused(RefusalReason.TooFewPoints, "only 4 distinct values", Truth.Points.Select([0, 9, 18, 27, 0, 9, 18, 27]));

    [Fact]
    public void A_single_n_is_refused() => Refused(RefusalReason.SingleValue, "have n = 40000000", Truth.Points.Select([0, 1, 2, 3, 4, 5, 6, 7]));

    [Theory]
    [InlineData(0)]
    [InlineData(-2.5)]
    public void Non_positive_losses_are_refused_and_named(double loss)
    {
        double[] losses = [.. Truth.Points.Column("loss")];
        losses[3] = loss;
        FitRefusedException refusal = Refused(RefusalReason.NonPositiveLoss, "row 4", Truth.Points.With("loss", losses));
        Assert.Equal(["row 4"], refusal.Rows);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Diverged_runs_are_left_out_and_listed(double loss)
    {
        double[] losses = [.. Truth.Points.Column("loss")];
        losses[3] = loss;
        FitResult fit = Fitter.Fit(Truth.Points.With("loss", losses), "chinchilla");
        ExcludedRow excluded = Assert.Single(fit.Excluded);
        Assert.Equal("row 4", excluded.RowId);
        Assert.StartsWith("diverged", excluded.Rule, StringComparison.Ordinal);
        Assert.Equal(63, fit.Points);
        Assert.Equal(0.34, fit.Parameters["alpha"], 1e-4);
    }

    [Fact]
    public void Losses_above_the_limit_and_marked_rows_are_left_out()
    {
        double[] marks = new double[Truth.Points.Count];
        marks[5] = 1;
        double[] losses = Truth.Points.Column("loss");
        double limit = losses.Order().ElementAt(61);
        FitResult fit = Fitter.Fit(Truth.Points.With("diverged", marks), "chinchilla", new FitOptions { MaximumLoss = limit });
        Assert.Equal(losses.Count(l => l > limit) + 1, fit.Excluded.Count);
        Assert.Contains(fit.Excluded, e => e.RowId == "row 6");
    }

    [Fact]
    public void A_missing_variable_is_named() =>
        Assert.Contains("no column 'unique'", Assert.Throws<FitRefusedException>(() => Fitter.Fit(Truth.Points, "data-constrained")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_non_positive_variable_is_refused()
    {
        double[] n = [.. Truth.Points.Column("n")];
        n[0] = 0;
        Refused(RefusalReason.InvalidVariable, "row 1 (0)", Truth.Points.With("n", n));
    }

    [Fact]
    public void An_unknown_law_lists_the_known_ones() =>
        Assert.Contains("chinchilla", Assert.Throws<FitRefusedException>(() => LawCatalog.Find("chinchila")).Message, StringComparison.Ordinal);

    [Fact]
    public void An_unknown_fixed_parameter_is_refused() => Assert.Equal(
        RefusalReason.InvalidOption,
        Assert.Throws<FitRefusedException>(() => Fitter.Fit(Truth.Points, "chinchilla", new FitOptions { Fixed = new Dictionary<string, double> { ["eta"] = 1 } })).Reason);

    private static FitRefusedException Refused(RefusalReason reason, string part, Points points)
    {
        var refusal = Assert.Throws<FitRefusedException>(() => Fitter.Fit(points, "chinchilla"));
        Assert.Equal(reason, refusal.Reason);
        Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refusal.Mend);
        return refusal;
    }
}
