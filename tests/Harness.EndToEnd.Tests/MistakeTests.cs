namespace Harness.EndToEnd.Tests;

/// <summary>What a user sees who gets something wrong: one message, exit code 2, nothing started.</summary>
public sealed class MistakeTests
{
    [Fact]
    public void Every_problem_of_a_sweep_is_said_at_once_with_file_and_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["bad.yaml"], """
            name: bad
            model: {family: gpt2, n_layer: 2, d_model: 100, n_head: 3}
            training:
              tokens: 1M
              lerning_rate: 1e-3
            """);
        var (code, output, error) = Repository.Run("run", folder["bad.yaml"], "--results", folder["results"]);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains("bad.yaml:5: training.lerning_rate: unknown key", error, StringComparison.Ordinal);
        Assert.Contains("bad.yaml:2: model.n_head", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["results"]));
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("fit")]
    [InlineData("run", "no/such/sweep.yaml")]
    [InlineData("status", "no/such/folder")]
    [InlineData("report", "no/such/folder")]
    [InlineData("bench", "--heads", "3", "--width", "64")]
    public void A_wrong_command_line_gets_a_few_lines_and_exit_code_2(params string[] line)
    {
        var (code, _, error) = Repository.Run(line);
        Assert.Equal(2, code);
        Assert.InRange(error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 1, 4);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_teaches_every_verb()
    {
        foreach (var verb in (string[])["plan", "run", "status", "fit", "predict", "report", "bench", "worker", "doctor"])
        {
            var (code, output, _) = Repository.Run(verb, "--help");
            Assert.Equal(0, code);
            Assert.True(output.Length > 300, $"{verb} --help says too little");
        }
    }
}
