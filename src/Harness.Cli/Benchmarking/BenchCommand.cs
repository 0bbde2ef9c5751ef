using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Harness.Cli.Hosting;
using Harness.Cli.Running;
using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Measurement;

namespace Harness.Cli.Benchmarking;

/// <summary><c>harness bench</c>: how fast a model would train here.</summary>
internal static class BenchCommand
{
    private static readonly Option<string> Family = new("--family") { Description = "gpt2 or llama.", DefaultValueFactory = _ => "gpt2" };
    private static readonly Option<int> Width = Number("--width", "d_model.", 128);
    private static readonly Option<int> Layers = Number("--layers", "n_layer.", 4);
    private static readonly Option<int> Heads = Number("--heads", "n_head, a divisor of the width.", 4);
    private static readonly Option<int> Context = Number("--context", "Tokens a sequence.", 256);
    private static readonly Option<int> Batch = Number("--batch", "Sequences a step.", 8);
    private static readonly Option<int> Vocabulary = Number("--vocab", "Vocabulary, 256 for bytes.", 256);
    private static readonly Option<int> Threads = Number("--threads", "CPU threads.", 1);
    private static readonly Option<int> Steps = Number("--steps", "Steps timed, after three that are not.", 30);
    private static readonly Option<string> Device = new("--device") { Description = "cpu or cuda:K. Default: what a sweep would use.", DefaultValueFactory = _ => Machine.DefaultDevices()[0] };
    private static readonly Option<bool> Half = new("--bf16") { Description = "bfloat16 weights and activations under an fp32 master copy." };
    private static readonly Option<bool> Plain = new("--plain") { Description = "Take the plain path under autograd even where there is a faster one." };
    private static readonly Option<bool> Json = new("--json") { Description = "Print one JSON object instead of a table." };

    public static Command Create()
    {
        var command = new Command("bench", "Time whole training steps (forward, backward, clip, update) of a model on random tokens on this machine. Needs no data and changes nothing.");
        foreach (var option in (Option[])[Family, Width, Layers, Heads, Context, Batch, Vocabulary, Threads, Steps, Device, Half, Plain, Json])
        {
            command.Options.Add(option);
        }

        command.Subcommands.Add(KernelCommand.Create());
        command.Subcommands.Add(TwinCommand.Serve());
        command.Subcommands.Add(TwinCommand.Parity());
        command.SetAction(parsed => Print(StepBenchmark.Run(Request(parsed)), parsed.GetValue(Json), parsed.InvocationConfiguration.Output));
        return command;
    }

    private static StepBenchmarkRequest Request(ParseResult parsed)
    {
        foreach (var option in (Option<int>[])[Width, Layers, Heads, Context, Batch, Vocabulary, Threads, Steps])
        {
            if (parsed.GetValue(option) < 1)
            {
                throw new UserMistakeException($"{option.Name}: {parsed.GetValue(option)} was given; at least 1 is needed.");
            }
        }

        var (width, heads) = (parsed.GetValue(Width), parsed.GetValue(Heads));
        var family = ModelFamily.Find(parsed.GetValue(Family)!)
            ?? throw new UserMistakeException($"--family: '{Printable.Text(parsed.GetValue(Family))}' is not known; there is {string.Join(", ", ModelFamily.All.Select(f => f.Name))}.");
        if (width % heads != 0)
        {
            throw new UserMistakeException($"--heads: {heads} does not divide --width {width}; use a divisor of {width}.");
        }

        if (family.Positions == PositionEncoding.Rotary && width / heads % 2 != 0)
        {
            throw new UserMistakeException($"--heads: {heads} heads of {width / heads} units; rotary positions need an even number of units a head.");
        }

        return new StepBenchmarkRequest
        {
            Model = family.Model(parsed.GetValue(Layers), width, heads, parsed.GetValue(Context), parsed.GetValue(Vocabulary)),
            BatchRows = parsed.GetValue(Batch),
            Steps = parsed.GetValue(Steps),
            Threads = parsed.GetValue(Threads),
            Device = parsed.GetValue(Device)!,
            Precision = parsed.GetValue(Half) ? Precision.Bf16 : Precision.Fp32,
            Plain = parsed.GetValue(Plain),
        };
    }

    private static int Print(StepBenchmarkResult result, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(result, BenchJson.Default.StepBenchmarkResult));
            return ExitCodes.Done;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Figures.Short(result.TokensPerSecond)} tokens/s (median of the steps: {1000 * result.StepSecondsMedian:F2} ms, {1000 * result.StepSecondsMin:F2} to {1000 * result.StepSecondsMax:F2})"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Gigaflops:F1} GFLOP/s, {Figures.Percent(result.ShareOfPeak)} of the matrix-product peak measured here{(result.ShareOfDeclaredPeak is { } share ? $", {Figures.Percent(share)} of the declared one" : "")}"));
        if (result.GigabytesPerSecond is { } pace)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{pace:F0} GB/s over the step's buffers{(result.KernelsPerStep is { } kernels ? $", {kernels} kernels a step" : "")}"));
        }

        output.WriteLine($"{Figures.Count(result.NonEmbeddingParameters)} non-embedding parameters, {Figures.Count(result.BatchTokens)} tokens a step, {result.Threads} {(result.Threads == 1 ? "thread" : "threads")}, peak memory {Figures.Bytes(result.PeakMemoryBytes)}");
        output.WriteLine($"{result.Device}, {result.Engine}");
        return ExitCodes.Done;
    }

    private static Option<int> Number(string name, string description, int standard) => new(name) { Description = description, DefaultValueFactory = _ => standard };
}

/// <summary>The benchmark's JSON form.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(StepBenchmarkResult))]
internal sealed partial class BenchJson : JsonSerializerContext;
