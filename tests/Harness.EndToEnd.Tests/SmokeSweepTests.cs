using System.Globalization;

namespace Harness.EndToEnd.Tests;

/// <summary>A tiny real sweep: real text, real training, processes killed for real.</summary>
public sealed class SmokeSweepTests
{
    /// <summary>Small enough for a test: what matters here is that sizes and data order the losses and that interruptions change nothing.</summary>
    private static readonly string[] Small = ["--set", "training.tokens=200k", "--set", "sweep.product={\"seed\": [1, 2]}"];

    [Fact]
    public void Larger_models_and_more_data_end_lower()
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = Repository.Run("run", Repository.Config("smoke.yaml"), "--results", folder.Path);
        Assert.True(code == 0, output + error);

        Assert.All(Rows(folder["smoke/runs.csv"]), IsAccountedFor);
        var loss = Rows(folder["smoke/runs.csv"]).ToDictionary(
            r => (N: long.Parse(r["non_embedding_params"], CultureInfo.InvariantCulture), D: long.Parse(r["tokens"], CultureInfo.InvariantCulture)),
            r => double.Parse(r["val_loss_nats_per_token"], CultureInfo.InvariantCulture));
        var (smallest, largest) = (loss.Keys.Min(k => k.N), loss.Keys.Max(k => k.N));
        var (least, most) = (loss.Keys.Min(k => k.D), loss.Keys.Max(k => k.D));
        Assert.True(loss[(largest, most)] < loss[(smallest, most)], "a larger model must end lower on the same data");
        Assert.All(loss.Keys.Select(k => k.N).Distinct(), n => Assert.True(loss[(n, most)] < loss[(n, least)], "more data must end lower"));
        Assert.InRange(loss[(largest, most)], 0.8, Math.Log(256) / 2); // far below the uniform loss, above any published entropy of English bytes
    }

    [Fact]
    public void An_interrupted_sweep_ends_with_the_same_weights_and_rows()
    {
        using var folder = new TemporaryFolder();
        string[] line = ["run", Repository.Config("smoke.yaml"), "--workers", "2", .. Small];
        Assert.Equal(0, Repository.Run([.. line, "--results", folder["whole"]]).Code);

        for (var i = 0; i < 3; i++)
        {
            using var process = Repository.Start([.. line, "--results", folder["broken"]]);
            _ = process.StandardError.ReadToEndAsync();
            _ = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(TimeSpan.FromSeconds(3 + i)))
            {
                process.Kill(entireProcessTree: i == 0); // once everything, then the orchestrator alone: its workers must end by themselves
            }

            process.WaitForExit();
        }

        var (code, output, error) = Repository.Run([.. line, "--results", folder["broken"]]);
        Assert.True(code == 0, output + error);
        Assert.Equal(Fingerprints(folder["whole/smoke"]), Fingerprints(folder["broken/smoke"]));
        Assert.Equal(CurvesWithoutTimes(folder["whole/smoke"]), CurvesWithoutTimes(folder["broken/smoke"]));
    }

    [Fact]
    public void Trained_in_stacks_a_sweep_has_the_weights_and_rows_that_its_runs_have_alone()
    {
        using var folder = new TemporaryFolder();
        string[] line = ["run", Repository.Config("smoke.yaml"), "--workers", "1", .. Small];
        Assert.Equal(0, Repository.Run([.. line, "--results", folder["alone"], "--set", "execution.stack=off"]).Code);
        var (code, output, error) = Repository.Run([.. line, "--results", folder["together"], "--set", "execution.stack=2"]);
        Assert.True(code == 0, output + error);
        Assert.Contains("train together", output + error, StringComparison.Ordinal);
        Assert.All(Rows(folder["alone/smoke/runs.csv"]), r => Assert.Equal("1", r["stack"]));
        Assert.All(Rows(folder["together/smoke/runs.csv"]), r => Assert.Equal("2", r["stack"]));
        Assert.Equal(Fingerprints(folder["alone/smoke"]), Fingerprints(folder["together/smoke"]));
        Assert.Equal(CurvesWithoutTimes(folder["alone/smoke"]), CurvesWithoutTimes(folder["together/smoke"]));
    }

    [Fact]
    public void Trained_at_the_same_time_by_one_worker_different_runs_have_the_weights_and_rows_that_they_have_alone()
    {
        using var folder = new TemporaryFolder();
        string[] line = ["run", Repository.Config("smoke.yaml"), "--workers", "1", .. Small, "--set", "execution.stack=off"];
        Assert.Equal(0, Repository.Run([.. line, "--results", folder["alone"]]).Code);
        var (code, output, error) = Repository.Run([.. line, "--results", folder["beside"], "--runs-per-worker", "3"]);
        Assert.True(code == 0, output + error);
        Assert.All(Rows(folder["alone/smoke/runs.csv"]), r => Assert.Equal("1", r["runs_at_once"]));
        Assert.Contains("3", Rows(folder["beside/smoke/runs.csv"]).Select(r => r["runs_at_once"]));
        Assert.Equal(Fingerprints(folder["alone/smoke"]), Fingerprints(folder["beside/smoke"]));
        Assert.Equal(CurvesWithoutTimes(folder["alone/smoke"]), CurvesWithoutTimes(folder["beside/smoke"]));
        Assert.Contains("runs at a time", Repository.Run("status", folder["beside/smoke"]).Output, StringComparison.Ordinal);
        var plan = Repository.Run("plan", Repository.Config("smoke.yaml"), "--no-calibration", "--results", folder["new"], "--set", "execution.runs_per_worker=3").Output;
        Assert.Contains("side by side: up to 3 runs of any shapes at a time on cpu, as asked", plan, StringComparison.Ordinal);
        var refused = Repository.Run("plan", Repository.Config("smoke.yaml"), "--no-calibration", "--threads", "2", "--runs-per-worker", "3");
        Assert.Equal(2, refused.Code);
        Assert.Contains("one run at a time", refused.Error + refused.Output, StringComparison.Ordinal);
    }

    /// <summary>What a run cost is there and consistent; joules are empty exactly where no counter can be read.</summary>
    private static void IsAccountedFor(Dictionary<string, string> run)
    {
        double Number(string column) => double.Parse(run[column], CultureInfo.InvariantCulture);
        Assert.Equal(Number("tokens"), Number("tokens_per_second") * Number("train_seconds"), 1e-6 * Number("tokens"));
        Assert.InRange(Number("mfu"), 1e-4, 1);
        // The peak that mfu is a share of is this machine's: between one core without vectors and a large one with them.
        var peak = Number("tokens_per_second") * Number("train_flops_kaplan") / Number("tokens") / Number("mfu");
        Assert.InRange(peak, 1e9, 1e12);
        Assert.True(Number("evaluation_seconds") > 0);
        Assert.InRange(Number("peak_memory_bytes"), 50e6, 4e9);
        Assert.Contains("CPU kernels", run["engine"], StringComparison.Ordinal);
        var counters = Directory.Exists("/sys/class/powercap")
            ? Directory.EnumerateFileSystemEntries("/sys/class/powercap", "intel-rapl:*").Where(z => z.Count(c => c == ':') == 1).Where(IsReadable)
            : [];
        Assert.Equal(!counters.Any(), run["joules"].Length == 0);
        Assert.True(run["joules"].Length == 0 || Number("joules") > 0);
    }

    private static bool IsReadable(string zone)
    {
        try
        {
            return File.ReadAllText(Path.Combine(zone, "energy_uj")).Length > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static List<Dictionary<string, string>> Rows(string csv)
    {
        var lines = File.ReadAllLines(csv);
        var header = lines[0].Split(',');
        return [.. lines.Skip(1).Select(l => header.Zip(Cells(l)).ToDictionary(p => p.First, p => p.Second))];
    }

    /// <summary>Splits a line of RFC 4180; our text columns hold no line breaks.</summary>
    private static IEnumerable<string> Cells(string line)
    {
        var quoted = false;
        var cell = new System.Text.StringBuilder();
        foreach (var c in line)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                yield return cell.ToString();
                cell.Clear();
            }
            else
            {
                cell.Append(c);
            }
        }

        yield return cell.ToString();
    }

    private static List<string> Fingerprints(string sweep) =>
        [.. Rows(Path.Combine(sweep, "runs.csv")).Select(r => $"{r["run_id"]} {r["status"]} {r["val_loss_nats_per_token"]} {r["train_loss_nats_per_token"]} {Weights(sweep, r["run_id"])}")];

    private static string Weights(string sweep, string id)
    {
        var result = File.ReadAllText(Path.Combine(sweep, "runs", id, "result.json"));
        var at = result.IndexOf("weights_hash", StringComparison.Ordinal);
        Assert.True(at > 0, "a result holds the hash of its weights");
        return result.Substring(at, 85);
    }

    private static List<string> CurvesWithoutTimes(string sweep) =>
        [.. Rows(Path.Combine(sweep, "curves.csv")).Select(r => string.Join(' ', r.Where(c => !c.Key.Contains("second", StringComparison.Ordinal)).Select(c => c.Value)))];
}
