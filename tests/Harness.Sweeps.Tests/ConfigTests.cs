using System.Text.RegularExpressions;
using Harness.Core.Models;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Planning;

namespace Harness.Sweeps.Tests;

/// <summary>Every file in configs/, planned over data of a known size.</summary>
public sealed class ConfigTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("configs-");

    public ConfigTests()
    {
        foreach (var file in new[] { "text/a.txt", "text/b.txt", "text/r50k_base.tiktoken", "shards/train_0.bin", "shards/val_0.bin" })
        {
            var path = Path.Combine(folder.FullName, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "x");
        }
    }

    public static TheoryData<string> Files => [.. Directory.GetFiles(Configs(), "*.yaml").Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_config_plans(string file)
    {
        var plan = Plan(file);
        Assert.Equal(Path.GetFileNameWithoutExtension(file), plan.Slug);
        Assert.NotNull(plan.Question);
        Assert.NotEmpty(plan.Runs);
        Assert.Equal(plan.Runs.Count, plan.Runs.Select(r => r.Name.ToUpperInvariant()).Distinct().Count());
        Assert.Equal(plan.Runs.Count, plan.Runs.Select(r => r.Id).Distinct().Count());
        Assert.All(plan.Runs, r => Assert.Matches("^[A-Za-z0-9.-]+$", r.Name));
    }

    [Fact]
    public void The_quickstart_spans_sizes_and_budgets_on_the_built_in_corpus()
    {
        var plan = Plan("quickstart.yaml");
        var sizes = plan.Runs.Select(r => ParameterCounts.Of(r.Spec.Model).NonEmbedding).Distinct().ToList();
        Assert.True(sizes.Count >= 5 && sizes.Max() >= 50 * sizes.Min(), string.Join(' ', sizes));
        Assert.True(plan.Runs.Select(r => r.Spec.Training.Tokens).Distinct().Count() >= 3);
        Assert.All(plan.Figures, f => Assert.InRange(f.Epochs!.Value, 0, 1));
    }

    [Fact]
    public void The_smoke_sweep_has_six_runs_and_checkpoints_every_few_steps()
    {
        var plan = Plan("smoke.yaml");
        Assert.True(plan.Runs.Count >= 6);
        Assert.InRange(plan.Execution.CheckpointEverySteps!.Value, 1, 50);
    }

    [Fact]
    public void The_reference_names_every_key()
    {
        var text = File.ReadAllText(Path.Combine(Configs(), "every-key.yaml"));
        var missing = SweepKeys.All.Select(k => k.Path[(k.Path.LastIndexOf('.') + 1)..]).Where(leaf => !Regex.IsMatch(text, $@"(?m)^[\s#-]*{leaf}:"));
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_isoflop_run_spends_its_budget_to_within_half_a_step()
    {
        var plan = Plan("isoflop.yaml");
        Assert.Equal(21, plan.Runs.Count);
        Assert.All(plan.Runs, r =>
        {
            var flopsAStep = 6.0 * ParameterCounts.Of(r.Spec.Model).NonEmbedding * r.Spec.Training.BatchTokens;
            Assert.InRange(6.0 * ParameterCounts.Of(r.Spec.Model).NonEmbedding * r.Spec.Training.Tokens - double.Parse(r.Labels["isoflop"]), -flopsAStep / 2, flopsAStep / 2);
        });
    }

    public void Dispose() => folder.Delete(recursive: true);

    private SweepPlan Plan(string file)
    {
        var copy = Path.Combine(folder.FullName, file);
        File.Copy(Path.Combine(Configs(), file), copy, overwrite: true);
        var builtIn = !File.ReadAllText(copy).Contains("paths: ", StringComparison.Ordinal) || file == "every-key.yaml";
        var catalog = builtIn ? new FakeCatalog(8_100_000, 430_000) : new FakeCatalog(20_000_000_000, 100_000_000);
        var reading = SweepReader.Read(copy, catalog);
        Assert.True(reading.Plan is not null, string.Join('\n', reading.Problems));
        return reading.Plan;
    }

    private static string Configs()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Harness.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder.FullName, "configs");
    }
}
