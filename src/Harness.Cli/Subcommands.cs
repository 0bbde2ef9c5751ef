using System.CommandLine;
using Harness.Cli.Fitting;

namespace Harness.Cli;

/// <summary>The verbs, in the order in which a sweep meets them.</summary>
internal static class Subcommands
{
    /// <summary>Every verb; each is built by a factory in the folder of its job.</summary>
    public static IEnumerable<Command> All =>
    [
        Running.StatusCommand.Create(),
        FitCommand.Create(),
        Running.WorkerVerb.Create(),
        PredictCommand.Create(),
        Doctor.DoctorCommand.Create(),
    ];
}
