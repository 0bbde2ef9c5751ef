using System.Globalization;
using Harness.Reporting.Runs;
using Harness.Reporting.Tables;

namespace Harness.Reporting.Plots.Figures;

/// <summary>Loss against size at constant compute, with the parabola of each budget; Hoffmann et al. 2022 (2203.15556), figure 3, left.</summary>
public static class IsoFlopProfiles
{
    /// <summary>The label of a sweep that names a run's budget.</summary>
    public const string Label = "isoflop";

    /// <summary>The figure, or null if no budget has at least three sizes.</summary>
    public static Figure? Of(SweepData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var budgets = data.Measured
            .Where(r => r.Labels.ContainsKey(Label))
            .GroupBy(r => r.Labels[Label], StringComparer.Ordinal)
            .Where(g => g.Select(r => r.NonEmbeddingParameters).Distinct().Count() >= 3)
            .OrderBy(g => g.Average(r => r.Flops.SixND))
            .ToList();
        if (budgets.Count == 0)
        {
            return null;
        }

        RunRow[] runs = [.. budgets.SelectMany(b => b)];
        var x = Axis.Around(Drawing.ParametersLabel, runs.Select(r => (double)r.NonEmbeddingParameters));
        var markers = Drawing.Markers(runs);
        var inks = Ink.Scale(budgets.Count);
        var named = Drawing.InLegend(budgets.Count);
        var layers = new List<Layer>();
        var lowest = new List<PlotPoint>();
        for (int i = 0; i < budgets.Count; i++)
        {
            var group = new RunGroup(null, [.. budgets[i]]);
            double[] sizes = [.. group.Runs.Select(r => (double)r.NonEmbeddingParameters)];
            if (Parabola.Through([.. sizes.Select(s => Math.Log(s))], [.. group.Runs.Select(r => r.ValidationLoss!.Value)]) is { } parabola)
            {
                layers.Add(new LineLayer(Drawing.Along(x, n => parabola.At(Math.Log(n)), sizes.Min(), sizes.Max()), inks[i], Opacity: 0.8));
                if (parabola.Curvature > 0 && Math.Exp(parabola.Vertex) is var best && best > sizes.Min() && best < sizes.Max())
                {
                    lowest.Add(new PlotPoint(best, parabola.At(parabola.Vertex), $"lowest loss at {budgets[i].Key} FLOPs: N {ShortNumber.Count(best)}"));
                }
            }

            var legend = named.Contains(i) ? Budget(budgets[i].Key) : null;
            layers.AddRange(Drawing.Points(group, r => r.NonEmbeddingParameters, inks[i], legend, markers));
        }

        if (lowest.Count > 0)
        {
            layers.Add(new PointLayer(lowest, Ink.Law, Markup.Plain("lowest"), Marker.Diamond, 1.7));
        }

        return new Figure
        {
            Name = "isoflop-profiles",
            Title = Markup.Plain("Loss against size at constant compute"),
            Caption = Markup.Plain("Every point is a trained model; runs of one colour cost the same compute. Lines: parabolas in log N by least squares;"
                + " a diamond marks the vertex where it lies between the sizes tried. A budget without one has its optimum at an edge of the grid."),
            X = x,
            Y = Axis.Around(Drawing.LossLabel, runs.Select(r => r.ValidationLoss!.Value)),
            Layers = layers,
            LegendTitle = Markup.Parse("*C* (FLOPs)"),
        };
    }

    private static Markup Budget(string label) => Numbers.TryParse(label, out double flops) && flops > 0
        ? ShortNumber.Mathematical(double.Parse(flops.ToString("E2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture), 2)
        : Markup.Plain(label);
}
