using Harness.Reporting.Html;
using Harness.Reporting.Plots;
using SweepFitRequest = Harness.Sweeps.Requests.FitRequest;

namespace Harness.Cli.Reports;

/// <summary>The last two arrows of the main path: runs.csv to fits.json, and both to the report.</summary>
internal static class SweepConclusion
{
    /// <summary>Fits what the sweep asks for, draws the plots, writes the page, and says on the output what came out and where it is.</summary>
    /// <param name="folder">The sweep's folder, with runs.csv and curves.csv.</param>
    /// <param name="request">The laws and how to fit them.</param>
    /// <param name="told">What only the sweep knows: its question, how many runs it planned, how to repeat it.</param>
    /// <param name="output">Where the summary goes.</param>
    public static void Write(string folder, SweepFitRequest request, Func<SweepReportInput, SweepReportInput> told, TextWriter output)
    {
        var fits = new SweepFits(Path.Combine(folder, "runs.csv"), request).Fit();
        fits.Write(Path.Combine(folder, "fits.json"));
        output.WriteLine();
        FitSummary.Write(fits, output);
        output.WriteLine();
        Report(folder, told, output);
    }

    /// <summary>Draws the plots and writes the page from runs.csv, curves.csv and fits.json alone.</summary>
    public static void Report(string folder, Func<SweepReportInput, SweepReportInput> told, TextWriter output)
    {
        var files = SweepReport.Write(folder, told(SweepReportInput.Read(folder)), Gnuplot.Find());
        if (files.Problem is { } problem)
        {
            output.WriteLine($"note: {Printable.Text(problem)}");
        }

        output.WriteLine($"report: {Path.GetRelativePath(Environment.CurrentDirectory, files.Page)}");
        output.WriteLine($"tables: {Path.GetRelativePath(Environment.CurrentDirectory, folder)}/runs.csv, curves.csv, fits.json; plots: {files.Plots.Count} files in plots/");
    }
}
