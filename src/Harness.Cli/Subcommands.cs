using System.CommandLine;
using Harness.Cli.Benchmarking;
using Harness.Cli.Counting;
using Harness.Cli.Doctor;
using Harness.Cli.Fitting;
using Harness.Cli.Planning;
using Harness.Cli.Reports;
using Harness.Cli.Running;

namespace Harness.Cli;

/// <summary>The verbs, in the order in which a sweep meets them.</summary>
internal static class Subcommands
{
    /// <summary>Every verb; each is built by a factory in the folder of its job.</summary>
    public static IEnumerable<Command> All =>
    [
        PlanCommand.Create(),
        RunCommand.Create(),
        StatusCommand.Create(),
        FitCommand.Create(),
        PredictCommand.Create(),
        CountCommand.Create(),
        ReportCommand.Create(),
        BenchCommand.Create(),
        WorkerVerb.Create(),
        DoctorCommand.Create(),
    ];
}
