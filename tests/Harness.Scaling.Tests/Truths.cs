namespace Harness.Scaling.Tests;

/// <summary>A law with parameters and a design of points whose target is exact.</summary>
internal sealed record Truth(Law Law, double[] Parameters, Points Points)
{
    /// <summary>
    /// Another truth of the same kind: every shape parameter moved by up to ten per cent and, for laws with coefficients, each term by as much at the centre of the data.
    /// </summary>
    public Truth Moved(int seed)
    {
        Random random = Truths.Generator(seed);
        double Factor() => 1 + ((Law is LossToLoss ? 0.04 : 0.1) * ((2 * random.NextDouble()) - 1));
        if (Law is not SeparableLaw separable)
        {
            return Truths.Make(Law.Name, [.. Parameters.Select((p, j) => p * (Law.Parameters[j].Scale == ParameterScale.Linear || Law is M4 ? Factor() : 1))], Points);
        }

        int k = separable.CoefficientCount;
        double[] shape = [.. Parameters.Skip(k).Select(q => q * Factor())], coefficients = new double[k], before = new double[k], after = new double[k], centre = [.. Law.Variables.Select(Centre)];
        separable.ToCoefficients(Parameters, coefficients);
        separable.Basis(Parameters.AsSpan(k), centre, before);
        separable.Basis(shape, centre, after);
        return Truths.Make(Law.Name, separable.ToParameters([.. coefficients.Select((c, i) => c * (after[i] == 0 ? 1 : before[i] / after[i]) * Factor())], shape), Points);
    }

    private double Centre(string variable) => Points.TryColumn(variable, out double[]? values) && values.Any(double.IsFinite)
        ? Math.Exp(values.Where(double.IsFinite).Average(v => Math.Log(v)))
        : double.PositiveInfinity;

    /// <summary>The same law on so many points over the same ranges, as sweeps of few runs are: in a row, or for two variables on a grid as square as their number allows.</summary>
    public Truth WithRows(int rows)
    {
        double[][] ranges = [.. Law.Variables.Select(v => new[] { Points.Column(v).Min(), Points.Column(v).Max() })];
        if (ranges.Length == 1)
        {
            return Truths.Make(Law.Name, Parameters, Points.Of((Law.Variables[0], Truths.Space(ranges[0][0], ranges[0][1], rows))));
        }

        int few = Enumerable.Range(1, (int)Math.Sqrt(rows)).Last(k => rows % k == 0);
        (double First, double Second)[] grid = [.. Truths.Space(ranges[0][0], ranges[0][1], rows / few).SelectMany(a => Truths.Space(ranges[1][0], ranges[1][1], few).Select(b => (a, b)))];
        return Truths.Make(Law.Name, Parameters, Points.Of((Law.Variables[0], [.. grid.Select(g => g.First)]), (Law.Variables[1], [.. grid.Select(g => g.Second)])));
    }

    /// <summary>The same design with noise: relative (on logarithms) or absolute.</summary>
    public Points Noisy(double sigma, int seed, bool relative = true) => Noisy(_ => sigma, seed, relative);

    /// <summary>The same design with noise that grows with the target, from 0.4 to 6 times sigma: small and early models scatter more than large ones.</summary>
    public Points Uneven(double sigma, int seed)
    {
        double least = Points.Column(Law.Target).Min(), range = Points.Column(Law.Target).Max() - least;
        return Noisy(y => sigma * (0.4 + (5.6 * (y - least) / range)), seed, true);
    }

    private Points Noisy(Func<double, double> sigma, int seed, bool relative)
    {
        Random random = Truths.Generator(seed);
        double[] exact = Points.Column(Law.Target);
        return Points.With(Law.Target, [.. exact.Select(y =>
        {
            double noise = sigma(y) * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return relative ? y * Math.Exp(noise) : y + noise;
        })]);
    }
}

/// <summary>One truth for every law, with constants of the literature's size; <c>LAW/ROWS</c> is the same law on fewer points.</summary>
internal static class Truths
{
    /// <summary>A generator whose draws have nothing to do with those of its neighbours: .NET's own, for seeds in a row, draws points of a lattice (each draw is linear in the seed), and errors of fits over such
    /// truths were up to a tenth too large or too small on average.</summary>
    public static Random Generator(int seed)
    {
        ulong z = (ulong)seed * 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return new Random((int)((z ^ (z >> 31)) >> 33));
    }

