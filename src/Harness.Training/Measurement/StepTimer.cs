using System.Diagnostics;
using Harness.Core.Data;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>A model on a device with random tokens, ready to take steps against the clock.</summary>
internal sealed class StepTimer : IDisposable
{
    /// <summary>Steps of one timing where a device is given many at once: two replays of the largest graph.</summary>
    private const int StepsOfALot = 16;

    private readonly TurnStack _engines;
    private readonly StepEngine _engine;
    private readonly TokenStream? _tokens;
    private readonly SteadySteps? _steady;
    private readonly Device _device;
    private long _done;

    /// <summary>Makes the model; sets the number of threads and begins a new peak of memory.</summary>
    /// <exception cref="RunFailedException">There is no such device.</exception>
    public StepTimer(StepBenchmarkRequest request)
    {
        using var scope = NewDisposeScope();
        _device = TrainingDevice.Open(request.Device);
        set_num_threads(request.Threads);
        DeviceMemory.ResetPeak(_device);
        var microRows = Math.Min(request.BatchRows, request.MicroRows ?? MicroBatch.Rows(request.Model, request.BatchRows, _device.type == DeviceType.CPU, threads: request.Threads));
        _engine = new StepEngine(
            request.Model, OptimizerSpec.Default, request.Precision, _device, request.BatchRows, microRows, request.Path ?? (request.Plain ? StepPath.Plain : StepPath.Fastest));
        _engines = new TurnStack([_engine]);
        _engine.Initialize(1);
        if (_engine.Stretch is null)
        {
            FillRandomly(_engine.Batch, request.Model.VocabularySize);
        }
        else
        {
            var spec = SpecOf(request);
            _tokens = RandomTokens(spec);
            _steady = new SteadySteps(_engines, spec, _tokens);
            _steady.Take(SteadySteps.WarmUp);
        }
    }

    /// <summary>Where it runs.</summary>
    public Device Device => _device;

    /// <summary>How gradients are computed.</summary>
    public string PathName => _engine.PathName;

    /// <summary>Kernels that a step launches; null where they can't be counted.</summary>
    public long? KernelsPerStep => _engine.Stretch?.Clock.KernelsPerStep;

    /// <summary>Takes steps (forward, backward, clip, update) and gives the seconds of each; where many are asked of a device at once, as many times the mean of a lot.</summary>
    public List<double> Steps(int count)
    {
        var seconds = new List<double>(count);
        for (var step = 0; step < count; step++)
        {
            if (_steady is not null)
            {
                seconds.Add(_steady.Take(StepsOfALot) / StepsOfALot);
                continue;
            }

            var start = Stopwatch.GetTimestamp();
            _engine.Compute();
            _engine.Apply(1e-4, ++_done);
            if (_device.type != DeviceType.CPU)
            {
                cuda.synchronize(_device);
            }

            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return seconds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engines.Dispose();
        _tokens?.Dispose();
    }

    private static RunSpec SpecOf(StepBenchmarkRequest request) => new()
    {
        Model = request.Model,
        Data = new DataSpec { Source = DataSource.Synthetic, Tokenizer = Tokenizer.Bytes, ValidationFraction = 0.1 },
        Training = new TrainingSpec
        {
            Steps = long.MaxValue >> 20,
            BatchTokens = request.BatchRows * request.Model.ContextLength,
            PeakLearningRate = 1e-4,
            Schedule = new ConstantSchedule { WarmupSteps = 0 },
            Optimizer = OptimizerSpec.Default,
            Precision = request.Precision,
            Seed = 1,
            DataSeed = 1,
            Evaluation = new EvaluationSpec(request.Model.ContextLength, null),
        },
    };

    /// <summary>Tokens at random: the time of a step doesn't depend on them.</summary>
    private static TokenStream RandomTokens(RunSpec spec)
    {
        var random = new Random(1);
        var tokens = new int[Math.Max(1 << 20, 2 * (spec.Model.ContextLength + 1))];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = random.Next(spec.Model.VocabularySize);
        }

        var all = MemoryTokens.Of(tokens);
        return new TokenStream(all, all, new DataFacts("random", tokens.Length, tokens.Length, spec.Model.VocabularySize, null, null, "random tokens"));
    }

    private static void FillRandomly(TokenBatch batch, int vocabulary)
    {
        var random = new Random(1);
        var window = new long[batch.Context + 1];
        for (var row = 0; row < batch.Rows; row++)
        {
            for (var i = 0; i < window.Length; i++)
            {
                window[i] = random.Next(vocabulary);
            }

            batch.SetRow(row, window);
        }

        batch.Upload();
    }
}
