using System.Diagnostics;

namespace Harness.Cli.Tests;

/// <summary>What is printed to be copied into a shell comes back as it was, and nothing of it is run.</summary>
public sealed class ShellWordTests
{
    [Theory]
    [InlineData("training.seed=2")]
    [InlineData("")]
    [InlineData("name='$(touch pwned)'; rm -rf ~ `id` \"x\" \\ * ? ! #")]
    [InlineData("a\nb\tc")]
    [InlineData("sweep.product={\"training.seed\": [1, 2]}")]
    public void A_word_comes_back_through_a_shell(string word)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"printf %s {ShellWord.Of(word)}"]) { RedirectStandardOutput = true })!;
        Assert.Equal(word, shell.StandardOutput.ReadToEnd());
    }
}