    public static Truth Of(string name) => name.Split('/') is [var law, var rows] ? Of(law).WithRows(int.Parse(rows, System.Globalization.CultureInfo.InvariantCulture)) : name switch
    {
        "chinchilla" => Joint(name, [1.69, 406.4, 410.7, 0.34, 0.28]),
        "kaplan-n" => Single(name, "n", Space(1e6, 1e10, 24), [8.8e13, 0.076]),
        "kaplan-d" => Single(name, "d", Space(1e8, 1e12, 24), [5.4e13, 0.095]),
        "kaplan-c" => Single(name, "c", Space(1e16, 1e22, 24), [1.6e7 * 8.64e19, 0.057]),
        "kaplan-nd" => Joint(name, [6.4e13, 1.8e13, 0.076, 0.103]),
        "kaplan-nd-e" => Joint(name, [1.7, 8e8, 1.5e10, 0.45, 0.5]),
        "kaplan-steps" => Cross(name, "n", Space(1e6, 1e9, 8), "steps", Space(1e3, 3e5, 8), [6.5e13, 2.1e3, 0.077, 0.76]),
        "bcrit" => Single(name, "loss", Space(2, 7, 24), [2e8, 1 / 0.21]),
        "power" => Single(name, "x", Space(1e6, 1e10, 24), [14, -0.076]),
        "power-offset" => Single(name, "x", Space(1e6, 1e10, 24), [1.8, 400, -0.34]),
        "shifted-power" => Single(name, "x", Space(1e6, 1e10, 24), [400, 0.3, 1e-9]),
        "m4" => Single(name, "x", Space(1e3, 1e8, 30), [0.2, 1.1, 0.6, 40, -0.45]),
        "bnsl" => Single(name, "x", Space(1e4, 1e12, 50), [0.3, 20, 0.1, 0.25, 1e8, 0.3]),
        "bnsl-2" => Single(name, "x", Space(1e3, 1e13, 80), [0.2, 20, 0.08, 0.3, 1e6, 0.25, -0.2, 1e10, 0.3]),
        "bnsl-3" => Single(name, "x", Space(1e2, 1e14, 120), [0.1, 20, 0.1, 0.3, 1e5, 0.25, -0.25, 1e8, 0.25, 0.3, 1e11, 0.25]),
        "data-constrained" => Repeated(),
        "overtraining" => Overtrained(),
        "overtraining-error" => Single(name, "loss", Space(2, 6, 24), [0.85, 2.08, 0.756]),
        "multi-power" => Curves(),
        "vocabulary" => Vocabulary(),
        "moe-routing" => Cross(name, "n", Space(1.5e7, 1.3e9, 7), "experts", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], [-0.082, -0.108, 0.009, 1.104, 1.847, 314.478]),
        "precision" => LowPrecision(),
        "pass-at-k" => Single(name, "k", Space(1, 1e4, 30), [1.6, -0.4]),
        "loss-to-loss" => Single(name, "x", Space(1.6, 5, 40), [1.3, 0.9, 1.15, 1.5]),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no truth for this law: add one."),
    };

    public static double[] Space(double low, double high, int count) =>
        [.. Enumerable.Range(0, count).Select(i => low * Math.Pow(high / low, (double)i / (count - 1)))];

    public static Truth Make(string name, double[] parameters, Points points)
    {
        Law law = LawCatalog.Find(name);
        var target = new double[points.Count];
        law.Bind(points).Predict(parameters, target);
        return new Truth(law, parameters, points.With(law.Target, target));
    }

    private static Truth Single(string name, string variable, double[] values, double[] parameters) => Make(name, parameters, Points.Of((variable, values)));

    private static Truth Joint(string name, double[] parameters) => Cross(name, "n", Space(4e7, 1.6e10, 8), "d", Space(2e8, 5e11, 8), parameters);

    private static Truth Cross(string name, string first, double[] firsts, string second, double[] seconds, double[] parameters)
    {
        (double A, double B)[] pairs = [.. firsts.SelectMany(a => seconds.Select(b => (a, b)))];
        return Make(name, parameters, Points.Of((first, [.. pairs.Select(p => p.A)]), (second, [.. pairs.Select(p => p.B)])));
    }

    private static Truth Overtrained()
    {
        (double N, double M)[] pairs = [.. Space(1e7, 7e9, 6).SelectMany(n => new[] { 5.0, 20, 80, 320, 640 }.Select(m => (n, m)))];
        return Make("overtraining", [1.51, 141.3, 189.5, 0.121], Points.Of(("n", [.. pairs.Select(p => p.N)]), ("d", [.. pairs.Select(p => p.N * p.M)])));
    }

    private static Truth Repeated()
    {
        List<(double N, double D, double U)> rows = [];
        foreach (double n in Space(7e6, 8e9, 7))
        {
            foreach (double unique in new[] { 1e8, 1.5e9, 1.2e10 })
            {
                foreach (double epochs in new[] { 0.7, 1, 4, 16, 60, 300 })
                {
                    rows.Add((n, unique * epochs, unique));
                }
            }
        }

        return Make(
            "data-constrained",
            [Math.Exp(0.6254804), Math.Exp(6.255414), Math.Exp(7.3049974), 0.3526596, 0.3526596, 15.387756, 5.309743],
            Points.Of(("n", [.. rows.Select(r => r.N)]), ("d", [.. rows.Select(r => r.D)]), ("unique", [.. rows.Select(r => r.U)])));
    }

    private static Truth Vocabulary()
    {
        (double N, double V, double D)[] rows = [.. Space(3e7, 1e9, 5).SelectMany(n => Space(4e3 * 512, 1e5 * 512, 5).SelectMany(v => Space(1e9, 1e11, 5).Select(d => (n, v, d))))];
        return Make("vocabulary", [5.5, 300, 80, 400, 0.42, 0.35, 0.31], Points.Of(("n_nv", [.. rows.Select(r => r.N)]), ("n_v", [.. rows.Select(r => r.V)]), ("d", [.. rows.Select(r => r.D)])));
    }

    private static Truth LowPrecision()
    {
        List<double[]> rows = [];
        foreach (double n in Space(3e7, 1.7e9, 4))
        {
            foreach (double d in Space(1.5e9, 2.6e10, 3))
            {
                foreach (double w in new[] { 3, 6, 12.0 })
                {
                    foreach (double a in new[] { 4, 12.0 })
                    {
                        foreach (double kv in new[] { 3, 12.0 })
                        {
                            foreach (double post in new[] { 4, 6, double.PositiveInfinity })
                            {
                                rows.Add([n, d, w, a, kv, post]);
                            }
                        }
                    }
                }
            }
        }

        string[] names = ["n", "d", "p_w", "p_a", "p_kv", "p_post"];
        return Make(
            "precision",
            [2.7, 4300, 18000, 0.06, 0.5, 0.52, 2.7, 2.2, 0.96, 0.51, 0.34, 0.59],
            Points.Of([.. names.Select((name, j) => (name, rows.Select(r => r[j]).ToArray()))]));
    }

    private static Truth Curves()
    {
        const int Total = 4000, Warmup = 200;
        var schedules = new Dictionary<string, double[]>
        {
            ["cosine"] = Schedule(k => 3e-5 + (0.5 * 2.7e-4 * (1 + Math.Cos(Math.PI * (k - Warmup) / (Total - Warmup))))),
            ["constant"] = Schedule(_ => 3e-4),
            ["step"] = Schedule(k => k < 2500 ? 3e-4 : 9e-5),
        };
        List<double> steps = [], rates = [];
        List<string> groups = [];
        foreach ((string name, double[] rate) in schedules)
        {
            for (int k = 400; k < Total; k += 120)
            {
                steps.Add(k);
                rates.Add(rate[k]);
                groups.Add(name);
            }
        }

        Points points = Points.Of(
            new Dictionary<string, double[]> { ["step"] = [.. steps], ["lr"] = [.. rates], ["warmup"] = [.. steps.Select(_ => (double)Warmup)] },
            groups: groups,
            schedules: schedules);
        return Make("multi-power", [3.04, 0.52, 363.8, 0.51, 2.07, 0.58, 0.64], points);

        static double[] Schedule(Func<int, double> rate) => [.. Enumerable.Range(0, Total).Select(k => k < Warmup ? 3e-4 * k / Warmup : rate(k))];
    }
}
