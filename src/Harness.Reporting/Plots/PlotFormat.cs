namespace Harness.Reporting.Plots;

/// <summary>A file format of static plots.</summary>
/// <param name="Extension">Without a dot.</param>
/// <param name="Terminal">What gnuplot calls the driver.</param>
/// <param name="Settings">The driver's size and font: one column of a paper, 3.4 inches wide, with letters of 7.5 points.</param>
public sealed record PlotFormat(string Extension, string Terminal, string Settings)
{
    /// <summary>Vectors for the web and for editing.</summary>
    public static PlotFormat Svg { get; } = new("svg", "svg", "size 600,450 dynamic enhanced font 'DejaVu Sans,13' linewidth 1.5 background rgb 'white'");

    /// <summary>Pixels, 3.4 inches at 400 dots an inch.</summary>
    public static PlotFormat Png { get; } = new("png", "pngcairo", "size 1360,1020 enhanced font 'DejaVu Sans,27' linewidth 3.4 pointscale 2.3 background rgb 'white'");

    /// <summary>Vectors for papers.</summary>
    public static PlotFormat Pdf { get; } = new("pdf", "pdfcairo", "size 3.4in,2.55in enhanced font 'DejaVu Sans,7' linewidth 0.8 pointscale 0.55 background rgb 'white'");

    /// <summary>Every format, in the order in which they are made.</summary>
    public static IReadOnlyList<PlotFormat> All { get; } = [Svg, Png, Pdf];
}
