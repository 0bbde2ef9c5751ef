using System.Diagnostics;

namespace Harness.EndToEnd.Tests;

/// <summary>experiments/throughput/gpu.sh, as far as a machine without a GPU can show that it works.</summary>
public sealed class GpuScriptTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "experiments", "throughput");

    [Fact]
    public void The_script_and_its_parts_are_well_formed()
    {
        Assert.Equal((0, ""), Run("bash", [], "-n", Path.Combine(Folder, "gpu.sh")));
        foreach (var file in Directory.GetFiles(Path.Combine(Folder, "gpu"), "*.py"))
        {
            Assert.Equal((0, ""), Run("python3", [], "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", file));
        }
    }

    /// <summary>The gate (both sides compute the same from the same weights and batches), one shape of the timings, and the tables; HARNESS_LONG_TESTS=1 runs the sweep and the time to a loss too.</summary>
    [PythonTorchFact]
    public void A_dry_run_opens_the_gate_times_every_arm_and_writes_the_tables()
    {
        using var output = new TemporaryFolder();
        var harness = $"dotnet {Path.Combine(AppContext.BaseDirectory, "harness.dll")}";
        string[] parts = Environment.GetEnvironmentVariable("HARNESS_LONG_TESTS") == "1"
            ? Run("python3", [], Path.Combine(Folder, "gpu", "drive.py"), output.Path, "parts", "--dry").Text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            : ["gate", "steps-16-64", "table"];
        foreach (var part in parts)
        {
            var (code, text) = Run(PythonTorchFactAttribute.Python, [("HARNESS", harness)], Path.Combine(Folder, "gpu", "drive.py"), output.Path, part, "--dry");
            Assert.True(code == 0, $"{part}: {text}");
        }

        var summary = File.ReadAllText(Path.Combine(output.Path, "summary.md"));
        Assert.Contains("Gate, fp32: open", summary, StringComparison.Ordinal);
        Assert.Contains("Gate, bf16: open", summary, StringComparison.Ordinal);
        var steps = File.ReadAllText(Path.Combine(output.Path, "steps.md"));
        foreach (var arm in (string[])["harness eager", "harness graph", "harness stack of 2", "PyTorch eager"])
        {
            Assert.Contains($"| {arm} |", steps, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("failed:", steps, StringComparison.Ordinal);
        Assert.Contains("<polyline", File.ReadAllText(Path.Combine(output.Path, "steps.svg")), StringComparison.Ordinal);
    }

    private static (int Code, string Text) Run(string program, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }
}
