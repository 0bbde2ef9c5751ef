using MathNet.Numerics.Distributions;

namespace Harness.Scaling.Tests;

/// <summary>Intervals of quantities that cannot be negative, or exceed 1, stay where the quantity can be, however vague.</summary>
public sealed class PositiveIntervalTests
{
    [Fact]
    public void Coefficient_of_a_power_law_has_the_closed_form_interval_of_a_regression_on_logarithms()
    {
        // Four points that scatter by a tenth: the coefficient, 1.6e3 or so, is known to a factor only.
        double[] d = [1e6, 2e6, 4e6, 8e6], loss = [3.1, 2.2, 2.1, 1.4], u = [.. d.Select(v => Math.Log(v))], w = [.. loss.Select(v => Math.Log(v))];
        double mean = u.Average(), spread = u.Sum(v => (v - mean) * (v - mean)), slope = u.Zip(w, (a, b) => (a - mean) * b).Sum() / spread, intercept = w.Average() - (slope * mean);
        double variance = u.Zip(w, (a, b) => b - intercept - (slope * a)).Sum(r => r * r) / 2, error = Math.Sqrt(variance * (0.25 + (mean * mean / spread)));
        double reach = StudentT.InvCDF(0, 1, 2, 0.975) * error;

        Estimate coefficient = Fitter.Fit(Points.Of(("d", d), ("loss", loss)), "kaplan-d").Derived["coefficient"];

        Assert.Equal(Math.Exp(intercept), coefficient.Value, 1e-6 * coefficient.Value);
        Assert.Equal(Math.Exp(intercept - reach), coefficient.Interval!.Low, 1e-3 * coefficient.Interval.Low);
        Assert.Equal(Math.Exp(intercept + reach), coefficient.Interval.High, 1e-3 * coefficient.Interval.High);
        Assert.True(coefficient.StandardError * 1.96 > coefficient.Value, "a symmetric interval would reach below zero, so that the case tests something");
    }

    [Fact]
    public void Shares_stay_between_0_and_1_and_a_quantity_and_its_complement_mirror_each_other()
    {
        Points points = Truths.Of("chinchilla").Noisy(0.15, 3);
        FitResult fit = Fitter.Fit(points, "chinchilla", new FitOptions { Objective = Objective.LogMse() });
        Interval n = fit.Derived["n_opt_exponent"].Interval!, d = fit.Derived["d_opt_exponent"].Interval!;
        Assert.InRange(n.Low, 0, fit.Derived["n_opt_exponent"].Value);
        Assert.InRange(n.High, fit.Derived["n_opt_exponent"].Value, 1);
        Assert.Equal(1 - n.High, d.Low, 1e-6);
        Assert.Equal(1 - n.Low, d.High, 1e-6);
    }

    [Theory]
    [InlineData("chinchilla")]
    [InlineData("kaplan-n")]
    [InlineData("kaplan-d")]
    [InlineData("kaplan-c")]
    [InlineData("bcrit")]
    [InlineData("power-offset")]
    public void No_interval_leaves_the_domain_when_noise_drowns_the_law(string name)
    {
        Truth truth = Truths.Of(name);
        int refused = 0;
        for (int seed = 0; seed < 6; seed++)
        {
            Points points = truth.Noisy(0.6, seed).Select([.. Enumerable.Range(0, truth.Points.Count).Where(i => i % 3 == seed % 3)]);
            FitResult fit;
            try
            {
                fit = Fitter.Fit(points, name, new FitOptions { Budgets = truth.Law.OptimumAt(truth.Parameters, 1e21) is null ? [] : [1e21] });
            }
            catch (FitRefusedException e) when (e.Reason == RefusalReason.NoScaling)
            {
                // So much noise that losses do not fall at all.
                refused++;
                continue;
            }

            foreach (LawParameter parameter in truth.Law.Parameters)
            {
                if (fit.Intervals.TryGetValue(parameter.Name, out Interval? interval))
                {
                    Assert.True(interval.Low >= parameter.Lower && interval.High <= parameter.Upper, $"{parameter.Name}: {interval}");
                    Assert.InRange(fit.Parameters[parameter.Name], interval.Low, interval.High);
                }
            }

            foreach ((string quantity, Estimate estimate) in fit.Derived.Where(q => q.Key != "exponent" && q.Value.Interval is not null))
            {
                Assert.True(estimate.Interval!.Low >= 0, $"{quantity}: {estimate.Interval}");
            }
        }

        Assert.InRange(refused, 0, 3);
    }
}
