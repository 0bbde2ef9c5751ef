using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Reporting.Fits;
using Harness.Reporting.Plots;
using Harness.Reporting.Runs;
using Harness.Reporting.Tests.Runs;

namespace Harness.Reporting.Tests.Plots;

/// <summary>A sweep whose losses come from a known law with seeded noise, with training curves that look like real ones.</summary>
internal static class SampleSweep
{
    public static SyntheticLaw Truth { get; } = new(0.85, 14.2, 92, 0.31, 0.37, 0.008, 0);

    private static readonly (int Layers, int Width)[] Sizes = [(1, 32), (2, 48), (2, 64), (3, 96), (4, 128), (6, 192), (8, 256)];

    /// <summary>Sizes times budgets.</summary>
    public static SweepData Grid(int budgets = 5, bool joint = true, int seeds = 1)
    {
        var (runs, rows) = GridRows(budgets, seeds);
        return Data(runs, rows, joint);
    }

    /// <summary>The curves of <see cref="Grid"/> as curves.csv holds them.</summary>
    public static IReadOnlyList<CurveRow> GridCurves() => GridRows(5, 1).Rows;

    private static (List<RunRow> Runs, List<CurveRow> Rows) GridRows(int budgets, int seeds)
    {
        var random = new Random(7);
        var runs = new List<RunRow>();
        var rows = new List<CurveRow>();
        foreach (var (layers, width) in Sizes)
        {
            for (int b = 0; b < budgets; b++)
            {
                for (int s = 0; s < seeds; s++)
                {
                    Add(runs, rows, random, layers, width, steps: 250L << b, seed: s);
                }
            }
        }

        runs.Add(Diverged());
        return (runs, rows);
    }

