namespace Harness.Reporting.Plots.Figures;

/// <summary>Loss along the training of every run against the tokens seen; Kaplan et al. 2020 (2001.08361), figure 2, left.</summary>
public static class TrainingCurves
{
    /// <summary>The figure, or null without curves.</summary>
    public static Figure? Of(SweepData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (CurveSet.Of(data) is not { } set)
        {
            return null;
        }

        var layers = new List<Layer>();
        foreach (var (run, points, ink, legend) in set.Curves)
        {
            layers.Add(new LineLayer([.. points.Select(p => new PlotPoint(p.Tokens, p.Loss, run.Name))], ink, legend, Opacity: 0.85));
        }

        return new Figure
        {
            Name = "training-curves",
            Title = Markup.Plain("Training curves"),
            Caption = Markup.Plain($"The {set.What} of every completed run. Colour: model size, dark is small."),
            X = Axis.Around(Markup.Plain("Training tokens seen"), set.Curves.SelectMany(c => c.Points.Select(p => p.Tokens)), 0.02),
            Y = Axis.Around(set.Label, set.Curves.SelectMany(c => c.Points.Select(p => p.Loss)), 0.04),
            LegendTitle = Drawing.Heading("N"),
            Layers = layers,
        };
    }
}
