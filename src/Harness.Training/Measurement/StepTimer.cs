using System.Diagnostics;
using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Runs;
using Harness.Training.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>A model on a device with a batch of random tokens, ready to take steps against the clock.</summary>
internal sealed class StepTimer : IDisposable
{
    private readonly StepEngine _engine;
    private readonly Device _device;
    private long _done;

    /// <summary>Makes the model; sets the number of threads and forgets the process's peak memory.</summary>
    /// <exception cref="Harness.Core.Runs.RunFailedException">There is no such device.</exception>
    public StepTimer(StepBenchmarkRequest request)
    {
        using var scope = NewDisposeScope();
        _device = TrainingDevice.Open(request.Device);
        set_num_threads(request.Threads);
        TorchExtensions.ResetPeakMemory();
        var microRows = Math.Min(request.BatchRows, request.MicroRows ?? MicroBatch.Rows(request.Model, request.BatchRows, _device.type == DeviceType.CPU, threads: request.Threads));
        _engine = new StepEngine(
            request.Model, OptimizerSpec.Default, request.Precision, _device, request.BatchRows, microRows, request.Plain ? StepPath.Plain : StepPath.Fastest);
        _engine.Initialize(1);
        FillRandomly(_engine.Batch, request.Model.VocabularySize);
    }

    /// <summary>Where it runs.</summary>
    public Device Device => _device;

    /// <summary>How gradients are computed.</summary>
    public string PathName => _engine.PathName;

    /// <summary>Takes steps (forward, backward, clip, update) and gives the seconds of each.</summary>
    public List<double> Steps(int count)
    {
        var seconds = new List<double>(count);
        for (var step = 0; step < count; step++)
        {
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
    public void Dispose() => _engine.Dispose();

    /// <summary>Tokens at random: the time of a step doesn't depend on them.</summary>
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
