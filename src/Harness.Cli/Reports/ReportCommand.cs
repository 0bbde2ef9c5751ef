using System.CommandLine;
using Harness.Reporting.Fits;
using Harness.Reporting.Runs;
using Harness.Reporting.Tables;

namespace Harness.Cli.Reports;

/// <summary><c>harness report</c>: the page and the plots again, from the tables alone.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "A sweep's folder, or any folder with a runs.csv of this layout (curves.csv and fits.json may be missing).", Arity = ArgumentArity.ZeroOrOne };
        var columns = new Option<bool>("--columns") { Description = "Print what every column of runs.csv and curves.csv means, as Markdown, and stop." };
        var fits = new Option<bool>("--fits") { Description = "Print the fits of fits.json in short, and stop." };
        var command = new Command("report", "Draw the plots and write report.html again from runs.csv, curves.csv and fits.json alone. Needs no engine; works on a copy from another machine.")
        {
            folder, columns, fits,
        };
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(columns))
            {
                output.Write($"### runs.csv\n\n{TableColumn.ToMarkdown(RunsTable.Columns)}\n### curves.csv\n\n{TableColumn.ToMarkdown(CurvesTable.Columns)}");
                return ExitCodes.Done;
            }

            if (parsed.GetValue(folder) is not { } given)
            {
                throw new UserMistakeException("harness report: a sweep's folder is needed, such as results/quickstart.");
            }

            try
            {
                if (parsed.GetValue(fits))
                {
                    FitSummary.Write(FitsFile.Read(Path.Combine(given, "fits.json")), output);
                    return ExitCodes.Done;
                }

                SweepConclusion.Report(given, input => input, output);
                return ExitCodes.Done;
            }
            catch (Exception e) when (e is TableException or FitsFileException)
            {
                throw new UserMistakeException(e.Message, e);
            }
        });
        return command;
    }
}
