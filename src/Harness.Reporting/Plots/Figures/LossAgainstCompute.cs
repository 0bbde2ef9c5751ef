using Harness.Reporting.Runs;

namespace Harness.Reporting.Plots.Figures;

/// <summary>
/// Loss against training compute: every run's curve, the frontier below them, the fitted law; Kaplan et al. 2020 (2001.08361), figure 1, left,
/// and Hoffmann et al. 2022 (2203.15556), figure 2.
/// </summary>
public static class LossAgainstCompute
{
    /// <summary>The figure, or null if fewer than two computes were measured.</summary>
    public static Figure? Of(SweepData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        RunRow[] runs = [.. data.Measured];
        if (runs.Select(r => r.Flops.SixND).Distinct().Count() < 2)
        {
            return null;
        }

        var set = CurveSet.Of(data);
        PlotPoint[] ends = [.. runs.Select(r => Drawing.Point(r, r.Flops.SixND))];
        var measured = ends.Concat(set?.Held == true ? set.Curves.SelectMany(c => c.Points.Select(p => new PlotPoint(p.Flops, p.Loss))) : []);
        var frontier = FromFirstOptimum(Frontier.LowerHull(measured));
        var x = Axis.Around(Drawing.ComputeLabel, ends.Select(p => p.X).Append(ends.Min(p => p.X) / 2), 0.03);
        FittedLaw[] laws = [.. Laws(data)];
        Layer[] fitted = [.. Drawing.Laws(laws, x)];
        var layers = new List<Layer>(fitted.OfType<BandLayer>());
        foreach (var (run, points, ink, _) in set?.Curves ?? [])
        {
            layers.Add(new LineLayer([.. points.Select(p => new PlotPoint(p.Flops, p.Loss, run.Name))], ink, Width: 0.8, Opacity: 0.6));
        }

        if (frontier.Count > 2)
        {
            layers.Add(new LineLayer(frontier, Ink.Strong, Markup.Plain("frontier"), Width: 1.3));
        }

        layers.AddRange(fitted.OfType<LineLayer>());
        layers.AddRange(Ends(runs));

        // The first steps of every run lie far above and to the left; the figure keeps the part where laws are read.
        double highest = ends.Max(p => p.Y) * 1.15;
        return new Figure
        {
            Name = "loss-vs-compute",
            Title = Markup.Plain("Loss against compute"),
            Caption = Markup.Plain((set is null ? "" : $"Thin lines: {set.What} along the training of each run. ")
                    + "Points: held-out loss at the end of each run. Colour: model size, dark is small."
                    + (frontier.Count > 2 ? " Frontier: the lower convex hull of all held-out losses." : ""))
                + Drawing.Describe(laws),
            X = x,
            Y = Axis.Around(Drawing.LossLabel, [ends.Min(p => p.Y), highest]),
            Layers = layers,
            LegendTitle = Drawing.Heading("N"),
            Notes = Drawing.Notes(laws),
        };
    }

    private static IEnumerable<Layer> Ends(RunRow[] runs)
    {
        var sizes = RunGroup.By(runs, r => r.NonEmbeddingParameters);
        var inks = Ink.Scale(sizes.Count);
        var named = Drawing.InLegend(sizes.Count);
        var markers = Drawing.Markers(runs);
        return sizes.SelectMany((g, i) => Drawing.Points(
            g, r => r.Flops.SixND, inks[i], named.Contains(i) ? Markup.Plain(ShortNumber.Count(g.Key!.Value)) : null, markers));
    }

    /// <summary>Runs of one budget differ by less than a step in compute, and the hull would fall straight through them; it starts at the best of them.</summary>
    private static IReadOnlyList<PlotPoint> FromFirstOptimum(IReadOnlyList<PlotPoint> hull) =>
        [.. hull.Where((p, i) => i + 1 >= hull.Count || hull[i + 1].X > 1.1 * hull[0].X)];

    /// <summary>Laws of compute; where there are none, the joint law's own optimum at each compute.</summary>
    private static IEnumerable<FittedLaw> Laws(SweepData data)
    {
        var direct = data.Laws.Where(l => l.IsOf("c")).Take(2).ToList();
        return direct.Count > 0 ? direct : data.Laws.Where(l => l.Optimum is not null).Take(1).Select(l => l with
        {
            Formula = Markup.Parse("min_{N,D} ") + l.Formula,
            Variables = ["c"],
            Loss = c => l.Optimum!(c[0]).Loss,
            Band = null,
        });
    }
}
