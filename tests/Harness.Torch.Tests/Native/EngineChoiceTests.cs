using System.Diagnostics;

namespace Harness.Torch.Tests.Native;

/// <summary>native/choose.sh under every answer that a machine can give.</summary>
public sealed class EngineChoiceTests
{
    private static readonly string[] Probes = ["GPU", "CUDA_LIBTORCH", "LIBTORCH", "INSTALL", "FEED_CUDA", "FEED_CPU"];

    // gpu, libtorch that can use it, any libtorch, may install, feed has CUDA's packages, feed has the CPU's
    [Theory]
    [InlineData("yes yes yes yes yes yes", "libtorch", "can use this machine's GPU")]
    [InlineData("yes no yes yes yes yes", "torchsharp", "TorchSharp-cuda-linux")]
    [InlineData("yes no yes yes no yes", "libtorch", "for the CPU")]
    [InlineData("no yes yes no yes yes", "libtorch", "for the CPU")]
    [InlineData("no no no yes yes yes", "libtorch", "can be installed")]
    [InlineData("no no no no yes yes", "torchsharp", "TorchSharp-cpu")]
    [InlineData("no no no no yes no", "libtorch", "install a libtorch with headers")]
    public void The_machine_decides(string answers, string engine, string reason)
    {
        var (code, output, _) = Choose(null, answers);
        Assert.Equal(0, code);
        Assert.Equal(engine, output[0]);
        Assert.Contains(reason, output[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("libtorch")]
    [InlineData("torchsharp")]
    public void A_wish_is_obeyed(string wish)
    {
        var (code, output, _) = Choose(wish, "no no no no no no");
        Assert.Equal((0, wish, "asked for"), (code, output[0], output[1]));
    }

    [Fact]
    public void An_unknown_engine_is_bad_input()
    {
        var (code, _, error) = Choose("tensorflow", "no no no no no no");
        Assert.Equal(2, code);
        Assert.Contains("'tensorflow' is no engine; libtorch (our binding) and torchsharp (packages) are", error, StringComparison.Ordinal);
    }

    private static (int Code, string[] Output, string Error) Choose(string? wish, string answers)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(NativeBuild.Root, "src", "Harness.Torch", "native", "choose.sh"), "/bin/false"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (probe, answer) in Probes.Zip(answers.Split(' ')))
        {
            start.Environment["PROBE_" + probe] = answer;
        }

        start.Environment["HARNESS_ENGINE"] = wish ?? "";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
