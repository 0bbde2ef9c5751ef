namespace Harness.Reporting.Plots;

/// <summary>A file format of static plots.</summary>
/// <param name="Extension">Without a dot.</param>
/// <param name="Terminal">What gnuplot calls the driver.</param>
/// <param name="Size">The driver's own words for size and scale: one column of a paper, 3.4 inches wide.</param>
/// <param name="FontSize">Of axes and title, in the driver's points; 7 points on paper.</param>
public sealed record PlotFormat(string Extension, string Terminal, string Size, double FontSize)
{
    /// <summary>Vectors for the web and for editing.</summary>
    public static PlotFormat Svg { get; } = new("svg", "svg", "size 600,450 dynamic linewidth 1.5", 13);

    /// <summary>Pixels, 3.4 inches at 400 dots an inch.</summary>
    public static PlotFormat Png { get; } = new("png", "pngcairo", "size 1360,1020 linewidth 3.4 pointscale 2.3", 27);

    /// <summary>Vectors for papers.</summary>
    public static PlotFormat Pdf { get; } = new("pdf", "pdfcairo", "size 3.4in,2.55in linewidth 0.8 pointscale 0.55", 7);

    /// <summary>Every format, in the order in which they are made.</summary>
    public static IReadOnlyList<PlotFormat> All { get; } = [Svg, Png, Pdf];
}
