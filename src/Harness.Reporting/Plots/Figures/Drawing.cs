using Harness.Reporting.Runs;

namespace Harness.Reporting.Plots.Figures;

/// <summary>What several figures draw in the same way.</summary>
internal static class Drawing
{
    private const int CurveSteps = 80;
    private const int MostLegendLines = 8;

    public static Markup LossLabel { get; } = Markup.Parse("Held-out loss *L* (nats/token)");

    public static Markup ParametersLabel { get; } = Markup.Parse("Non-embedding parameters *N*");

    public static Markup TokensLabel { get; } = Markup.Parse("Training tokens *D*");

    public static Markup ComputeLabel { get; } = Markup.Parse("Training compute *C* = 6*ND* (FLOPs)");

    /// <summary>The legend's headline over values of N or D.</summary>
    public static Markup Heading(string symbol) => Markup.Parse(symbol == "N" ? "*N* (params)" : "*D* (tokens)");

    public static PlotPoint Point(RunRow run, double x) => new(x, run.ValidationLoss!.Value, $"{run.Name}: N {ShortNumber.Count(run.NonEmbeddingParameters)}, D {ShortNumber.Count(run.Tokens)}, loss {ShortNumber.Digits(run.ValidationLoss.Value, 4)}");

    /// <summary>One shape a family, the most frequent one a circle.</summary>
    public static IReadOnlyDictionary<string, Marker> Markers(IEnumerable<RunRow> runs) => runs
        .GroupBy(r => r.Family, StringComparer.Ordinal)
        .OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal)
        .Select((g, i) => (g.Key, Marker: (Marker)Math.Min(i, (int)Marker.Diamond)))
        .ToDictionary(p => p.Key, p => p.Marker, StringComparer.Ordinal);

    /// <summary>Which of so many groups stand in the legend: all of a few, an even choice with both ends of many.</summary>
    public static HashSet<int> InLegend(int count) => count <= MostLegendLines
        ? [.. Enumerable.Range(0, count)]
        : [.. Enumerable.Range(0, MostLegendLines).Select(i => (int)Math.Round(i * (count - 1.0) / (MostLegendLines - 1)))];

    /// <summary>The points of one group: a layer a family, the first of them named in the legend.</summary>
    public static IEnumerable<Layer> Points(RunGroup group, Func<RunRow, double> x, Ink ink, Markup? legend, IReadOnlyDictionary<string, Marker> markers)
    {
        foreach (var family in group.Runs.GroupBy(r => r.Family, StringComparer.Ordinal).OrderBy(f => markers[f.Key]))
        {
            yield return new PointLayer([.. family.Select(r => Point(r, x(r)))], ink, legend, markers[family.Key]);
            legend = null;
        }
    }

    /// <summary>A line through the mean log loss (seeds) at each value, one line a family.</summary>
    public static IEnumerable<Layer> Means(RunGroup group, Func<RunRow, double> x, Ink ink)
    {
        foreach (var family in group.Runs.GroupBy(r => r.Family, StringComparer.Ordinal))
        {
            PlotPoint[] line =
            [
                .. family.GroupBy(x).OrderBy(g => g.Key).Select(g => new PlotPoint(g.Key, Math.Exp(g.Average(r => Math.Log(r.ValidationLoss!.Value))))),
            ];
            if (line.Length > 1)
            {
                yield return new LineLayer(line, ink, Opacity: 0.55);
            }
        }
    }

    /// <summary>Values of a function along an axis.</summary>
    public static PlotPoint[] Along(Axis axis, Func<double, double> value, double low, double high) =>
        [.. Range(axis, low, high).Select(x => new PlotPoint(x, value(x))).Where(p => double.IsFinite(p.Y))];

    /// <summary>Laws of one variable with their bands, the band behind, at most two of them.</summary>
    public static IEnumerable<Layer> Laws(IEnumerable<FittedLaw> laws, Axis x)
    {
        Ink[] inks = [Ink.Law, Ink.OtherLaw];
        foreach (var (law, ink) in laws.Zip(inks))
        {
            if (law.Band is { } band)
            {
                var points = Range(x, x.Low, x.High).Select(v => (X: v, Ends: band([v]))).Where(p => p.Ends.Low > 0 && double.IsFinite(p.Ends.High));
                yield return new BandLayer([.. points.Select(p => (p.X, p.Ends.Low, p.Ends.High))], ink);
            }

            yield return new LineLayer(Along(x, v => law.Loss([v]), x.Low, x.High), ink, Width: 1.6, Dashed: ink == Ink.OtherLaw);
        }
    }

    /// <summary>The formulas of the laws that <see cref="Laws"/> draws, in their colours.</summary>
    public static FigureNote[] Notes(IEnumerable<FittedLaw> laws) => [.. laws.Zip([Ink.Law, Ink.OtherLaw], (l, ink) => new FigureNote(l.Formula, ink))];

    /// <summary>A sentence on the laws of a figure, for its caption.</summary>
    public static Markup Describe(IReadOnlyList<FittedLaw> laws)
    {
        var text = Markup.Empty;
        for (int i = 0; i < Math.Min(2, laws.Count); i++)
        {
            var law = laws[i];
            text += Markup.Plain($" {(i == 0 ? "Orange" : "Purple, dashed")}: {law.Law}, ") + law.Formula
                + Markup.Plain(law.Band is null ? "." : $", with its {ShortNumber.Digits(100 * law.Confidence)} % band.");
        }

        return text;
    }

    private static IEnumerable<double> Range(Axis axis, double low, double high)
    {
        double from = axis.Position(low), to = axis.Position(high);
        return Enumerable.Range(0, CurveSteps + 1).Select(i => axis.At(from + ((to - from) * i / CurveSteps)));
    }
}
