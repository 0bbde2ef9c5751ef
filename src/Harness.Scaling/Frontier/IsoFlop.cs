using System.Globalization;

namespace Harness.Scaling;

/// <summary>
/// Hoffmann et al., 2203.15556, approach 2: at each of several compute budgets the n and the d of least loss, then power laws of both in compute. A budget whose optimum is not inside
/// its grid is left out, and the fit is refused when fewer than two remain.
/// </summary>
internal static class IsoFlop
{
    public const string Source = "Hoffmann et al. 2022, arXiv 2203.15556, approach 2";

    // Beyond the largest budget by this factor: where a plan made from the fit would be used.
    private const double Ahead = 1000;
    private const int SurfaceDraws = 400;

    public static FitResult Fit(Points raw, FitOptions options)
    {
        PreparedPoints prepared = PreparedPoints.ForFrontier(raw, options.MaximumLoss);
        Points points = prepared.Points;
        double[] n = points.Column("n"), d = points.Column("d"), c = points.Column("c"), loss = points.Column("loss");
        List<Budget> budgets = Budget.Split(c, options.BudgetTolerance);
        double[] ones = [.. Enumerable.Repeat(1.0, points.Count)];
        List<ExcludedRow> excluded = [.. prepared.Excluded];
        List<string> refusals = [];
        bool surface = options.IsoFlop == IsoFlopMethod.Surface;
        List<Budget> kept = surface ? budgets : [];
        foreach (Budget budget in surface ? [] : budgets)
        {
            if (Optimum(budget, n, d, loss, ones, options.IsoFlop, out string? refusal) is not null)
            {
                kept.Add(budget);
                continue;
            }

            string reason = string.Create(CultureInfo.InvariantCulture, $"isoFLOP {budget.Compute:0.###E+0}: {refusal}");
            refusals.Add(reason);
            excluded.AddRange(budget.Rows.Select(r => new ExcludedRow(points.RowIds[r], reason)));
        }

        if (kept.Count < 2)
        {
            string found = string.Create(CultureInfo.InvariantCulture, $"{kept.Count} of {budgets.Count} budgets have an optimum inside their grid, and exponents need two. {string.Join(" ", refusals)}");
            throw new FitRefusedException(refusals.Count > 0 ? RefusalReason.OptimumAtEdge : RefusalReason.TooFewBudgets, found.TrimEnd(), refusals.Count > 0 ? string.Empty : "Add runs at other compute budgets.");
        }

        FrontierLines? Frontier(double[] losses, double[] weights) => surface
            ? FromSurface(points, kept, losses, weights, options)
            : FrontierLines.Through([.. kept.Select(b => Optimum(b, n, d, losses, weights, options.IsoFlop, out _)).OfType<BudgetOptimum>()]);
        FrontierLines fit = Frontier(loss, ones)!;
        List<string> warnings = [.. refusals.Select(r => $"Left out: {r}")];
        if (!surface)
        {
            Bias(points, kept, n, d, options, ones, Frontier, warnings);
        }

        if (kept.Count == 2)
        {
            warnings.Add("Two budgets draw a line through two points: the exponents have no errors.");
        }

        int[] rows = [.. kept.SelectMany(b => b.Rows).Order()];
        double squares = surface ? 0 : kept.Sum(b => BudgetMinimum.Of([.. b.Rows.Select(r => n[r])], [.. b.Rows.Select(r => loss[r])], [.. b.Rows.Select(_ => 1.0)], options.IsoFlop, "n").SumOfSquares);
        double value = surface ? FrontierSurface.Through(points, loss, ones, options)?.Objective ?? double.NaN : squares / rows.Length;
        ObjectiveResult objective = surface ? new("log-huber", 1e-3, null, "sum", value) : new("mse", null, null, "mean", value);
        // A resample keeps the design: rows are drawn within their budget.
        int[][][] strata = [.. kept.Select(b => b.Rows.Select(r => new[] { r }).ToArray())];
        FrontierDraws? draws = options.Bootstrap switch
        {
            // Optima read off one surface lie on the lines exactly: their scatter would say nothing.
            null when surface => FrontierDraws.Of($"bootstrap(row, {SurfaceDraws}, percentile)", SurfaceDraws, options, random => Frontier(loss, FrontierDraws.Weights(ref random, points.Count, strata))),
            null => null,
            { Unit: ResampleUnit.Group } => throw new FitRefusedException(RefusalReason.InvalidOption, "isoflop draws rows within their budget, or noise; groups would break the budgets.", "Resample by row or by noise."),
            { Unit: ResampleUnit.Noise, Resamples: int count } => Noise(points, rows, loss, Frontier, ones, count, options),
            { Resamples: int count } => FrontierDraws.Of($"bootstrap(row, {count}, percentile)", count, options, random => Frontier(loss, FrontierDraws.Weights(ref random, points.Count, strata))),
        };
        return new FrontierFit(LawCatalog.IsoFlopName, Source, points, options, excluded)
            .Complete(fit, draws, objective, $"{options.IsoFlop.ToString().ToLowerInvariant()} at {kept.Count} budgets", warnings) with
        { Points = rows.Length };
    }

