using System.Text.RegularExpressions;

namespace Harness.EndToEnd.Tests;

/// <summary>The README stays true: its commands work as written, its tables are the program's own.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    /// <summary>What the launcher does itself; the test run that this test belongs to is one of them.</summary>
    private static readonly string[] LaunchersOwn = ["test", "benchmarks", "setup"];

    [Fact]
    public void Every_command_works_as_written()
    {
        using var folder = new TemporaryFolder();
        var sweep = Repository.Run("run", Repository.Config("synthetic.yaml"), "--results", folder.Path);
        Assert.True(sweep.Code == 0, sweep.Output + sweep.Error);

        var launcher = File.ReadAllText(Path.Combine(Repository.Root, "harness"));
        foreach (var line in Commands())
        {
            var words = Words(line.Replace("results/quickstart", folder["synthetic"], StringComparison.Ordinal));
            if (LaunchersOwn.Contains(words[0]))
            {
                Assert.Contains($"  {words[0]})", launcher, StringComparison.Ordinal);
                continue;
            }

            // Training the real sweeps is the business of other tests; here their lines must be understood and plan.
            string[] extra = words[0] == "run" ? ["--dry-run", "--results", folder["dry"]] : words[0] == "plan" && words.Contains("configs/quickstart.yaml") ? ["--no-calibration"] : [];
            var (code, output, error) = Repository.Run([.. words, .. extra]);
            Assert.True(code == 0 || (words[0] == "doctor" && code == 1), $"{line}\n{output}\n{error}");
        }
    }

    [Fact]
    public void The_columns_are_the_programs_own()
    {
        var block = Readme.Split("<!-- columns -->")[1].Split("<!-- /columns -->")[0];
        Assert.Equal(Repository.Run("report", "--columns").Output.Trim(), block.Trim());
    }

    [Fact]
    public void The_example_plans_the_same_runs_as_the_file_it_quotes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["quickstart.yaml"], Yaml().Match(Readme).Groups[1].Value);
        string[] Names(string file) =>
            [.. Repository.Run("plan", file, "--no-calibration", "--results", folder["none"]).Output.Split('\n').Select(l => l.Split(' ')[0]).Where(w => w.StartsWith("gpt2-", StringComparison.Ordinal))];
        var quoted = Names(folder["quickstart.yaml"]);
        Assert.NotEmpty(quoted);
        Assert.Equal(Names(Repository.Config("quickstart.yaml")), quoted);
    }

    [Fact]
    public void Every_file_it_names_is_there() =>
        Assert.All(Links().Matches(Readme).Select(m => m.Groups[1].Value), path => Assert.True(Path.Exists(Path.Combine(Repository.Root, path)), path));

    private static IEnumerable<string> Commands() =>
        Shell().Matches(Readme).SelectMany(m => m.Groups[1].Value.Split('\n')).Concat(Inline().Matches(Readme).Select(m => m.Groups[1].Value))
            .Where(l => l.StartsWith("./harness ", StringComparison.Ordinal) && !l.Contains("VERB", StringComparison.Ordinal))
            .Select(l => l["./harness ".Length..].Split(" #")[0].Trim())
            .Distinct();

    private static List<string> Words(string line) => [.. Word().Matches(line).Select(m => m.Value.Trim('"'))];

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();

    [GeneratedRegex("`(\\./harness [^`]+)`")]
    private static partial Regex Inline();

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Yaml();

    [GeneratedRegex("\\]\\((?!https?:)([^)]+)\\)")]
    private static partial Regex Links();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();
}
