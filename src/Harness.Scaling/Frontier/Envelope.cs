using System.Globalization;

namespace Harness.Scaling;

/// <summary>
/// Hoffmann et al., 2203.15556, approach 1: the lower envelope of training curves over compute, the n (and d) of the run on it at each of many budgets, and power laws of both in compute. Or,
/// without runs, the vertices of the lower convex hull of the points.
/// </summary>
internal static class Envelope
{
    public const string Source = "Hoffmann et al. 2022, arXiv 2203.15556, approach 1";

    // Draws behind the intervals when no bootstrap was asked for.
    private const int DefaultDraws = 400;

    // Budgets looked at in each draw: the steps of the staircase are far longer.
    private const int DrawnBudgets = 300;

    // Beyond the largest budget by this factor: where a plan made from the fit would be used.
    private const double Ahead = 1000;

    public static FitResult Fit(Points raw, FitOptions options)
    {
        PreparedPoints prepared = PreparedPoints.ForFrontier(raw, options.MaximumLoss);
        Points points = prepared.Points;
        bool curves = options.Envelope == EnvelopeMethod.Curves;
        if (curves && points.Groups is null)
        {
            throw new FitRefusedException(RefusalReason.InvalidOption, "The envelope of training curves needs to know which rows form a curve.", "Name the column that holds the run of each row, or use the convex hull.");
        }

        double[] n = points.Column("n"), d = points.Column("d"), c = points.Column("c"), loss = points.Column("loss");
        List<string> warnings = [];
        Curve[] measured = curves ? Curves(points, n, d, c, loss) : [];
        FrontierLines? Frontier(double[] losses, double[] weights, bool tell)
        {
            List<BudgetOptimum> optima = curves
                ? OnCurves(losses == loss ? measured : [.. measured.Select(m => m.With(losses))], weights, tell ? options.EnvelopeBudgets : Math.Min(options.EnvelopeBudgets, DrawnBudgets))
                : OnHull(n, d, c, losses, weights);
            return FrontierLines.Through(Inside(optima, n, tell ? warnings : null));
        }

        double[] ones = [.. Enumerable.Repeat(1.0, points.Count)];
        FrontierLines fit = Frontier(loss, ones, true) ?? throw new FitRefusedException(
            RefusalReason.TooFewBudgets, "The frontier touches fewer than two different budgets.", "Add runs of other sizes, trained over overlapping ranges of compute.");
        int winners = fit.Optima.Select(o => o.N).Distinct().Count();
        if (winners < 3)
        {
            warnings.Add($"Only {winners} model sizes are ever on the frontier: the exponents rest on them alone.");
        }

        int[][] runs = points.Groups is { } g ? [.. Enumerable.Range(0, points.Count).GroupBy(i => g[i]).Select(x => x.ToArray())] : [.. Enumerable.Range(0, points.Count).Select(i => new[] { i })];
        var objective = new ObjectiveResult("log-mse", null, null, "mean", fit.N.SumOfSquares / fit.Optima.Count);
        FrontierDraws? draws = Draws();
        return new FrontierFit(LawCatalog.EnvelopeName, Source, points, options, prepared.Excluded).Complete(
            fit, draws ?? new FrontierDraws("none", 0, []), objective, curves ? $"envelope of {runs.Length} curves at {fit.Optima.Count} budgets" : $"convex hull, {fit.Optima.Count} vertices", warnings);

        FrontierDraws? Draws()
        {
            if (options.Bootstrap is { Unit: ResampleUnit.Row or ResampleUnit.Group } asked)
            {
                bool grouped = points.Groups is not null;
                return FrontierDraws.Of($"bootstrap({(grouped ? "group" : "row")}, {asked.Resamples}, percentile)", asked.Resamples, options, random => Frontier(loss, FrontierDraws.Weights(ref random, points.Count, [runs]), false));
            }

            FrontierDraws? noise = EnvelopeNoise.Draws(points, runs, fit, losses => Frontier(losses, ones, false), options.Bootstrap?.Resamples ?? DefaultDraws, options, out double[]? bias);
            if (noise is null)
            {
                warnings.Add("There are no intervals: the points give no surface on which the procedure's errors could be measured.");
            }
            else if (bias is not null && (Math.Abs(bias[0]) > 0.005 || Math.Abs(bias[1] + (bias[0] * Math.Log(fit.Optima[^1].Compute))) > 0.01))
            {
                double last = fit.Optima[^1].Compute, ahead = Ahead * last;
                warnings.Add(string.Create(CultureInfo.InvariantCulture, $"Staircase bias: on noise-free losses of the surface fitted to these curves the same procedure errs by {bias[0]:+0.0000;-0.0000} in the exponent of n, and by {100 * (Math.Exp(bias[1] + (bias[0] * Math.Log(ahead))) - 1):+0.00;-0.00} % in n at {ahead:0.##E+0} FLOPs. The intervals are corrected for it, the values are not."));
            }

            return noise;
        }
    }

