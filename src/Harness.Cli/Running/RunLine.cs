using System.Globalization;
using Harness.Execution.Status;

namespace Harness.Cli.Running;

/// <summary>A running run in a few words.</summary>
internal static class RunLine
{
    /// <summary>Where its log is, if it has one.</summary>
    public static string Log(RunStanding run) => run.LogPath is { } path ? $"; log {Printable.Text(path)}" : "";

    public static string Of(RunStanding run)
    {
        var p = run.Progress;
        var share = p is null ? "" : string.Create(CultureInfo.InvariantCulture, $" {100.0 * p.Step / p.Steps:F0} %, loss {Figures.Loss(p.Loss)}");
        return $"{Printable.Text(run.Run.Name)}{share}";
    }
}
