namespace Harness.Scaling.Tests;

public sealed class MultiPowerTests
{
    [Fact]
    public void Prediction_is_the_published_sum_written_out()
    {
        Truth truth = Truths.Of("multi-power");
        double[] p = truth.Parameters, step = truth.Points.Column("step");
        for (int i = 0; i < step.Length; i += 7)
        {
            double[] rate = truth.Points.Schedules[truth.Points.Groups![i]];
            int t = (int)step[i];
            double gain = 0;
            for (int k = 1; k <= t; k++)
            {
                double s = rate[k..(t + 1)].Sum();
                gain += (rate[k - 1] - rate[k]) * (1 - Math.Pow(1 + (p[4] * Math.Pow(rate[k], -p[6]) * s), -p[5]));
            }

            double expected = p[0] + (p[1] * Math.Pow(rate[..(t + 1)].Sum(), -p[3])) - (p[2] * gain);
            Assert.Equal(expected, truth.Points.Column("loss")[i], 1e-9);
        }
    }

    [Fact]
    public void Schedules_drawn_through_the_rows_stand_in_for_given_ones()
    {
        Truth truth = Truths.Of("multi-power");
        Points drawn = Points.Of(
            new Dictionary<string, double[]> { ["step"] = truth.Points.Column("step"), ["lr"] = truth.Points.Column("lr"), ["warmup"] = truth.Points.Column("warmup") },
            groups: truth.Points.Groups);
        var losses = new double[drawn.Count];
        truth.Law.Bind(drawn).Predict(truth.Parameters, losses);
        double[] exact = truth.Points.Column("loss");
        for (int i = 0; i < exact.Length; i++)
        {
            // Rows are 120 steps apart and begin at 400: a jump between two of them is drawn as a slope, and the peak before the first is not known.
            Assert.Equal(exact[i], losses[i], truth.Points.Groups![i] == "step" ? 0.02 : 5e-3);
        }
    }

    public static TheoryData<string> Courses => ["cosine", "linear to zero", "exponential", "step", "corners", "single precision", "random"];

    [Theory]
    [MemberData(nameof(Courses))]
    public void Sums_by_stretches_are_the_sums_over_every_change(string course)
    {
        const int Total = 9000, Warmup = 900;
        var random = new Random(3);
        double Cosine(double k) => k < Warmup ? 3e-4 * k / Warmup : 3e-5 + (0.5 * 2.7e-4 * (1 + Math.Cos(Math.PI * (k - Warmup) / (Total - Warmup))));
        double[] rates = [.. Enumerable.Range(0, Total).Select(k => course switch
        {
            "linear to zero" => k < Warmup ? 3e-4 * k / Warmup : k < 6000 ? 3e-4 : 3e-4 * (Total - k) / 3000,
            "exponential" => k < Warmup ? 3e-4 * k / Warmup : k < 6000 ? 3e-4 : 3e-4 * Math.Pow(0.1, (k - 6000) / 3000.0),
            "step" => k < Warmup ? 3e-4 * k / Warmup : k < 4000 ? 3e-4 : 9e-5,
            "corners" => Cosine(k / 128 * 128) + ((Cosine((k / 128 * 128) + 128) - Cosine(k / 128 * 128)) * (k % 128) / 128),
            "single precision" => (float)Cosine(k),
            "random" => Cosine(k) * (1 + (0.01 * random.NextDouble())),
            _ => Cosine(k),
        })];
        var curve = new LearningRateCurve(rates);
        var tree = new ChangeTree(curve);
        foreach (int step in new[] { 5, 200, 901, 3000, 6500, Total - 1 })
        {
            List<ChangeBlock> blocks = tree.Until(step);
            Assert.True(course == "random" || step < 901 || blocks.Sum(b => b.Weights.Length) < curve.Steps.Count(s => s <= step) / 3);
            foreach ((double c, double beta, double gamma) in new[] { (2.0, 0.6, 0.64), (1e-3, 4, 0), (1e4, 0.05, 2) })
            {
                double F(double before, double rate) => 1 - Math.Pow(1 + (c * Math.Exp(-gamma * rate) * (curve.Sums[step] - before)), -beta);
                double exact = Enumerable.Range(0, curve.Steps.Length).Where(k => curve.Steps[k] <= step).Sum(k => curve.Drops[k] * F(curve.SumsBefore[k], curve.LogRates[k]));
                double quick = blocks.Sum(b => Enumerable.Range(0, b.Weights.Length).Sum(j => b.Weights[j] * F(b.Before[j], b.LogRates[j])));
                // In units of the peak rate: 1e-10 of the largest gain; rates in single precision are taken as the smooth course that they round.
                Assert.Equal(exact, quick, (course is "single precision" or "corners" ? 1e-8 : 1e-10) * 3e-4);
            }
        }
    }

    [Fact]
    public void A_single_point_is_a_constant_rate_after_a_rise_from_zero()
    {
        Truth truth = Truths.Of("multi-power");
        const double Rate = 2e-4;
        const int Step = 1500;
        // Rates 0, Rate, Rate, ...: S1 counts the step of the rise and all after it.
        double[] rates = [0, .. Enumerable.Repeat(Rate, Step + 1)];
        Points run = Points.Of(
            new Dictionary<string, double[]> { ["step"] = [Step + 1], ["lr"] = [Rate] },
            groups: ["a"],
            schedules: new Dictionary<string, double[]> { ["a"] = rates });
        var whole = new double[1];
        truth.Law.Bind(run).Predict(truth.Parameters, whole);
        Assert.Equal(whole[0], truth.Law.Evaluate(truth.Parameters, [Step, Rate]), 1e-12);
        double[] gradient = new double[7], high = [.. truth.Parameters], low = [.. truth.Parameters];
        truth.Law.Gradient(truth.Parameters, [Step, Rate], gradient);
        for (int j = 0; j < 7; j++)
        {
            double h = 1e-6 * truth.Parameters[j];
            (high[j], low[j]) = (truth.Parameters[j] + h, truth.Parameters[j] - h);
            Assert.Equal((truth.Law.Evaluate(high, [Step, Rate]) - truth.Law.Evaluate(low, [Step, Rate])) / (2 * h), gradient[j], 1e-5 * Math.Max(1e-6, Math.Abs(gradient[j])));
            (high[j], low[j]) = (truth.Parameters[j], truth.Parameters[j]);
        }
    }

    [Fact]
    public void A_schedule_shorter_than_its_rows_is_refused()
    {
        Points points = Points.Of(
            new Dictionary<string, double[]> { ["step"] = [10, 20], ["lr"] = [1, 1], ["loss"] = [4, 3] },
            groups: ["a", "a"],
            schedules: new Dictionary<string, double[]> { ["a"] = new double[15] });
        Assert.Equal(RefusalReason.InvalidVariable, Assert.Throws<FitRefusedException>(() => new MultiPower().BindBasis(points)).Reason);
    }
}
