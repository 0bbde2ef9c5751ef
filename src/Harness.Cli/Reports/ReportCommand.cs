using System.CommandLine;
using Harness.Reporting.Fits;
using Harness.Reporting.Tables;

namespace Harness.Cli.Reports;

/// <summary><c>harness report</c>: the page and the plots again, from the tables alone.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "A sweep's folder, or any folder with a runs.csv of this layout (curves.csv and fits.json may be missing)." };
        var command = new Command("report", "Draw the plots and write report.html again from runs.csv, curves.csv and fits.json alone. Needs no engine; works on a copy from another machine.")
        {
            folder,
        };
        command.SetAction(parsed =>
        {
            try
            {
                SweepConclusion.Report(parsed.GetValue(folder)!, question: null, parsed.InvocationConfiguration.Output);
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
