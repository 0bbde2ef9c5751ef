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
    private readonly TurnStack _engines;
    private readonly StepEngine _engine;
    private readonly TokenStream _tokens;
    private readonly SteadySteps _steady;
    private readonly Device _device;

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
        _tokens = EndlessRun.RandomTokens(request.Model);
        _steady = new SteadySteps(_engines, EndlessRun.Of(request.Model, request.BatchRows, request.Precision), _tokens);
        _steady.Take(_steady.AreMany ? SteadySteps.WarmUp : 0);
    }

    /// <summary>Where it runs.</summary>
    public Device Device => _device;

    /// <summary>How gradients are computed.</summary>
    public string PathName => _engine.PathName;

    /// <summary>Kernels that a step launches; null where they can't be counted.</summary>
    public long? KernelsPerStep => _engine.Stretch?.Clock.KernelsPerStep;

    /// <summary>Takes steps (forward, backward, clip, update) and gives the seconds of each; where many are asked of a device at once, as many times the mean of a lot.</summary>
    public List<double> Steps(int count) => [.. Enumerable.Range(0, count).Select(_ => _steady.Take(_steady.StepsOfATiming) / _steady.StepsOfATiming)];

    /// <inheritdoc/>
    public void Dispose()
    {
        _engines.Dispose();
        _tokens.Dispose();
    }
}
