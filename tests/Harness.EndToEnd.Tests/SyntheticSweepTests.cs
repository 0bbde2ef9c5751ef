using System.Text.Json;

namespace Harness.EndToEnd.Tests;

/// <summary>A sweep with a known truth through every arrow of the main path, as processes.</summary>
public sealed class SyntheticSweepTests
{
    [Fact]
    public void A_known_law_goes_through_plan_run_fit_report_and_comes_back_within_its_intervals()
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = Repository.Run("run", Repository.Config("synthetic.yaml"), "--results", folder.Path, "--workers", "2");
        Assert.True(code == 0, output + error);

        using var fits = JsonDocument.Parse(File.ReadAllText(folder["synthetic/fits.json"]));
        var fit = fits.RootElement.GetProperty("fits").EnumerateArray().Single(f => f.GetProperty("law").GetString() == "chinchilla");
        using var spec = JsonDocument.Parse(File.ReadAllText(Directory.GetFiles(folder["synthetic/runs"], "spec.json", SearchOption.AllDirectories)[0]));
        var truth = Truth(spec.RootElement);
        foreach (var name in (string[])["e", "a", "b", "alpha", "beta"])
        {
            var interval = fit.GetProperty("intervals").GetProperty(name).EnumerateArray().Select(v => v.GetDouble()).ToArray();
            Assert.True(truth[name] >= interval[0] && truth[name] <= interval[1], $"{name}: the truth {truth[name]} is outside [{interval[0]}, {interval[1]}]");
        }

        Assert.Contains("<svg", File.ReadAllText(folder["synthetic/report.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_writes_nothing_and_lists_what_a_run_then_does()
    {
        using var folder = new TemporaryFolder();
        var plan = Repository.Run("plan", Repository.Config("synthetic.yaml"), "--results", folder.Path, "--no-calibration");
        var dry = Repository.Run("run", Repository.Config("synthetic.yaml"), "--results", folder.Path, "--dry-run");
        Assert.Equal((0, 0), (plan.Code, dry.Code));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));

        var run = Repository.Run("run", Repository.Config("synthetic.yaml"), "--results", folder.Path);
        Assert.Equal(0, run.Code);
        var names = File.ReadLines(folder["synthetic/runs.csv"]).Skip(1).Select(l => l.Split(',')[1]).ToList();
        Assert.NotEmpty(names);
        Assert.All(names, n => Assert.Contains(n, plan.Output, StringComparison.Ordinal));

        var again = Repository.Run("run", Repository.Config("synthetic.yaml"), "--results", folder.Path);
        Assert.Equal(0, again.Code);
        Assert.All(Directory.GetDirectories(folder["synthetic/runs"]), run => Assert.Single(Directory.GetDirectories(run, "attempt-*")));
    }

    [Fact]
    public void A_report_is_redone_from_its_tables_alone()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, Repository.Run("run", Repository.Config("synthetic.yaml"), "--results", folder.Path).Code);
        var copy = Directory.CreateDirectory(folder["elsewhere"]).FullName;
        foreach (var table in (string[])["runs.csv", "curves.csv", "fits.json"])
        {
            File.Copy(folder[$"synthetic/{table}"], Path.Combine(copy, table));
        }

        var (code, output, error) = Repository.Run("report", copy);
        Assert.True(code == 0, output + error);
        Assert.True(File.Exists(Path.Combine(copy, "report.html")));
    }

    private static Dictionary<string, double> Truth(JsonElement element)
    {
        if (element.TryGetProperty("synthetic", out var law))
        {
            return law.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetDouble());
        }

        // The store seals its files: the spec stands inside an envelope.
        return element.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object).Select(p => Truth(p.Value)).First();
    }
}
