using System.Text.RegularExpressions;

namespace Harness.EndToEnd.Tests;

/// <summary>What must be equal between two runs of one sweep: results with the hash of the final weights, and every row of every curve, times left out.</summary>
internal static partial class SweepPrint
{
    /// <summary>A line a run, a line a row.</summary>
    public static List<string> Of(string sweep)
    {
        var lines = new List<string>();
        foreach (var run in Directory.GetDirectories(Path.Combine(sweep, "runs")).Order(StringComparer.Ordinal))
        {
            var result = File.ReadAllText(Path.Combine(run, "result.json"));
            var weights = Weights().Match(result);
            Assert.True(weights.Success, "a result holds the hash of its weights");
            lines.Add($"{Path.GetFileName(run)} {weights.Value} {Losses().Match(result).Value}");
        }

        var csv = File.ReadAllLines(Path.Combine(sweep, "curves.csv"));
        var kept = csv[0].Split(',').Select((name, i) => (name, i)).Where(c => !c.name.Contains("second", StringComparison.Ordinal)).Select(c => c.i).ToList();
        lines.AddRange(csv.Select(l => l.Split(',')).Select(cells => string.Join(' ', kept.Select(i => cells[i]))));
        return lines;
    }

    /// <summary>Each run has one finished attempt and a log for each; no temporary file, no scratch folder, no process is left.</summary>
    public static void AssertClean(string sweep)
    {
        foreach (var run in Directory.GetDirectories(Path.Combine(sweep, "runs")))
        {
            var attempts = Directory.GetDirectories(run, "attempt-*");
            Assert.Single(attempts, a => File.ReadAllText(Path.Combine(a, "outcome.json")).Contains("\"result\"", StringComparison.Ordinal));
            Assert.All(attempts, a => Assert.True(new FileInfo(Path.Combine(a, "log.jsonl")).Length > 0, a));
        }

        Assert.Empty(Directory.EnumerateFiles(sweep, "*.tmp", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(sweep, "workers")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(sweep, "orchestrators")));
        Assert.Empty(ProcessesOn(sweep));
    }

    /// <summary>Processes whose command line names a folder.</summary>
    public static List<int> ProcessesOn(string folder)
    {
        var found = new List<int>();
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(process), out var id) && File.ReadAllText(Path.Combine(process, "cmdline")).Contains(folder, StringComparison.Ordinal))
                {
                    found.Add(id);
                }
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }

        return found;
    }

    [GeneratedRegex("\"weights_hash\": *\"[0-9a-f]{64}\"")]
    private static partial Regex Weights();

    [GeneratedRegex("\"validation_loss\": *[^,]+,\\s*\"train_loss\": *[^,]+")]
    private static partial Regex Losses();
}
