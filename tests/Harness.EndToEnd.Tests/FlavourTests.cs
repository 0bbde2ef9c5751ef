using System.Diagnostics;

namespace Harness.EndToEnd.Tests;

/// <summary>The TorchSharp flavour of the engine against our binding: the packages need not be there, the sources must compile.</summary>
public sealed class FlavourTests
{
    [Fact]
    public void The_engine_compiles_as_the_TorchSharp_flavour() => Compile("Harness.Training.TorchSharp");

    [Fact]
    public void The_program_compiles_with_the_TorchSharp_flavour()
    {
        if (Environment.GetEnvironmentVariable("HARNESS_LONG_TESTS") == "1") // most of a minute
        {
            Compile("Harness.Cli", "-p:TorchProvider=TorchSharp");
        }
    }

    private static void Compile(string project, params string[] properties)
    {
        var start = new ProcessStartInfo("dotnet",
            ["build", Path.Combine(Repository.Root, "src", project), "-c", "Release", "--nologo", "-v", "quiet", "-p:CheckAgainstBinding=true", .. properties,
                "--artifacts-path", Path.Combine(Repository.Root, "artifacts", "flavour")])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
    }
}
