using System.ComponentModel;
using System.Diagnostics;

namespace Harness.Cli.Hosting;

/// <summary>Another program, asked a question and heard out.</summary>
internal static class Tool
{
    /// <summary>Runs a program and returns its first line of output, or null if it isn't there, fails, or takes longer than the limit.</summary>
    /// <param name="program">Name on PATH, or a path.</param>
    /// <param name="arguments">Passed one by one, never through a shell.</param>
    public static string? FirstLine(string program, params string[] arguments) => Output(program, arguments)?.Split('\n', 2)[0].Trim();

    /// <summary>All of a program's standard output, or null if it isn't there, fails, or takes longer than five seconds.</summary>
    public static string? Output(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start);
            if (process is null)
            {
                return null;
            }

            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(TimeSpan.FromSeconds(5)))
            {
                process.Kill(entireProcessTree: true);
                return null;
            }

            Task.WaitAll(errors, output);
            return process.ExitCode == 0 ? output.Result : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
