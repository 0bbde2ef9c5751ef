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
