using Harness.Reporting.Plots;
using Harness.Reporting.Plots.Figures;
using Harness.Reporting.Runs;

namespace Harness.Reporting.Html;

/// <summary>What was written, and what could not be.</summary>
/// <param name="Page">The report's path.</param>
/// <param name="Plots">The paths of scripts and pictures.</param>
/// <param name="Problem">Why there are no static plots, one sentence with the mend; null if there are.</param>
public sealed record SweepReportFiles(string Page, IReadOnlyList<string> Plots, string? Problem);

/// <summary>report.html and plots/ of a sweep's folder.</summary>
public static class SweepReport
{
    /// <summary>The page's name in the folder.</summary>
    public const string PageName = "report.html";

    /// <summary>The folder of static plots.</summary>
    public const string PlotsName = "plots";

    /// <summary>
    /// Writes the page, which needs nothing beside it, and the plots. Without gnuplot the page is the same and only the scripts are written.
    /// </summary>
    /// <param name="folder">The sweep's folder.</param>
    /// <param name="input">What to report; <see cref="SweepReportInput.Read"/> gets it from the folder.</param>
    /// <param name="gnuplot">The program, or null for none; <see cref="Gnuplot.Find"/>.</param>
    public static SweepReportFiles Write(string folder, SweepReportInput input, Gnuplot? gnuplot)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(input);
        var data = SweepData.Of(input.Runs, input.Curves, input.Fits?.Fits ?? []);
        var figures = SweepFigures.Of(data);
        string page = Path.Combine(folder, PageName), plots = Path.Combine(folder, PlotsName);
        WholeFile.WriteText(page, writer => ReportPage.Write(writer, input, figures));
        try
        {
            return new SweepReportFiles(page, StaticPlots.Write(plots, figures, gnuplot), gnuplot is null
                ? "gnuplot 5.4 or later was not found, so plots/ holds scripts and no pictures; install it (apt-get install gnuplot-nox) and run harness report again."
                : null);
        }
        catch (PlotException e)
        {
            return new SweepReportFiles(page, [], $"{e.Message} The report itself is complete.");
        }
    }
}