    // Residuals about the surface, put back on it in another order.
    private static FrontierDraws Noise(Points points, int[] rows, double[] loss, Func<double[], double[], FrontierLines?> frontier, double[] ones, int count, FitOptions options)
    {
        FrontierSurface surface = FrontierSurface.Through(points, loss, ones, options) ?? throw new FitRefusedException(
            RefusalReason.TooFewPoints, "The points give no surface whose residuals could be drawn again.", "Resample by row.");
        double[] residual = [.. rows.Select(i => Math.Log(loss[i] / surface.Losses[i]))];
        double mean = residual.Average(), widen = Math.Sqrt((double)rows.Length / Math.Max(rows.Length - 5, 1));
        double[] centre = frontier(surface.Losses, ones)?.Parameters ?? [], estimate = frontier(loss, ones)!.Parameters;
        return FrontierDraws.OfParameters($"bootstrap(noise, {count}, percentile)", count, options, random =>
        {
            double[] drawn = [.. loss];
            foreach (int i in rows)
            {
                drawn[i] = surface.Losses[i] * Math.Exp(widen * (residual[random.NextIndex(residual.Length)] - mean));
            }

            // Moved from about the surface's frontier to about the estimate.
            return centre.Length == 4 && frontier(drawn, ones)?.Parameters is { } p
                ? [estimate[0] + p[0] - centre[0], estimate[1] * p[1] / centre[1], estimate[2] + p[2] - centre[2], estimate[3] * p[3] / centre[3]]
                : null;
        });
    }

    private static BudgetOptimum? Optimum(Budget budget, double[] n, double[] d, double[] loss, double[] weights, IsoFlopMethod method, out string? refusal)
    {
        double[] losses = [.. budget.Rows.Select(r => loss[r])], multiplicities = [.. budget.Rows.Select(r => weights[r])];
        BudgetMinimum byN = BudgetMinimum.Of([.. budget.Rows.Select(r => n[r])], losses, multiplicities, method, "n");
        BudgetMinimum byD = BudgetMinimum.Of([.. budget.Rows.Select(r => d[r])], losses, multiplicities, method, "d");
        refusal = byN.Refusal ?? byD.Refusal;
        return refusal is null ? new BudgetOptimum(budget.Compute, byN.Position, byD.Position, byN.Loss, budget.Rows.Length) : null;
    }

    private static FrontierLines? FromSurface(Points points, List<Budget> budgets, double[] loss, double[] weights, FitOptions options) =>
        FrontierSurface.Through(points, loss, weights, options) is not { } surface ? null : FrontierLines.Through([.. budgets.Select(b =>
        {
            (double n, double d, double l) = surface.OptimumAt(b.Compute);
            return new BudgetOptimum(b.Compute, n, d, l, b.Rows.Length);
        })]);

    // How far the procedure itself is off on noise-free losses of the fitted surface, at the very points measured.
    private static void Bias(
        Points points, List<Budget> budgets, double[] n, double[] d, FitOptions options, double[] ones, Func<double[], double[], FrontierLines?> frontier, List<string> warnings)
    {
        if (FrontierSurface.Through(points, points.Column("loss"), ones, options) is not { HasOptimum: true } surface)
        {
            return;
        }

        if (frontier(surface.Losses, ones) is not { } biased)
        {
            warnings.Add("On the surface fitted to these points, the same grids have no optimum inside: they are far off centre.");
            return;
        }

        double far = Ahead * budgets[^1].Compute;
        (double trueN, double trueD, _) = surface.OptimumAt(far);
        double errorD = (biased.D.At(far) / trueD) - 1, errorN = (biased.N.At(far) / trueN) - 1;
        double width = budgets.Max(b => b.Rows.Max(r => n[r]) / b.Rows.Min(r => n[r]));
        double offCentre = budgets.Max(b => Math.Exp(Math.Abs(b.Rows.Average(r => Math.Log(n[r])) - Math.Log(surface.OptimumAt(b.Compute).N))));
        if (Math.Max(Math.Abs(errorD), Math.Abs(errorN)) > 0.01)
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"Grid bias: the budgets' grids span up to a factor of {width:G3} in n and lie up to a factor of {offCentre:G3} off centre. On noise-free losses of the surface fitted to these points the same procedure errs by {100 * errorD:+0.00;-0.00} % in d and {100 * errorN:+0.00;-0.00} % in n at {far:0.##E+0} FLOPs. Narrower, centred grids or the surface method avoid this."));
        }
    }
}
