using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Data;
using Harness.Training.Models;
using Harness.Training.Runs;
using static TorchSharp.torch;

namespace Harness.Training.Measurement.Twins;

/// <summary>The harness's half of experiments/throughput on a GPU: steps on demand, and weights, batches, gradients and losses for the other half to repeat.</summary>
public static class TwinBench
{
    private const int CorpusTokens = 1 << 20;

    /// <summary>
    /// Writes <c>ready {...}</c>, then answers lines: <c>N</c> with a JSON object of the seconds that N steps took (by the host's clock between two waits for the device) and of those in which the host worked, <c>memory</c> with the
    /// allocator's peak in bytes, and <c>kernels</c> with those of a step. Ends with the input.
    /// </summary>
    public static void Serve(TwinRequest request, TextReader input, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        using var scope = NewDisposeScope();
        using var run = new TwinRun(request, RandomTokens(request.Model));
        output.WriteLine($"ready {JsonSerializer.Serialize(new Dictionary<string, string> { ["engine"] = run.Name, ["members"] = run.Members.ToString(CultureInfo.InvariantCulture), ["bytes_per_step"] = DeviceTraffic.BytesPerStep(request.Model, (long)request.BatchRows * request.Model.ContextLength, request.Precision == Precision.Bf16).ToString("R", CultureInfo.InvariantCulture) }, TwinJson.Default.DictionaryStringString)}");
        output.Flush();
        while (input.ReadLine() is { } line)
        {
            if (line.Trim() == "memory")
            {
                output.WriteLine(DeviceMemory.Peak(run.Device)?.ToString(CultureInfo.InvariantCulture) ?? "null");
            }
            else if (line.Trim() == "kernels")
            {
                output.WriteLine(run.KernelsPerStep?.ToString(CultureInfo.InvariantCulture) ?? "null");
            }
            else
            {
                var steps = int.Parse(line, CultureInfo.InvariantCulture);
                run.Wait();
                var (start, waited) = (Stopwatch.GetTimestamp(), run.WaitSeconds);
                run.Advance(steps);
                var host = Stopwatch.GetElapsedTime(start).TotalSeconds - (run.WaitSeconds - waited);
                run.Wait();
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"steps\": {steps}, \"seconds\": {Stopwatch.GetElapsedTime(start).TotalSeconds:R}, \"host_seconds\": {host:R}, \"engine\": {JsonSerializer.Serialize(run.Name, TwinJson.Default.String)}}}"));
            }

            output.Flush();
        }
    }

    /// <summary>Writes shape.json, weights.f32, batches.i64 (windows of context + 1 tokens), gradients.f32 of the first batch and losses.f64 of all steps into a folder.</summary>
    public static void WriteParity(TwinRequest request, string folder, int steps)
    {
        ArgumentNullException.ThrowIfNull(request);
        Directory.CreateDirectory(folder);
        using var scope = NewDisposeScope();
        var tokens = RandomTokens(request.Model);
        using (var once = new TwinRun(request, tokens))
        {
            WriteFloats(Path.Combine(folder, "weights.f32"), once.Parameters.Weights.narrow(0, 0, once.Layout.Length));
            var gradients = once.NextGradients();
            File.WriteAllBytes(Path.Combine(folder, "gradients.f32"), MemoryMarshal.AsBytes(gradients.AsSpan()).ToArray());
        }

        using var run = new TwinRun(request, tokens);
        var losses = run.Advance(steps);
        File.WriteAllBytes(Path.Combine(folder, "losses.f64"), MemoryMarshal.AsBytes(losses.AsSpan()).ToArray());
        using (var file = File.Create(Path.Combine(folder, "batches.i64")))
        {
            var window = new long[request.Model.ContextLength + 1];
            for (var step = 0; step < steps; step++)
            {
                for (var row = 0; row < request.BatchRows; row++)
                {
                    tokens.Train.Read(run.Order.OffsetOf(step, row), window);
                    file.Write(MemoryMarshal.AsBytes(window.AsSpan()));
                }
            }
        }

        var layout = ParameterLayout.Of(request.Model);
        var slots = string.Join(",\n    ", layout.Slots.Select(s => string.Create(CultureInfo.InvariantCulture, $"{{\"name\": \"{s.Name}\", \"offset\": {s.Offset}, \"shape\": [{(s.Columns is { } c ? $"{s.Rows}, {c}" : $"{s.Rows}")}]}}")));
        File.WriteAllText(Path.Combine(folder, "shape.json"), string.Create(CultureInfo.InvariantCulture, $$"""
            {
              "layers": {{request.Model.LayerCount}}, "width": {{request.Model.ModelDim}}, "heads": {{request.Model.HeadCount}}, "context": {{request.Model.ContextLength}},
              "vocabulary": {{request.Model.VocabularySize}}, "batch": {{request.BatchRows}}, "learning_rate": {{request.LearningRate:R}}, "steps": {{steps}},
              "engine": {{JsonSerializer.Serialize(run.Name, TwinJson.Default.String)}},
              "slots": [
                {{slots}}
              ]
            }
            """));
    }

    private static void WriteFloats(string file, Tensor tensor)
    {
        using var host = tensor.cpu();
        File.WriteAllBytes(file, MemoryMarshal.AsBytes(host.data<float>().ToArray().AsSpan()).ToArray());
    }

    /// <summary>Tokens with something to learn: each follows from the last with probability a half, so that losses fall and a wrong gradient shows.</summary>
    private static TokenStream RandomTokens(ModelSpec model)
    {
        var random = new Random(1);
        var tokens = new int[CorpusTokens];
        for (var i = 1; i < tokens.Length; i++)
        {
            tokens[i] = random.Next(2) == 0 ? (int)((tokens[i - 1] * 31L + 7) % model.VocabularySize) : random.Next(model.VocabularySize);
        }

        var facts = new DataFacts("twin", CorpusTokens, CorpusTokens, model.VocabularySize, null, null, "random tokens, half of them a function of the one before");
        return new TokenStream(MemoryTokens.Of(tokens), MemoryTokens.Of(tokens), facts);
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, string>))]
[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class TwinJson : System.Text.Json.Serialization.JsonSerializerContext;