    /// <summary>Sizes along isoFLOP budgets.</summary>
    public static SweepData IsoFlop()
    {
        var random = new Random(7);
        var runs = new List<RunRow>();
        var rows = new List<CurveRow>();
        var optima = new List<BudgetRecord>();
        foreach (double budget in new[] { 1e12, 3e12, 1e13, 3e13, 1e14 })
        {
            foreach (int width in new[] { 24, 32, 40, 48, 64, 80, 96, 128, 160, 192 })
            {
                var model = Some.Model(Math.Max(1, width / 32), width);
                long n = ParameterCounts.Of(model).NonEmbedding;
                long steps = (long)(budget / (6.0 * n * 2048));
                if (steps is >= 20 and < 200_000)
                {
                    Add(runs, rows, random, model.LayerCount, width, steps, 0, ("isoflop", budget.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
                }
            }

            var best = new Scaling.Chinchilla().OptimumAt(Parameters, budget)!.Value;
            optima.Add(new BudgetRecord(budget, best.N, best.D, best.Loss, 10));
        }

        return Data(runs, rows, joint: true) with { Optima = new Dictionary<string, IReadOnlyList<BudgetRecord>> { ["isoflop"] = optima } };
    }

    /// <summary>Tokens follow the size: no two runs share a budget.</summary>
    public static SweepData Ladder()
    {
        var random = new Random(7);
        var runs = new List<RunRow>();
        var rows = new List<CurveRow>();
        foreach (var (layers, width) in Sizes)
        {
            Add(runs, rows, random, layers, width, Math.Max(1, 20 * ParameterCounts.Of(Some.Model(layers, width)).NonEmbedding / 2048), 0);
        }

        return Data(runs, rows, joint: false) with { Laws = [Power("c", 37.0, 0.096)] };
    }

    public static double[] Parameters => [Truth.E, Truth.A, Truth.B, Truth.Alpha, Truth.Beta];

    /// <summary>The truth as a fit with a bootstrap would report it.</summary>
    public static FitRecord ChinchillaFit()
    {
        var random = new Random(3);
        double Jitter(double scale) => Math.Exp(scale * (random.NextDouble() + random.NextDouble() - 1));
        string[] names = ["e", "a", "b", "alpha", "beta"];
        double[][] draws = [.. Enumerable.Range(0, 200).Select(_ => new[] { Truth.E * Jitter(0.05), Truth.A * Jitter(0.1), Truth.B * Jitter(0.1), Truth.Alpha * Jitter(0.02), Truth.Beta * Jitter(0.02) })];
        return new FitRecord
        {
            Law = "chinchilla",
            Equation = "loss = e + a/n^alpha + b/d^beta",
            Source = "Hoffmann et al. 2022, arXiv 2203.15556, eq. 2",
            Variables = ["n", "d"],
            Objective = new ObjectiveRecord("log-huber", 1e-3, null, "sum", 1.2e-4),
            Parameters = names.Zip(Parameters).ToDictionary(p => p.First, p => p.Second),
            Intervals = names.Select((p, i) => (p, i)).ToDictionary(p => p.p, p => (double[]?)[draws.Min(d => d[p.i]), draws.Max(d => d[p.i])]),
            Uncertainty = "bootstrap(row, 200, percentile)",
            Derived = new Dictionary<string, DerivedRecord> { ["n_opt_exponent"] = new(0.544, 0.01, [0.52, 0.56], "a = beta/(alpha+beta): the compute-optimal n grows as c^a"), ["d_opt_exponent"] = new(0.456, 0.01, [0.44, 0.48], "b = alpha/(alpha+beta): the compute-optimal d grows as c^b") },
            Points = 35,
            Excluded = [new ExcludedRecord("runs.csv:37 (0123456789abcdef)", "status is diverged", null)],
            Starts = 324,
            StartsAtOptimum = 324,
            Converged = true,
            StoppedBy = "stationary",
            Warnings = ["The optimum of e is flat."],
            Goodness = new Goodness(0.9987, 0.006, 0.008, 0.004, 0.02),
            Holdout = new HoldoutRecord { Rule = "largest-n", Points = 5, Kind = "extrapolation", Distance = 2.4, DistanceVariable = "n", MeanRelativeError = 0.0061, WorstRelativeError = 0.013, MeanSignedRelativeError = -0.002 },
            Conventions = new Dictionary<string, string> { ["n"] = "non_embedding_params (Kaplan's count: without embeddings and head)", ["d"] = "tokens", ["loss"] = "val_loss_nats_per_token" },
            Draws = DrawsRecord.Of(names, draws),
        };
    }

    public static FittedLaw Chinchilla() => FittedLaw.Of(ChinchillaFit())!;

    public static FittedLaw Power(string variable, double coefficient, double exponent, double offset = 0) => new()
    {
        Law = $"kaplan-{variable}",
        Formula = LawFormula.Of(
            offset == 0 ? $"loss = coefficient * {variable}^-exponent" : $"loss = offset + coefficient * {variable}^-exponent",
            [new("coefficient", coefficient), new("exponent", exponent), new("offset", offset)]),
        Variables = [variable],
        Loss = x => offset + (coefficient * Math.Pow(x[0], -exponent)),
        Band = x => (0.985 * (offset + (coefficient * Math.Pow(x[0], -exponent))), 1.02 * (offset + (coefficient * Math.Pow(x[0], -exponent)))),
    };

    private static void Add(List<RunRow> runs, List<CurveRow> rows, Random random, int layers, int width, long steps, long seed, params (string, string)[] labels)
    {
        var spec = Some.Spec(Some.Model(layers, width), steps);
        spec = spec with { Training = spec.Training with { Seed = seed } };
        var run = Some.Run(spec, $"gpt2-l{layers}-d{width}-t{ShortNumber.Count(spec.Training.Tokens)}-s{seed}", labels);
        double n = ParameterCounts.Of(spec.Model).NonEmbedding;
        double noise = Math.Exp(Truth.Noise * Gaussian(random));
        runs.Add(RunRow.Of(run, Some.Result(run, Truth.LossAt(n, spec.Training.Tokens) * noise), 1, 8_000_000));
        long every = Math.Max(1, steps / 25);
        for (long step = every; step <= steps; step += every)
        {
            double tokens = step * 2048.0;
            double decay = 0.06 * (1 - ((double)step / steps));
            double loss = (Truth.LossAt(n, tokens) * (1 + decay) * Math.Exp(0.006 * Gaussian(random)) * noise) + (0.4 * Math.Exp(-tokens / 2e5));
            rows.Add(new CurveRow(run.Id.Value, run.Name, new MetricRow(step, step * 2048, 6 * n * tokens, loss * 1.01, Math.Min(5.5, loss), 1e-3, 0.5, 50_000, step * 0.04)));
        }
    }

    private static RunRow Diverged()
    {
        var run = Some.Run(Some.Spec(Some.Model(8, 320), 4000), "gpt2-l8-d320-hot");
        return RunRow.Of(run, new RunResult { Id = run.Id, Status = RunStatus.Diverged, Steps = 412, Tokens = 412 * 2048, DivergedAtStep = 412, Device = "cpu" }, 1);
    }

    private static SweepData Data(List<RunRow> runs, List<CurveRow> rows, bool joint)
    {
        var done = runs.Where(r => r.IsCompleted).ToList();
        long mostTokens = done.Max(r => r.Tokens), largest = done.Max(r => r.NonEmbeddingParameters);
        var atMostTokens = done.Where(r => r.Tokens > 0.95 * mostTokens).Select(r => ((double)r.NonEmbeddingParameters, r.ValidationLoss!.Value)).ToList();
        var atLargest = done.Where(r => r.NonEmbeddingParameters == largest).Select(r => ((double)r.Tokens, r.ValidationLoss!.Value)).ToList();
        var frontier = Frontier.LowerHull(done.Select(r => new PlotPoint(r.Flops.SixND, r.ValidationLoss!.Value))).Select(p => (p.X, p.Y)).ToList();
        return new SweepData
        {
            Runs = runs,
            Curves = Curve.From(rows),
            Laws = [.. Line("n", atMostTokens, 0), .. Line("n", atMostTokens, 0.95), .. Line("d", atLargest, 0), .. Line("c", frontier, 0), .. joint ? [Chinchilla()] : Array.Empty<FittedLaw>()],
        };
    }

    /// <summary>A straight line through the logarithms, enough for a picture.</summary>
    private static IEnumerable<FittedLaw> Line(string variable, List<(double X, double Loss)> points, double offset)
    {
        if (points.Count < 3)
        {
            yield break;
        }

        double x = points.Average(p => Math.Log(p.X)), y = points.Average(p => Math.Log(p.Loss - offset));
        double slope = points.Sum(p => (Math.Log(p.X) - x) * (Math.Log(p.Loss - offset) - y)) / points.Sum(p => Math.Pow(Math.Log(p.X) - x, 2));
        yield return Power(variable, Math.Exp(y - (slope * x)), -slope, offset);
    }

    private static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
