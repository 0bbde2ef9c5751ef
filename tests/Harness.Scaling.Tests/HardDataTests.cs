namespace Harness.Scaling.Tests;

/// <summary>Data that a law cannot be meant for, as a first look at a foreign table may bring them: every law under every kind of objective gives a fit that can be written down, or a refusal.</summary>
public sealed class HardDataTests
{
    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (string law in LongTests.Wanted ? [.. LawCatalog.Laws.Select(l => l.Name)] : new[] { "loss-to-loss", "overtraining-error", "kaplan-n", "kaplan-steps", "vocabulary" })
            {
                foreach (string objective in new[] { "log-huber", "log-lad", "lad", "mse", "asymmetric-mae(10)" })
                {
                    if (law != "vocabulary" || !objective.StartsWith("log", StringComparison.Ordinal))
                    {
                        cases.Add(law, objective);
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Flat_rising_and_noisy_data_end_in_numbers_or_a_refusal(string name, string objective)
    {
        Truth truth = Truths.Of(name);
        double[] exact = truth.Points.Column(truth.Law.Target);
        var random = new Random(4);
        double Noise() => 0.02 * ((2 * random.NextDouble()) - 1);
        foreach (double[] target in new double[][]
        {
            [.. exact.Select(_ => exact.Average() * (1 + (0.1 * Noise())))],
            [.. exact.Select(y => (exact.Max() + exact.Min() - y) * (1 + Noise()))],
            [.. exact.Select(y => y * (1 + (10 * Noise())))],
        })
        {
            try
            {
                FitResult fit = Fitter.Fit(truth.Points.With(truth.Law.Target, target), truth.Law, new FitOptions { Objective = Objective.Parse(objective) });
                Assert.True(double.IsFinite(fit.Objective.Value));
                Assert.All(fit.Predictions, p => Assert.True(double.IsFinite(p)));
                Assert.All(fit.Derived.Values, d => Assert.True(double.IsFinite(d.Value)));
                Assert.All(fit.Parameters, p => Assert.True(double.IsFinite(p.Value), p.Key));
                Assert.All(fit.Intervals, i => Assert.InRange(fit.Parameters[i.Key], i.Value.Low - (1e-9 * Math.Abs(i.Value.Low)), i.Value.High + (1e-9 * Math.Abs(i.Value.High))));
                // What is written down gives back what was fitted.
                double[] again = new double[target.Length];
                truth.Law.Bind(truth.Points).Predict(fit.ParameterValues, again);
                Assert.All(Enumerable.Range(0, again.Length), i => Assert.Equal(fit.Predictions[i], again[i], 1e-6 * Math.Abs(again[i])));
            }
            catch (FitRefusedException refusal)
            {
                Assert.Equal(RefusalReason.NoScaling, refusal.Reason);
                Assert.Contains("a constant fits as well", refusal.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_law_of_scales_refuses_losses_that_do_not_fall()
    {
        double[] n = Truths.Space(1e6, 1e9, 12);
        Points flat = Points.Of(("n", n), ("loss", [.. n.Select((_, i) => 3 + (0.001 * (i % 3)))]));
        FitRefusedException refusal = Assert.Throws<FitRefusedException>(() => Fitter.Fit(flat, "kaplan-n"));
        Assert.Equal(RefusalReason.NoScaling, refusal.Reason);
        Assert.StartsWith("alpha_n = ", refusal.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_ran_off_until_it_has_no_effect_is_named()
    {
        Truth truth = Truths.Of("kaplan-nd");
        double[] exact = truth.Points.Column("loss");
        FitResult fit = Fitter.Fit(truth.Points.With("loss", [.. exact.Select((y, i) => (exact.Max() + exact.Min() - y) * (1 + (0.002 * ((i * 7 % 5) - 2))))]), "kaplan-nd");
        Assert.Contains(fit.Warnings, w => w.Contains("effectively", StringComparison.Ordinal));
        Assert.All(fit.Parameters.Where(p => p.Value is < 1e-40 or > 1e40), p => Assert.Contains(fit.Warnings, w => w.StartsWith(p.Key + " ", StringComparison.Ordinal)));
    }
}
