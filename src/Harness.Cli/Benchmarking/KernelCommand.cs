using System.CommandLine;
using Harness.Cli.Hosting;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Training.Measurement;

namespace Harness.Cli.Benchmarking;

/// <summary><c>harness bench kernels</c>: bytes a second of the kernels compiled at run time, against a plain copy.</summary>
internal static class KernelCommand
{
    private static readonly Option<string> Family = new("--family") { Description = "gpt2 or llama.", DefaultValueFactory = _ => "gpt2" };
    private static readonly Option<int> Width = new("--width") { Description = "d_model.", DefaultValueFactory = _ => 768 };
    private static readonly Option<int> Heads = new("--heads") { Description = "n_head.", DefaultValueFactory = _ => 12 };
    private static readonly Option<int> Tokens = new("--tokens") { Description = "Tokens at once.", DefaultValueFactory = _ => 32768 };
    private static readonly Option<int> Vocabulary = new("--vocab") { Description = "Vocabulary.", DefaultValueFactory = _ => 50304 };
    private static readonly Option<bool> Full = new("--fp32") { Description = "In float32 instead of bfloat16." };
    private static readonly Option<string> Device = new("--device") { Description = "cuda:K.", DefaultValueFactory = _ => Machine.DefaultDevices()[0] };

    public static Command Create()
    {
        var command = new Command("kernels", "Measure each kernel that is compiled at run time on a GPU, in bytes a second and as a share of a plain copy's.")
        {
            Family, Width, Heads, Tokens, Vocabulary, Full, Device,
        };
        command.SetAction(parsed =>
        {
            try
            {
                parsed.InvocationConfiguration.Output.WriteLine(KernelBench.Text(KernelBench.Run(Model(parsed), parsed.GetValue(Tokens), !parsed.GetValue(Full), parsed.GetValue(Device)!)));
                return ExitCodes.Done;
            }
            catch (RunFailedException e)
            {
                throw new UserMistakeException(e.Message, e);
            }
        });
        return command;
    }

    private static ModelSpec Model(ParseResult parsed)
    {
        var (width, heads) = (parsed.GetValue(Width), parsed.GetValue(Heads));
        var family = ModelFamily.Find(parsed.GetValue(Family)!)
            ?? throw new UserMistakeException($"--family: '{Printable.Text(parsed.GetValue(Family))}' is not known; there is {string.Join(", ", ModelFamily.All.Select(f => f.Name))}.");
        return width >= 1 && heads >= 1 && width % heads == 0 && parsed.GetValue(Tokens) >= 1
            ? family.Model(1, width, heads, Math.Min(1024, parsed.GetValue(Tokens)), parsed.GetValue(Vocabulary))
            : throw new UserMistakeException($"--heads: {heads} does not divide --width {width}, or a count is below 1.");
    }
}
