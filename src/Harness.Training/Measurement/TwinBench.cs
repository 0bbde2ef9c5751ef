using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Training.Data;
using Harness.Training.Models;
using Harness.Training.Runs;
using Harness.Training.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>How the harness's half of a comparison runs its steps.</summary>
public enum TwinArm
{
    /// <summary>Autograd and tensor operations, each step driven by the host.</summary>
    Eager,

    /// <summary>The fastest there is: on a GPU fused kernels in a CUDA graph, on a CPU the same step eagerly.</summary>
    Graph,

    /// <summary>Several models as one batched model.</summary>
    Stack,
}

/// <summary>One side of a comparison with another program: the model's shape and how it is trained.</summary>
public sealed record TwinRequest
{
    /// <summary>The model.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>Sequences a step.</summary>
    public required int BatchRows { get; init; }

    /// <summary>Sequences a forward pass; null chooses.</summary>
    public int? MicroRows { get; init; }

    /// <summary><c>cpu</c> or <c>cuda:K</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Number format.</summary>
    public Precision Precision { get; init; }

    /// <summary>How steps are run.</summary>
    public TwinArm Arm { get; init; } = TwinArm.Graph;

    /// <summary>Models of a <see cref="TwinArm.Stack"/>.</summary>
    public int Members { get; init; } = 8;

    /// <summary>Learning rate of every step.</summary>
    public double LearningRate { get; init; } = 1e-4;
}

/// <summary>The harness's half of experiments/throughput on a GPU: steps on demand, and weights, batches, gradients and losses for the other half to repeat.</summary>
public static class TwinBench
{
    private const int CorpusTokens = 1 << 20;

    /// <summary>
    /// Writes <c>ready {...}</c>, then answers lines: <c>N</c> with a JSON object of the seconds that N steps took (by the host's clock between two waits for the device), and <c>memory</c> with the
    /// allocator's peak in bytes. Ends with the input.
    /// </summary>
    public static void Serve(TwinRequest request, TextReader input, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        using var scope = NewDisposeScope();
        using var run = new TwinRun(request, RandomTokens(request.Model));
        output.WriteLine($"ready {JsonSerializer.Serialize(new Dictionary<string, string> { ["engine"] = run.Name, ["members"] = run.Members.ToString(CultureInfo.InvariantCulture) }, TwinJson.Default.DictionaryStringString)}");
        output.Flush();
        while (input.ReadLine() is { } line)
        {
            if (line.Trim() == "memory")
            {
                output.WriteLine(DeviceMemory.Peak(run.Device)?.ToString(CultureInfo.InvariantCulture) ?? "null");
            }
            else
            {
                var steps = int.Parse(line, CultureInfo.InvariantCulture);
                run.Wait();
                var start = Stopwatch.GetTimestamp();
                run.Advance(steps);
                run.Wait();
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"steps\": {steps}, \"seconds\": {Stopwatch.GetElapsedTime(start).TotalSeconds:R}, \"engine\": {JsonSerializer.Serialize(run.Name, TwinJson.Default.String)}}}"));
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
        using (var once = new TwinRun(request with { Arm = TwinArm.Eager }, tokens))
        {
            WriteFloats(Path.Combine(folder, "weights.f32"), once.Engine.Parameters.Weights);
            var gradients = once.FirstGradients();
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

    /// <summary>An engine of the request's arm, at a constant rate over the corpus.</summary>
    private sealed class TwinRun : IDisposable
    {
        private readonly TwinRequest _request;
        private readonly TokenStream _tokens;
        private readonly IStackEngine _engines;
        private readonly IStretch? _stretch;
        private long _step;

        public TwinRun(TwinRequest request, TokenStream tokens)
        {
            (_request, _tokens) = (request, tokens);
            Device = TrainingDevice.Open(request.Device);
            Members = request.Arm == TwinArm.Stack ? request.Members : 1;
            var path = request.Arm == TwinArm.Eager ? StepPath.Plain : request.Arm == TwinArm.Graph && Device.type == DeviceType.CPU ? StepPath.Device : StepPath.Fastest;
            _engines = EngineCache.Make(
                request.Model, [.. Enumerable.Repeat(OptimizerSpec.Default, Members)], request.Precision, Device, request.BatchRows, request.MicroRows, batched: true, path);
            foreach (var lane in _engines.Lanes)
            {
                lane.Initialize(1);
            }

            Order = new BatchOrder(tokens.Train.Length, request.Model.ContextLength, request.BatchRows, 1);
            if (_engines.Lanes is [StepEngine { Stretch: { } stretch }])
            {
                _stretch = stretch;
                stretch.Begin(Spec(), tokens);
            }
        }

        public Device Device { get; }

        public int Members { get; }

        public BatchOrder Order { get; }

        public StepEngine Engine => (StepEngine)_engines.Lanes[0];

        public string Name => _engines.Lanes[0].PathName;

        /// <summary>Losses of the steps, of the first member.</summary>
        public double[] Advance(int steps)
        {
            var losses = new List<double>(steps);
            while (losses.Count < steps)
            {
                if (_stretch is not null)
                {
                    var outcomes = _stretch.Advance(_step, steps - losses.Count);
                    losses.AddRange(outcomes.Select(o => o.Loss));
                    _step += outcomes.Count;
                }
                else
                {
                    losses.Add(One());
                }
            }

            return [.. losses];
        }

        /// <summary>The gradient of the first batch before clipping, in the layout of the weights.</summary>
        public float[] FirstGradients()
        {
            Fill(0);
            float[]? found = null;
            Engine.Batch.Upload();
            Engine.Compute(parameters =>
            {
                using var host = parameters.Gradients.cpu();
                found = host.data<float>().ToArray();
            });
            return found!;
        }

        public void Wait()
        {
            if (Device.type == DeviceType.CUDA)
            {
                cuda.synchronize(Device);
            }
        }

        public void Dispose() => _engines.Dispose();

        private double One()
        {
            Fill(_step);
            Span<bool> active = stackalloc bool[Members];
            Span<StepOutcome> outcomes = stackalloc StepOutcome[Members];
            Span<double> rates = stackalloc double[Members];
            Span<long> updates = stackalloc long[Members];
            active.Fill(true);
            rates.Fill(_request.LearningRate);
            updates.Fill(++_step);
            _engines.Compute(active, outcomes);
            _engines.Apply(active, rates, updates);
            return outcomes[0].Loss;
        }

        private void Fill(long step)
        {
            foreach (var lane in _engines.Lanes)
            {
                for (var row = 0; row < _request.BatchRows; row++)
                {
                    lane.SetRow(row, _tokens.Train, Order.OffsetOf(step, row));
                }
            }
        }

        private RunSpec Spec() => new()
        {
            Model = _request.Model,
            Data = new DataSpec { Source = DataSource.Synthetic, Tokenizer = Tokenizer.Bytes, ValidationFraction = 0.1 },
            Training = new TrainingSpec
            {
                Steps = long.MaxValue >> 20,
                BatchTokens = _request.BatchRows * _request.Model.ContextLength,
                PeakLearningRate = _request.LearningRate,
                Schedule = new ConstantSchedule { WarmupSteps = 0 },
                Optimizer = OptimizerSpec.Default,
                Precision = _request.Precision,
                Seed = 1,
                DataSeed = 1,
                Evaluation = new EvaluationSpec(_request.Model.ContextLength, null),
            },
        };
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, string>))]
[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class TwinJson : System.Text.Json.Serialization.JsonSerializerContext;
