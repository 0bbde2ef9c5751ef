using System.Diagnostics;

namespace Harness.Cli.Hosting;

/// <summary>Starts this program again: as <c>dotnet harness.dll</c>, or as the single file that it was published as.</summary>
internal static class SelfProcess
{
    /// <summary>A start of this program with arguments, each passed as it is.</summary>
    public static ProcessStartInfo With(params IEnumerable<string> arguments)
    {
        var host = Environment.ProcessPath ?? throw new InvalidOperationException("The operating system does not tell this process's program.");
        var start = new ProcessStartInfo(host);
        if (Path.GetFileNameWithoutExtension(host) is "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "harness.dll"));
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
