using System.Diagnostics;
using System.Runtime.CompilerServices;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Harness.Torch.Tests;

/// <summary>Builds the native library before the first test, so that `dotnet test` alone is enough; a few milliseconds when it is up to date.</summary>
internal static class NativeBuild
{
    internal static string Root { get; } = FindRoot();

    internal static string Script => Path.Combine(Root, "src", "Harness.Torch", "native", "build.sh");

    [ModuleInitializer]
    internal static void Build()
    {
        (int exit, string output) = Run("bash", Script, Path.Combine(Root, "artifacts", "native"));
        if (exit != 0)
        {
            throw new InvalidOperationException($"{Script} failed ({exit}):\n{output}");
        }
    }

    internal static (int Exit, string Output) Run(string program, params string[] arguments)
    {
        using Process process = new();
        process.StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        process.Start();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Harness.sln")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException($"No Harness.sln above {AppContext.BaseDirectory}.");
    }
}
