using System.Diagnostics;

namespace Harness.EndToEnd.Tests;

/// <summary>What people do to a sweep, through the program as they do it.</summary>
public sealed class OperatorTests
{
    private static readonly string[] Four = ["--set", "sweep={\"product\": {\"training.seed\": [1, 2, 3, 4]}}", "--set", "model={\"family\": \"gpt2\", \"n_layer\": 2, \"d_model\": 64, \"n_head\": 4, \"context_length\": 128, \"vocab_size\": 256}", "--set", "training.tokens=10Ki", "--set", "training.batch_tokens=1024"];

    [Fact]
    public void More_memory_than_there_is_is_refused_before_anything_starts()
    {
        using var folder = new TemporaryFolder();
        var (code, _, error) = Repository.Run("run", Repository.Config("smoke.yaml"), "--results", folder.Path, "--workers", "1",
            "--set", "sweep={\"product\": {\"training.seed\": [1]}}", "--set", "model={\"family\": \"gpt2\", \"n_layer\": 64, \"d_model\": 16384, \"head_dim\": 64, \"context_length\": 64}", "--set", "training.tokens=100k");
        Assert.Equal(2, code);
        Assert.Contains("of memory and", error, StringComparison.Ordinal);
        Assert.Contains("--force", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(folder["smoke/runs"]));
    }

