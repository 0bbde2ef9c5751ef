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

    /// <summary>A machine with PyTorch and no .NET gets the archive: nothing of this machine's .NET may be needed, nor any of its settings.</summary>
    [Fact]
    public async Task The_pack_runs_on_the_runtime_that_it_brings()
    {
        using var folder = new TemporaryFolder();
        var (archive, text) = (Path.Combine(folder.Path, "pack.tar.gz"), Path.Combine(folder.Path, "words.txt"));
        await File.WriteAllTextAsync(text, "some words");
        var packed = Run(
            "bash", [("HARNESS_PROGRAM", Path.Combine(Repository.Root, "artifacts", "bin", "Harness.Cli", "release")), ("HARNESS_TEXT", text)], Path.Combine(Folder, "gpu.sh"), "pack", archive);
        Assert.True(packed.Code == 0, packed.Text);
        Assert.InRange(new FileInfo(archive).Length, 10 << 20, 64 << 20); // what travels to a lent machine at once
        Assert.Equal((0, ""), Run("tar", [], "-C", folder.Path, "-xzf", archive));
        var there = Path.Combine(folder.Path, "harness-gpu");
        Assert.All((string[])["gpu.sh", "text.txt", "gpu/drive.py", "twin/gpt.py", "native/build.sh", "native/cuda/graphs.cpp"], f => Assert.True(File.Exists(Path.Combine(there, f)), f));

        var start = new ProcessStartInfo(
            "env",
            ["-i", "PATH=/usr/bin:/bin", $"HOME={folder.Path}", $"HARNESS_NATIVE={Path.Combine(Repository.Root, "artifacts", "native")}", Path.Combine(there, "bin", "harness"),
                "bench", "serve", "--shape", "1x16x2x16x32", "--batch", "4", "--device", "cpu"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var ready = await process.StandardOutput.ReadLineAsync();
        Assert.True(ready?.StartsWith("ready {", StringComparison.Ordinal), ready ?? await error);
        var runtime = File.ReadLines($"/proc/{process.Id}/maps").Select(line => line[Math.Min(line.Length, line.IndexOf('/', StringComparison.Ordinal) + 1)..])
            .Where(file => Path.GetFileName(file) is "libcoreclr.so" or "libhostfxr.so" or "System.Private.CoreLib.dll" or "harness.dll").Distinct().ToList();
        await process.StandardInput.WriteAsync("2\n");
        process.StandardInput.Close();
        Assert.Contains("\"steps\": 2", await process.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.Contains(runtime, file => Path.GetFileName(file) == "libcoreclr.so");
        Assert.All(runtime, file => Assert.StartsWith(there[1..], file, StringComparison.Ordinal));
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
        Assert.Contains("Gate, fp32, 1x16x2x16x32, graph: open", summary, StringComparison.Ordinal);
        Assert.Contains("Gate, bf16, 1x16x2x16x32, stack: open", summary, StringComparison.Ordinal);
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
