namespace Harness.Scaling.Tests;

public sealed class FitterTests
{
    private static readonly Truth Truth = Truths.Of("chinchilla");

    public static TheoryData<string> Objectives => ["log-huber(0.001)", "log-lad", "log-mse", "huber(0.003)", "mse", "lad", "asymmetric-mae(10)"];

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Variable_projection_and_the_start_grid_meet_under_every_objective(string objective)
    {
        FitResult fit = Fitter.Fit(Truth.Noisy(0.01, 1), "chinchilla", new FitOptions { Objective = Objective.Parse(objective), Starts = StartMode.Grid });
        Assert.InRange(fit.CrossCheck!.RelativeDifference, -1e-8, 1e-8);
        Assert.True(fit.Converged);
        Assert.True(fit.StartsAtOptimum > 100, $"{fit.StartsAtOptimum}");
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void No_neighbour_of_the_optimum_is_lower(string objective)
    {
        Points points = Truth.Noisy(0.01, 2);
        Objective o = Objective.Parse(objective);
        FitResult fit = Fitter.Fit(points, "chinchilla", new FitOptions { Objective = o });
        var random = new Random(3);
        for (int i = 0; i < 2000; i++)
        {
            // Shake along the valley: coefficients keep their terms' size at the centre of the data.
            double[] p = fit.ParameterValues;
            double reach = Math.Pow(10, -1 - (6 * random.NextDouble()));
            double da = reach * ((2 * random.NextDouble()) - 1), db = reach * ((2 * random.NextDouble()) - 1);
            p[3] += da;
            p[4] += db;
            p[1] *= Math.Exp(da * Math.Log(8e8)) * (1 + (reach * ((2 * random.NextDouble()) - 1)));
            p[2] *= Math.Exp(db * Math.Log(1e10)) * (1 + (reach * ((2 * random.NextDouble()) - 1)));
            p[0] *= 1 + (reach * ((2 * random.NextDouble()) - 1));
            Assert.True(Fitter.Evaluate(points, LawCatalog.Find("chinchilla"), p, o).Objective >= fit.Objective.Value * (1 - 1e-10));
        }
    }

    [Theory]
    [InlineData("chinchilla", 1e-6, 1e-9)]
    [InlineData("chinchilla", 1e3, 1e3)]
    [InlineData("kaplan-nd", 1e-6, 1e-9)]
    [InlineData("kaplan-nd-e", 1e-6, 1e-9)]
    public void Units_of_n_and_d_do_not_change_the_fit(string law, double n, double d)
    {
        Truth truth = Truths.Of(law);
        Points points = truth.Noisy(0.003, 4);
        FitResult plain = Fitter.Fit(points, law);
        Points other = points.With("n", [.. points.Column("n").Select(v => v * n)]).With("d", [.. points.Column("d").Select(v => v * d)]);
        FitResult scaled = Fitter.Fit(other, law);
        Assert.Equal(plain.Objective.Value, scaled.Objective.Value, 1e-8 * plain.Objective.Value);
        Assert.Equal(plain.Parameters["alpha"], scaled.Parameters["alpha"], 1e-4);
        Assert.Equal(plain.Parameters["beta"], scaled.Parameters["beta"], 1e-4);
    }

    [Fact]
    public void A_vanishing_floor_is_found_and_said()
    {
        Truth none = Truths.Make("chinchilla", [0, 20, 30, 0.12, 0.15], Truth.Points);
        FitResult fit = Fitter.Fit(none.Noisy(0.01, 5), "chinchilla");
        if (fit.Parameters["e"] == 0)
        {
            Assert.Contains(fit.Warnings, w => w.StartsWith("e -> 0", StringComparison.Ordinal));
            Assert.False(fit.StandardErrors.ContainsKey("e"));
            Assert.Equal(0, fit.Intervals["e"].Low);
            Assert.InRange(fit.Intervals["e"].High, 0.01, 2);
        }
        else
        {
            Assert.True(fit.Intervals["e"].Low < 0.5);
        }

        // Seeds differ in the sign of the noise at the floor: among twenty, both kinds occur.
        Assert.Contains(Enumerable.Range(0, 20), seed => Fitter.Fit(none.Noisy(0.01, seed), "chinchilla").Warnings.Any(w => w.StartsWith("e -> 0", StringComparison.Ordinal)));
    }

    [Fact]
    public void Exponents_derived_beside_a_vanished_floor_do_not_take_it_as_known()
    {
        Truth none = Truths.Make("chinchilla", [0, 20, 30, 0.12, 0.15], Truth.Points);
        int[] seeds = [.. Enumerable.Range(0, 60).Where(seed => Fitted(seed, null).Parameters["e"] == 0)];
        Assert.True(seeds.Length > 10, $"{seeds.Length}");
        Assert.All(seeds, seed => Assert.True(Width(Fitted(seed, null)) > 1.02 * Width(Fitted(seed, false)), $"seed {seed}"));

        FitResult Fitted(int seed, bool? profile) => Fitter.Fit(none.Noisy(0.01, seed), "chinchilla", new FitOptions { ProfileIntervals = profile });
        static double Width(FitResult fit) => fit.Derived["n_opt_exponent"].Interval is { } interval ? interval.High - interval.Low : throw new InvalidOperationException("There is no interval.");
    }

    [Fact]
    public void Exponents_derived_from_one_that_has_no_effect_have_no_interval()
    {
        // Six small runs whose data hardly matter beyond the first budget: beta runs to the end of its domain.
        FitResult fit = Fitter.Fit(
            Points.Of(("n", [3312, 3312, 14496, 14496, 25472, 25472]), ("d", [400384, 1000448, 400384, 1000448, 400384, 1000448]), ("loss", [2.4731, 2.0569, 2.301, 1.781, 2.1628, 1.6308])), "chinchilla");
        Assert.Equal(5, fit.Parameters["beta"], 1e-6);
        Assert.Null(fit.Derived["n_opt_exponent"].Interval);
    }

    [Fact]
    public void As_many_parameters_as_points_leave_nothing_to_judge_by_on_an_edge_or_not()
    {
        FitResult fit = Fitter.Fit(Points.Of(("x", [1000, 3000, 9000]), ("loss", [3, 2.7, 2.2])), "power-offset");
        Assert.Equal(0, fit.Parameters["offset"]);
        Assert.Empty(fit.StandardErrors);
        Assert.Empty(fit.Intervals);
    }

    [Fact]
    public void Fixed_parameters_stay_and_the_rest_are_recovered()
    {
        FitResult fit = Fitter.Fit(Truth.Points, "chinchilla", new FitOptions { Fixed = new Dictionary<string, double> { ["e"] = 1.69, ["alpha"] = 0.34 } });
        Assert.Equal(1.69, fit.Parameters["e"]);
        Assert.Equal(0.34, fit.Parameters["alpha"]);
        Assert.Equal(0.28, fit.Parameters["beta"], 1e-6);
        Assert.Equal(406.4, fit.Parameters["a"], 1e-2);
        Assert.False(fit.StandardErrors.ContainsKey("e"));
    }

    [Fact]
    public void Weight_two_equals_the_row_twice()
    {
        Points points = Truth.Noisy(0.01, 6);
        int[] doubled = [.. Enumerable.Range(0, points.Count), 3, 17, 40];
        double[] weights = [.. Enumerable.Range(0, points.Count).Select(i => i is 3 or 17 or 40 ? 2.0 : 1)];
        FitResult weighted = Fitter.Fit(points.With("weight", weights), "chinchilla"), repeated = Fitter.Fit(points.Select(doubled), "chinchilla");
        Assert.Equal(repeated.Objective.Value, weighted.Objective.Value, 1e-9 * repeated.Objective.Value);
    }

    [Fact]
    public void Bootstrap_is_the_same_on_any_number_of_threads_and_differs_by_seed()
    {
        Points points = Truth.Noisy(0.01, 7);
        FitResult Run(int threads, ulong seed) => Fitter.Fit(points, "chinchilla", new FitOptions { Bootstrap = new() { Resamples = 40 }, Threads = threads, Seed = seed });
        FitResult one = Run(1, 1), three = Run(3, 1);
        Assert.Equal(one.Resamples.Select(r => r[3]), three.Resamples.Select(r => r[3]));
        Assert.Equal(one.Intervals["alpha"], three.Intervals["alpha"]);
        Assert.NotEqual(one.StandardErrors["alpha"], Run(1, 2).StandardErrors["alpha"]);
    }

    [Theory]
    [InlineData(ResampleUnit.Row)]
    [InlineData(ResampleUnit.Noise)]
    public void Bootstrap_errors_agree_with_the_asymptotic_ones(ResampleUnit unit)
    {
        Points points = Truth.Noisy(0.005, 8);
        FitResult asymptotic = Fitter.Fit(points, "chinchilla", new FitOptions { Objective = Objective.LogMse() });
        FitResult bootstrap = Fitter.Fit(points, "chinchilla", new FitOptions { Objective = Objective.LogMse(), Bootstrap = new() { Resamples = 300, Unit = unit } });
        foreach (string name in new[] { "e", "alpha", "beta" })
        {
            Assert.Equal(1, bootstrap.StandardErrors[name] / asymptotic.StandardErrors[name], 0.35);
        }
    }

    [Fact]
    public void Resampling_correlated_runs_by_group_widens_the_errors()
    {
        Points points = Truth.Points;
        double[] n = points.Column("n"), exact = points.Column("loss");
        double[] sizes = [.. n.Distinct()];
        var random = new Random(9);
        double[] shifts = [.. sizes.Select(_ => 0.02 * ((2 * random.NextDouble()) - 1))];
        Points runs = Points.Of(
            new Dictionary<string, double[]> { ["n"] = n, ["d"] = points.Column("d"), ["loss"] = [.. exact.Select((l, i) => l * (1 + shifts[Array.IndexOf(sizes, n[i])]))] },
            groups: [.. n.Select(v => $"{v}")]);
        FitResult byGroup = Fitter.Fit(runs, "chinchilla", new FitOptions { Bootstrap = new() { Resamples = 200 } });
        FitResult byRow = Fitter.Fit(runs, "chinchilla", new FitOptions { Bootstrap = new() { Resamples = 200, Unit = ResampleUnit.Row } });
        Assert.StartsWith("bootstrap(group", byGroup.UncertaintyMethod, StringComparison.Ordinal);
        Assert.True(byGroup.StandardErrors["alpha"] > 1.3 * byRow.StandardErrors["alpha"]);
        Assert.Contains(byRow.Warnings, w => w.Contains("Resample by group", StringComparison.Ordinal));
    }

    [Fact]
    public void Bca_intervals_contain_the_estimate_and_differ_from_percentiles()
    {
        Points points = Truth.Noisy(0.01, 10);
        FitResult Run(IntervalMethod method) => Fitter.Fit(points, "chinchilla", new FitOptions { Bootstrap = new() { Resamples = 200, Intervals = method } });
        FitResult bca = Run(IntervalMethod.Bca), percentile = Run(IntervalMethod.Percentile);
        foreach (string name in bca.Parameters.Keys)
        {
            Assert.InRange(bca.Parameters[name], bca.Intervals[name].Low, bca.Intervals[name].High);
        }

        Assert.NotEqual(percentile.Intervals["a"], bca.Intervals["a"]);
    }

    [Fact]
    public void Profile_ends_are_where_the_best_fit_with_the_parameter_held_has_risen_equally_and_by_about_the_t_quantile()
    {
        Points points = Truth.Noisy(0.005, 13);
        var options = new FitOptions { Objective = Objective.Parse("sum:log-mse"), ProfileIntervals = true };
        FitResult fit = Fitter.Fit(points, "chinchilla", options);
        double variance = fit.Objective.Value / (64 - 5), limit = MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, 59, 0.975);
        foreach ((string name, Interval interval) in fit.Intervals)
        {
            double[] roots = [.. new[] { interval.Low, interval.High }.Select(end =>
            {
                FitResult held = Fitter.Fit(points, "chinchilla", options with { ProfileIntervals = false, Fixed = new Dictionary<string, double> { [name] = end } });
                return Math.Sqrt((held.Objective.Value - fit.Objective.Value) / variance);
            })];
            Assert.Equal(roots[0], roots[1], 0.04);
            // Errors that may differ in size move the limit by the ratio of both standard errors.
            Assert.InRange(roots[0] / limit, 0.6, 1.6);
        }
    }

