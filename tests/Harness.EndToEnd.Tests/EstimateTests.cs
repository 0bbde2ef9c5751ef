using System.Text.Json;

namespace Harness.EndToEnd.Tests;

/// <summary>What a plan says a run will take, against what it took.</summary>
public sealed class EstimateTests
{
    [Fact]
    public void A_run_takes_the_disk_that_its_plan_said_within_a_tenth()
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = Repository.Run("run", Repository.Config("smoke.yaml"), "--results", folder.Path, "--workers", "1",
            "--set", "sweep={\"product\": {\"training.seed\": [1]}}", "--set", "model={\"family\": \"gpt2\", \"n_layer\": 2, \"d_model\": 128, \"head_dim\": 16, \"context_length\": 64}",
            "--set", "training.tokens=30Ki", "--set", "execution.checkpoint_every_steps=10", "--set", "fit.laws=kaplan-n");
        Assert.True(code is 0 or 3, output + error);

        using var plan = JsonDocument.Parse(File.ReadAllText(folder["smoke/plan.json"]));
        var estimate = plan.RootElement.GetProperty("content").GetProperty("runs")[0].GetProperty("estimate").GetProperty("disk_bytes").GetInt64();
        var run = Directory.GetDirectories(folder["smoke/runs"]).Single();
        var files = Directory.GetFiles(run, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "result.json").ToDictionary(f => f, f => new FileInfo(f).Length);
        var checkpoint = files.Where(f => f.Key.Contains("/checkpoints/", StringComparison.Ordinal)).Sum(f => f.Value); // one is kept of a finished run
        var fullest = files.Values.Sum() + 2 * checkpoint;
        Assert.InRange(fullest / (double)estimate, 0.9, 1.1);
    }
}
