namespace Harness.Reporting.Plots;

/// <summary>A figure as data: what is drawn, not how. <see cref="GnuplotScript"/> and <see cref="SvgChart"/> turn it into pictures.</summary>
public sealed record Figure
{
    /// <summary>The files' stem, lower case with dashes.</summary>
    public required string Name { get; init; }

    /// <summary>The headline above the axes.</summary>
    public required Markup Title { get; init; }

    /// <summary>What a reader needs to read it, two or three sentences, for the report.</summary>
    public required Markup Caption { get; init; }

    /// <summary>The horizontal axis.</summary>
    public required Axis X { get; init; }

    /// <summary>The vertical axis.</summary>
    public required Axis Y { get; init; }

    /// <summary>What is drawn, from the back to the front.</summary>
    public required IReadOnlyList<Layer> Layers { get; init; }

    /// <summary>The layers with a line in the legend, in its order: groups of points first, then lines.</summary>
    public IEnumerable<Layer> LegendLayers => Layers.Where(l => l.Legend is not null).OrderBy(l => l is not PointLayer { Legend: not null });

    /// <summary>Headline of the legend beside the plotting area: what its lines are values of; null for none.</summary>
    public Markup? LegendTitle { get; init; }

    /// <summary>Formulas inside the plotting area, each in the colour of its line.</summary>
    public IReadOnlyList<FigureNote> Notes { get; init; } = [];

    /// <summary>The corner that the data leaves free for the notes.</summary>
    public Corner NotesCorner { get; init; } = Corner.BottomLeft;
}

/// <summary>A line of text inside the plotting area.</summary>
/// <param name="Text">The text.</param>
/// <param name="Ink">Its colour.</param>
public sealed record FigureNote(Markup Text, Ink Ink);

/// <summary>A corner of the plotting area.</summary>
public enum Corner
{
    /// <summary>Free where values fall.</summary>
    BottomLeft,

    /// <summary>Free where values rise.</summary>
    TopLeft,
}

/// <summary>One axis.</summary>
/// <param name="Label">Quantity, symbol and unit.</param>
/// <param name="Low">Its lower end; above 0 on a logarithmic axis.</param>
/// <param name="High">Its upper end, above <paramref name="Low"/>.</param>
/// <param name="Logarithmic">Whether equal ratios have equal lengths.</param>
public sealed record Axis(Markup Label, double Low, double High, bool Logarithmic = true)
{
    /// <summary>Where a value stands: 0 at the lower end, 1 at the upper.</summary>
    public double Position(double value) =>
        Logarithmic ? Math.Log(value / Low) / Math.Log(High / Low) : (value - Low) / (High - Low);

    /// <summary>The value at a place between 0 and 1.</summary>
    public double At(double position) => Logarithmic ? Low * Math.Pow(High / Low, position) : Low + (position * (High - Low));

    /// <summary>A logarithmic axis around values, with room at both ends.</summary>
    /// <param name="label">Quantity, symbol and unit.</param>
    /// <param name="values">At least one, all above 0.</param>
    /// <param name="margin">Share of the values' log span left free at each end.</param>
    public static Axis Around(Markup label, IEnumerable<double> values, double margin = 0.06)
    {
        var (low, high) = (double.PositiveInfinity, 0.0);
        foreach (double v in values)
        {
            (low, high) = (Math.Min(low, v), Math.Max(high, v));
        }

        double room = Math.Max(Math.Log(high / low) * margin, 0.02);
        return new Axis(label, low * Math.Exp(-room), high * Math.Exp(room));
    }
}

/// <summary>A point of a figure.</summary>
/// <param name="X">Horizontal value.</param>
/// <param name="Y">Vertical value.</param>
/// <param name="Note">What it is, shown when a reader points at it; null for nothing.</param>
public sealed record PlotPoint(double X, double Y, string? Note = null);

/// <summary>The shapes of measured points.</summary>
public enum Marker
{
    /// <summary>A filled circle.</summary>
    Circle,

    /// <summary>A filled square.</summary>
    Square,

    /// <summary>A filled triangle.</summary>
    Triangle,

    /// <summary>A filled diamond.</summary>
    Diamond,
}

/// <summary>One layer of a figure.</summary>
/// <param name="Ink">Its colour.</param>
/// <param name="Legend">Its line in the legend; null for none.</param>
public abstract record Layer(Ink Ink, Markup? Legend);

/// <summary>Measured points.</summary>
/// <param name="Points">The points.</param>
/// <param name="Ink">Their colour.</param>
/// <param name="Legend">Their line in the legend.</param>
/// <param name="Marker">Their shape.</param>
/// <param name="Size">Their size, 1 for a run's measurement.</param>
public sealed record PointLayer(IReadOnlyList<PlotPoint> Points, Ink Ink, Markup? Legend = null, Marker Marker = Marker.Circle, double Size = 1) : Layer(Ink, Legend);

/// <summary>A line through points.</summary>
/// <param name="Points">In order along the line.</param>
/// <param name="Ink">Its colour.</param>
/// <param name="Legend">Its line in the legend.</param>
/// <param name="Width">Its width; 1 for data, 1.6 for a law.</param>
/// <param name="Dashed">Whether it is dashed.</param>
/// <param name="Opacity">0 to 1; below 1 for lines that lie many over one another.</param>
public sealed record LineLayer(IReadOnlyList<PlotPoint> Points, Ink Ink, Markup? Legend = null, double Width = 1, bool Dashed = false, double Opacity = 1) : Layer(Ink, Legend);

/// <summary>A band between two lines.</summary>
/// <param name="Points">Horizontal value, lower end, upper end; in order.</param>
/// <param name="Ink">Its colour, drawn translucent.</param>
/// <param name="Legend">Its line in the legend.</param>
public sealed record BandLayer(IReadOnlyList<(double X, double Low, double High)> Points, Ink Ink, Markup? Legend = null) : Layer(Ink, Legend);