    [Fact]
    public void Errors_of_a_line_are_those_for_unequal_noise_in_closed_form()
    {
        var random = new Random(17);
        double[] x = Truths.Space(1, 1e4, 30), u = [.. x.Select(v => Math.Log(v))];
        double[] y = [.. u.Select(v => Math.Exp(2 - (0.3 * v) + (0.002 * v * ((2 * random.NextDouble()) - 1))))];
        FitResult fit = Fitter.Fit(Points.Of(("x", x), ("loss", y)), "power");
        double mean = u.Average(), spread = u.Sum(v => (v - mean) * (v - mean)), slope = fit.Parameters["exponent"], intercept = Math.Log(fit.Parameters["coefficient"]);
        double sum = 0;
        for (int i = 0; i < u.Length; i++)
        {
            // MacKinnon and White (1985), HC2: squared residual over one less the leverage.
            double residual = Math.Log(y[i]) - intercept - (slope * u[i]), leverage = (1.0 / u.Length) + ((u[i] - mean) * (u[i] - mean) / spread);
            sum += (u[i] - mean) * (u[i] - mean) * residual * residual / (1 - leverage);
        }

        Assert.Equal(Math.Sqrt(sum) / spread, fit.StandardErrors["exponent"], 1e-6 * fit.StandardErrors["exponent"]);
        Assert.Equal(Math.Sqrt(sum) / spread, Math.Sqrt(fit.Covariance!.Matrix[1][1]), 1e-6 * fit.StandardErrors["exponent"]);
    }