    // A frontier point of the smallest or largest n of all says only that the optimum is there or beyond.
    private static List<BudgetOptimum> Inside(List<BudgetOptimum> optima, double[] n, List<string>? warnings)
    {
        double least = n.Min(), most = n.Max();
        List<BudgetOptimum> inside = [.. optima.Where(o => o.N > least && o.N < most)];
        if (inside.Count == optima.Count)
        {
            return optima;
        }

        bool enough = inside.Select(o => o.N).Distinct().Count() >= 3;
        warnings?.Add(string.Create(CultureInfo.InvariantCulture, $"{optima.Count - inside.Count} of {optima.Count} frontier points are of the smallest or largest n tried, where the optimum may lie beyond; they are {(enough ? "left out" : "kept, because fewer than three sizes remain without them, and flatten the exponent of n")}."));
        return enough ? inside : optima;
    }

    private static Curve[] Curves(Points points, double[] n, double[] d, double[] c, double[] loss) =>
    [
        .. Enumerable.Range(0, points.Count).GroupBy(i => points.Groups![i]).Select(group =>
        {
            int[] rows = [.. group.OrderBy(i => c[i]).DistinctBy(i => c[i])];
            return new Curve(rows, [.. rows.Select(r => Math.Log(c[r]))], [.. rows.Select(r => loss[r])], n[rows[0]], rows.Average(r => c[r] / (n[r] * d[r])));
        }),
    ];

    private static List<BudgetOptimum> OnCurves(Curve[] runs, double[] weights, int budgets)
    {
        Curve[] drawn = [.. runs.Where(r => weights[r.Rows[0]] > 0 && r.LogC.Length > 1)];
        if (drawn.Length < 2)
        {
            return [];
        }

        double low = drawn.Min(r => r.LogC[0]), high = drawn.Max(r => r.LogC[^1]);
        List<BudgetOptimum> optima = [];
        for (int k = 0; k < budgets; k++)
        {
            double at = low + ((high - low) * k / (budgets - 1));
            Curve? best = null;
            double least = double.PositiveInfinity;
            int rivals = 0;
            foreach (Curve run in drawn)
            {
                double value = run.At(at);
                rivals += double.IsNaN(value) ? 0 : 1;
                if (value < least)
                {
                    (best, least) = (run, value);
                }
            }

            // A single curve at a budget wins by default: no frontier there.
            if (best is not null && rivals > 1)
            {
                double compute = Math.Exp(at);
                optima.Add(new BudgetOptimum(compute, best.N, compute / (best.PerToken * best.N), least, rivals));
            }
        }

        return optima;
    }

    private static List<BudgetOptimum> OnHull(double[] n, double[] d, double[] c, double[] loss, double[] weights)
    {
        int[] order = [.. Enumerable.Range(0, n.Length).Where(i => weights[i] > 0).OrderBy(i => c[i]).ThenBy(i => loss[i]).DistinctBy(i => c[i])];
        List<int> hull = [];
        foreach (int i in order)
        {
            while (hull.Count > 1 && Turn(hull[^2], hull[^1], i) <= 0)
            {
                hull.RemoveAt(hull.Count - 1);
            }

            hull.Add(i);
        }

        // The hull's right end may rise again; a frontier only falls.
        int lowest = hull.Count == 0 ? -1 : hull.IndexOf(hull.MinBy(i => loss[i]));
        return [.. hull.Take(lowest + 1).Select(i => new BudgetOptimum(c[i], n[i], d[i], loss[i], 1))];

        double Turn(int a, int b, int p) =>
            ((Math.Log(c[b]) - Math.Log(c[a])) * (Math.Log(loss[p]) - Math.Log(loss[a]))) - ((Math.Log(loss[b]) - Math.Log(loss[a])) * (Math.Log(c[p]) - Math.Log(c[a])));
    }

    // One training curve; PerToken is its FLOPs per parameter and token (6 under c = 6nd).
    private sealed record Curve(int[] Rows, double[] LogC, double[] Loss, double N, double PerToken)
    {
        public Curve With(double[] losses) => this with { Loss = [.. Rows.Select(r => losses[r])] };

        public double At(double logC)
        {
            if (logC < LogC[0] || logC > LogC[^1])
            {
                return double.NaN;
            }

            int i = Array.BinarySearch(LogC, logC);
            if (i >= 0)
            {
                return Loss[i];
            }

            int high = ~i;
            double share = (logC - LogC[high - 1]) / (LogC[high] - LogC[high - 1]);
            return Loss[high - 1] + (share * (Loss[high] - Loss[high - 1]));
        }
    }
}
