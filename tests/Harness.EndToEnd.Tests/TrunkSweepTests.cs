using System.Globalization;
using System.Text.RegularExpressions;

namespace Harness.EndToEnd.Tests;

/// <summary>A sweep on shared trunks through the program, against the same sweep with every run alone.</summary>
public sealed partial class TrunkSweepTests
{
    private const string Yaml = """
        name: branches
        model: {n_layer: 2, n_head: 2}
        synthetic: {e: 1.7, a: 400, b: 1200, alpha: 0.34, beta: 0.37, noise: 0.01}
        training: {batch_tokens: 2048, peak_lr: 1e-3, lr_schedule: {kind: wsd, warmup_steps: 5, decay_fraction: 0.2}}
        evaluation: {every_steps: 25}
        execution: {share_trunk: true, workers: 2}
        sweep: {product: {d_model: [32, 64, 128], steps: [50, 100, 200, 400]}}
        fit: {laws: [chinchilla], bootstrap: 40}

        """;

    [Fact]
    public void Shared_trunks_change_no_loss_and_every_number_says_what_they_save()
    {
        using var folder = new TemporaryFolder();
        var sweep = folder["branches.yaml"];
        File.WriteAllText(sweep, Yaml);

        // Alone 750 steps a size; shared 400 and a fifth of the others, 470: 37.3 % saved.
        var plan = Repository.Run("plan", sweep, "--no-calibration", "--results", folder["shared"]);
        Assert.True(plan.Code == 0, plan.Output + plan.Error);
        Assert.Contains("trunks: 9 runs branch off 3 trunks; this saves 1.72M of 4.61M tokens (37.3 %)", plan.Output, StringComparison.Ordinal);
        Assert.Matches("at step 160 of \\S*", plan.Output);

        var shared = Rows(sweep, folder["shared"]);
        var alone = Rows(sweep, folder["alone"], "--set", "execution.share_trunk=false");
        Assert.Equal(alone.Select(r => (r["run_id"], r["val_loss_nats_per_token"])), shared.Select(r => (r["run_id"], r["val_loss_nats_per_token"])));
        Assert.All(alone, r => Assert.Equal(("", "", r["train_flops"]), (r["trunk"], r["branch_step"], r["spent_train_flops"])));
        Assert.Equal(3, shared.Select(r => r["trunk"]).Distinct().Count());
        Assert.Equal(470 / 750.0, Sum(shared, "spent_train_flops") / Sum(alone, "spent_train_flops"), 1e-9);
        Assert.Equal(Sum(alone, "train_flops"), Sum(shared, "train_flops"));

        Assert.Contains("12 rows have 3 different trunks", File.ReadAllText(folder["shared/branches/fits.json"]), StringComparison.Ordinal);
        Assert.DoesNotContain("different trunks", File.ReadAllText(folder["alone/branches/fits.json"]), StringComparison.Ordinal);
        Assert.Contains("trunk_savings", File.ReadAllText(folder["shared/branches/plan.json"]), StringComparison.Ordinal);
        var status = Repository.Run("status", folder["shared/branches"]);
        Assert.Equal(9, BeganOnTrunk().Count(status.Output));
    }

    private static List<Dictionary<string, string>> Rows(string sweep, string results, params string[] more)
    {
        var (code, output, error) = Repository.Run(["run", sweep, "--results", results, .. more]);
        Assert.True(code == 0, output + error);
        var lines = File.ReadAllLines(Path.Combine(results, "branches", "runs.csv")).Select(l => l.Split(',')).ToList();
        return [.. lines.Skip(1).Select(l => lines[0].Zip(l).ToDictionary(p => p.First, p => p.Second))];
    }

    private static double Sum(List<Dictionary<string, string>> rows, string column) => rows.Sum(r => double.Parse(r[column], CultureInfo.InvariantCulture));

    [GeneratedRegex("began at step \\d+ of its trunk")]
    private static partial Regex BeganOnTrunk();
}