    [Fact]
    public void Budgets_are_derived_with_their_intervals()
    {
        FitResult fit = Fitter.Fit(Truth.Noisy(0.003, 11), "chinchilla", new FitOptions { Budgets = [1e21] });
        (double n, double d, double loss) = LawCatalog.Find("chinchilla").OptimumAt(Truth.Parameters, 1e21)!.Value;
        Assert.Equal(1e21, 6 * n * d, 1e9);
        Assert.InRange(n, fit.Derived["n_opt(1E+21)"].Interval!.Low, fit.Derived["n_opt(1E+21)"].Interval!.High);
        Assert.Equal(1, fit.Derived["d_opt(1E+21)"].Value / d, 0.2);
        Assert.Equal(loss, fit.Derived["loss_opt(1E+21)"].Value, 0.02);
    }

    [Theory]
    [InlineData("chinchilla")]
    [InlineData("kaplan-nd")]
    [InlineData("kaplan-nd-e")]
    [InlineData("overtraining")]
    public void Optimum_is_where_no_other_n_does_better_at_the_same_compute(string name)
    {
        Truth truth = Truths.Of(name);
        (double n, double d, double loss) = truth.Law.OptimumAt(truth.Parameters, 1e21)!.Value;
        Assert.Equal(1, 6 * n * d / 1e21, 1e-9);
        foreach (double factor in new[] { 0.9, 0.99, 1.01, 1.1 })
        {
            double other = n * factor, tokens = 1e21 / (6 * other);
            double[] variables = [.. truth.Law.Variables.Select(v => v switch { "n" => other, "d" => tokens, "c" => 1e21, _ => tokens / other })];
            Assert.True(truth.Law.Evaluate(truth.Parameters, variables) > loss);
        }

        double target = loss + 0.01;
        Assert.Equal(target, ComputeFrontier.ForLoss(truth.Law, truth.Parameters, target).Loss, 1e-9);
    }