    [Fact]
    public void A_damaged_plan_and_a_damaged_curve_cost_no_result_and_a_newer_plan_is_refused()
    {
        using var folder = new TemporaryFolder();
        string[] line = ["run", Repository.Config("synthetic.yaml"), "--results", folder.Path, .. Four];
        Assert.Equal(0, Repository.Run(line).Code);
        var finished = File.GetLastWriteTimeUtc(Directory.GetFiles(folder["synthetic/runs"], "result.json", SearchOption.AllDirectories)[0]);
        var plan = File.ReadAllText(folder["synthetic/plan.json"]);

        File.WriteAllText(folder["synthetic/plan.json"], plan[..200]);
        var status = Repository.Run("status", folder["synthetic"]);
        Assert.Equal(2, status.Code);
        Assert.Contains("Run the sweep's YAML again", status.Error, StringComparison.Ordinal);
        var curve = Directory.GetFiles(folder["synthetic/runs"], "metrics.csv", SearchOption.AllDirectories)[0];
        File.WriteAllText(curve, File.ReadAllText(curve)[..300]);
        var (code, output, error) = Repository.Run(line);
        Assert.True(code == 0, output + error);
        Assert.Contains($"left out of curves.csv: {curve}", output, StringComparison.Ordinal);
        Assert.Equal(5, File.ReadAllLines(folder["synthetic/runs.csv"]).Length);
        Assert.Equal(finished, File.GetLastWriteTimeUtc(Directory.GetFiles(folder["synthetic/runs"], "result.json", SearchOption.AllDirectories)[0]));

        File.WriteAllText(folder["synthetic/plan.json"], plan.Replace("\"format_version\": 1", "\"format_version\": 7", StringComparison.Ordinal));
        foreach (var verb in (string[][])[line, ["plan", .. line[1..], "--no-calibration"], ["status", folder["synthetic"]]])
        {
            var refused = Repository.Run(verb);
            Assert.Equal(2, refused.Code);
            Assert.Contains("written by a newer harness (format 7; this one reads 1). Update harness", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_second_start_refuses_with_the_first_ones_process_and_leaves_its_plan_alone()
    {
        using var folder = new TemporaryFolder();
        string[] line = ["run", Repository.Config("synthetic.yaml"), "--results", folder.Path, "--workers", "1", .. Four, "--set", "synthetic.seconds_per_run=30"];
        using var first = Repository.Start(line);
        _ = first.StandardError.ReadToEndAsync();
        _ = first.StandardOutput.ReadToEndAsync();
        Assert.True(SpinWait.SpinUntil(() => Directory.Exists(folder["synthetic/runs"]) && Directory.GetDirectories(folder["synthetic/runs"]).Length > 0, TimeSpan.FromSeconds(60)));
        var plan = File.ReadAllText(folder["synthetic/plan.json"]);

        var (code, _, error) = Repository.Run([.. line, "--set", "training.seed=77"]);

        Assert.Equal(2, code);
        Assert.Contains($"process {first.Id}", error, StringComparison.Ordinal);
        Assert.Equal(plan, File.ReadAllText(folder["synthetic/plan.json"]));

        Directory.Delete(folder["synthetic"], recursive: true); // and now the worst: all of it
        Assert.True(first.WaitForExit(60_000));
        Assert.Equal(1, first.ExitCode);
        Assert.False(Directory.Exists(folder["synthetic"]));
    }

    [FactWithScript]
    public void A_closed_terminal_saves_and_stops()
    {
        using var folder = new TemporaryFolder();
        string[] line = ["run", Repository.Config("synthetic.yaml"), "--results", folder.Path, "--workers", "1", .. Four, "--set", "synthetic.seconds_per_run=60"];
        using var terminal = Terminal.Start(folder["out"], line);
        Assert.True(SpinWait.SpinUntil(() => Directory.Exists(folder["synthetic/runs"]) && Directory.GetFiles(folder["synthetic/runs"], "metrics.csv", SearchOption.AllDirectories).Length > 0, TimeSpan.FromSeconds(60)));

        terminal.Close();

        Assert.True(SpinWait.SpinUntil(() => SweepPrint.ProcessesOn(folder.Path).Count == 0, TimeSpan.FromSeconds(60)), "the sweep goes on without its terminal");
        var status = Repository.Run("status", folder["synthetic"]);
        Assert.Contains("1 interrupted", status.Output, StringComparison.Ordinal);
        Assert.Contains("Preempted: asked to stop", status.Output, StringComparison.Ordinal);
        Assert.Single(Directory.GetDirectories(folder["synthetic/runs"], "step-*", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFileSystemEntries(folder["synthetic/orchestrators"]));
    }

    [Fact]
    public void Nothing_hostile_reaches_the_terminal_as_it_is()
    {
        foreach (var line in (string[][])[["run", "no\u001b[31m\u0007.yaml"], ["status", "\u001b]0;title\u0007"], ["\u009b31m"], ["plan", Repository.Config("smoke.yaml"), "--set", "\u001b[2J=1"]])
        {
            var (code, output, error) = Repository.Run(line);
            Assert.Equal(2, code);
            Assert.DoesNotContain((output + error).Replace("\n", "", StringComparison.Ordinal), char.IsControl);
        }
    }

    /// <summary>The program on a terminal of its own, made by script(1), that can be closed.</summary>
    private sealed class Terminal(Process process) : IDisposable
    {
        public static Terminal Start(string transcript, params IEnumerable<string> arguments)
        {
            var line = string.Join(' ', ((IEnumerable<string>)["dotnet", Path.Combine(AppContext.BaseDirectory, "harness.dll"), .. arguments]).Select(a => $"'{a}'"));
            var start = new ProcessStartInfo("script", ["-q", "-c", $"exec {line}", transcript])
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            start.Environment["TERM"] = "xterm";
            var process = Process.Start(start)!;
            _ = process.StandardOutput.ReadToEndAsync();
            return new Terminal(process);
        }

        /// <summary>The terminal's owner dies: the kernel hangs up on everyone in it.</summary>
        public void Close() => process.Kill();

        public void Dispose() => process.Dispose();
    }
}

/// <summary>A test that needs script(1) for a terminal; says so where there is none.</summary>
internal sealed class FactWithScriptAttribute : FactAttribute
{
    public FactWithScriptAttribute() => Skip = File.Exists("/usr/bin/script") ? null : "a terminal of one's own needs script(1)";
}
