using System.CommandLine;

namespace Harness.Cli.Doctor;

/// <summary><c>harness doctor</c>: which engine a user gets and why, how fast its matrix products are, what is missing.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var results = new Option<string>("--results") { Description = "Folder whose free space is shown.", DefaultValueFactory = _ => "results" };
        var command = new Command("doctor", "Show which engine, devices and tools this machine has, how fast its BLAS is, and what to do where something is missing. Installs nothing.")
        {
            results,
        };
        command.SetAction(parsed => Print(Examination.Of(parsed.GetValue(results)!)));
        return command;
    }

    private static int Print(IEnumerable<Finding> findings)
    {
        var code = ExitCodes.Done;
        foreach (var finding in findings)
        {
            var mark = finding.Verdict switch { Verdict.Good => "ok  ", Verdict.Warning => "warn", _ => "none" };
            Console.WriteLine($"{mark}  {finding.Part,-9}  {finding.Text}");
            if (finding.Verdict != Verdict.Good)
            {
                code = ExitCodes.SomeFailed;
            }
        }

        return code;
    }
}