    [Fact]
    public void Hold_out_is_predicted_by_a_fit_that_never_saw_it()
    {
        FitResult fit = Fitter.Fit(Truth.Points, "chinchilla", new FitOptions { Holdout = Holdout.Largest("n") });
        Assert.Equal(56, fit.Points);
        Assert.Equal(8, fit.Holdout!.Points);
        Assert.True(fit.Holdout.IsExtrapolation);
        Assert.Equal(Math.Pow(400, 1.0 / 7), fit.Holdout.Distance, 1e-9);
        Assert.InRange(fit.Holdout.WorstRelativeError, 0, 1e-6);
        FitResult inside = Fitter.Fit(Truth.Points, "chinchilla", new FitOptions { Holdout = Holdout.Where("n", Truth.Points.Column("n")[24]) });
        Assert.False(inside.Holdout!.IsExtrapolation);
        Assert.Null(inside.Holdout.DistanceVariable);
        Assert.Equal(RefusalReason.InvalidHoldout, Assert.Throws<FitRefusedException>(() => Fitter.Fit(Truth.Points, "chinchilla", new FitOptions { Holdout = Holdout.Where("n", 5) })).Reason);
    }

    [Fact]
    public void Comparison_says_what_the_data_show()
    {
        double[] x = Truths.Space(1e14, 1e20, 40);
        string Say(Func<double, double> law, string column = "x")
        {
            var random = new Random(12);
            Points points = Points.Of(("x", x), ("loss", [.. x.Select(v => law(v) * (1 + (0.004 * ((2 * random.NextDouble()) - 1))))]));
            double[] order = [.. x.Order()];
            var largest = new Holdout("the eight largest", p => [.. Enumerable.Range(0, p.Count).Where(i => p.Column("x")[i] >= order[32])]);
            return LawComparison.Of(points, ["power", "power-offset", "bnsl"], new FitOptions { Holdout = largest }).Statement;
        }

        Assert.StartsWith("One power law is enough", Say(v => 50 * Math.Pow(v, -0.06)), StringComparison.Ordinal);
        Assert.StartsWith("No scaling", Say(_ => 3.3), StringComparison.Ordinal);
        Assert.StartsWith("One power law above a floor", Say(v => 2 + (3e4 * Math.Pow(v, -0.3))), StringComparison.Ordinal);
        string broken = Say(v => 30 * Math.Pow(v, -0.03) * Math.Pow(1 + Math.Pow(v / 3e16, 8), -0.15 / 8));
        Assert.StartsWith("A break near", broken, StringComparison.Ordinal);
        Assert.InRange(double.Parse(broken["A break near ".Length..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), 1.5e16, 6e16);
    }
}
