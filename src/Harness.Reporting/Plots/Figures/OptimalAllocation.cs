using Harness.Reporting.Fits;

namespace Harness.Reporting.Plots.Figures;

/// <summary>The best size and data at each compute; Hoffmann et al. 2022 (2203.15556), figure 3, middle and right.</summary>
public static class OptimalAllocation
{
    /// <summary>The figure, or null if no procedure found at least two optima.</summary>
    public static Figure? Of(SweepData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var found = data.Optima.Where(o => o.Value.Count > 1).OrderByDescending(o => o.Key == "isoflop").FirstOrDefault();
        if (found.Value is null)
        {
            return null;
        }

        var (n, d) = (Ink.Ordered(0.3), Ink.Law);
        var envelope = data.Optima.FirstOrDefault(o => o.Key == "envelope" && o.Key != found.Key && o.Value.Count > 1);
        var joint = data.Laws.FirstOrDefault(l => l.Optimum is not null);
        string others = (envelope.Value, joint) switch
        {
            (not null, not null) => $" Thin: the envelope of training curves. Dashed: the optimum of the fitted {joint.Law} law.",
            (not null, null) => " Thin: the envelope of training curves.",
            (null, not null) => $" Dashed: the optimum of the fitted {joint.Law} law.",
            _ => "",
        };
        var x = Axis.Around(Drawing.ComputeLabel, found.Value.Select(o => o.Compute));
        var y = Axis.Around(Markup.Plain("Parameters, tokens"), found.Value.SelectMany(o => new[] { o.N, o.D }));
        return new Figure
        {
            Name = "optimal-allocation",
            Title = Markup.Plain("Best size and data against compute"),
            Caption = Markup.Plain($"The parameters and training tokens that gave the lowest loss at each compute, found by {found.Key}; lines: straight lines through the logarithms.{others}"),
            X = x,
            Y = y,
            Notes = [new FigureNote(Growth("N", found.Value, o => o.N), n), new FigureNote(Growth("D", found.Value, o => o.D), d)],
            NotesCorner = Corner.TopLeft,
            Layers =
            [
                .. Others(x, envelope.Value, joint, n, d),
                Line(x, found.Value, o => o.N, n),
                Line(x, found.Value, o => o.D, d),
                new PointLayer([.. found.Value.Select(o => new PlotPoint(o.Compute, o.N, $"N {ShortNumber.Count(o.N)} at {ShortNumber.Digits(o.Compute)} FLOPs"))], n, Markup.Parse("*N*_{opt}")),
                new PointLayer([.. found.Value.Select(o => new PlotPoint(o.Compute, o.D, $"D {ShortNumber.Count(o.D)} at {ShortNumber.Digits(o.Compute)} FLOPs"))], d, Markup.Parse("*D*_{opt}"), Marker.Square),
            ],
        };
    }

    /// <summary>The paper's other two approaches beside the points: the envelope's lines and the joint law's optimum.</summary>
    private static IEnumerable<Layer> Others(Axis x, IReadOnlyList<BudgetRecord>? envelope, FittedLaw? joint, Ink n, Ink d)
    {
        if (envelope is not null)
        {
            yield return Line(x, envelope, o => o.N, n, 0.6, 0.6, "envelope");
            yield return Line(x, envelope, o => o.D, d, 0.6, 0.6);
        }

        if (joint?.Optimum is { } optimum)
        {
            yield return new LineLayer(Drawing.Along(x, c => optimum(c).N, x.Low, x.High), n, Markup.Plain(joint.Law), Dashed: true);
            yield return new LineLayer(Drawing.Along(x, c => optimum(c).D, x.Low, x.High), d, Dashed: true);
        }
    }

    private static LineLayer Line(Axis x, IReadOnlyList<BudgetRecord> optima, Func<BudgetRecord, double> quantity, Ink ink, double width = 1, double opacity = 0.8, string? legend = null)
    {
        var (slope, centre, height) = Slope(optima, quantity);
        return new LineLayer(Drawing.Along(x, c => Math.Exp(height + (slope * (Math.Log(c) - centre))), x.Low, x.High), ink, legend is null ? null : Markup.Plain(legend), width, Opacity: opacity);
    }

    private static Markup Growth(string symbol, IReadOnlyList<BudgetRecord> optima, Func<BudgetRecord, double> quantity) =>
        Markup.Parse($"*{symbol}*_{{opt}} ∝ *C*^{{{ShortNumber.Digits(Slope(optima, quantity).Slope).Replace('-', '−')}}}");

    private static (double Slope, double Centre, double Height) Slope(IReadOnlyList<BudgetRecord> optima, Func<BudgetRecord, double> quantity)
    {
        double centre = optima.Average(o => Math.Log(o.Compute)), height = optima.Average(o => Math.Log(quantity(o)));
        double along = optima.Sum(o => Math.Pow(Math.Log(o.Compute) - centre, 2));
        double slope = along == 0 ? 0 : optima.Sum(o => (Math.Log(o.Compute) - centre) * (Math.Log(quantity(o)) - height)) / along;
        return (slope, centre, height);
    }
}
