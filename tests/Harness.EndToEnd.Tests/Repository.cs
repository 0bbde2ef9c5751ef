using System.Diagnostics;

namespace Harness.EndToEnd.Tests;

/// <summary>The checkout that the tests stand in, and its program as a process of its own.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Config(string name) => Path.Combine(Root, "configs", name);

    /// <summary>Starts the program that this build made. Standard output and error are read by the caller.</summary>
    public static Process Start(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "harness.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException("dotnet was not started");
    }

    /// <summary>Runs the program to its end.</summary>
    public static (int Code, string Output, string Error) Run(params IEnumerable<string> arguments)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private static string FindRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Harness.sln")))
        {
            at = at.Parent ?? throw new InvalidOperationException("the tests are not inside the repository");
        }

        return at.FullName;
    }
}
