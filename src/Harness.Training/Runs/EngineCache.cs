using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Steps;
using static TorchSharp.torch;

namespace Harness.Training.Runs;

/// <summary>Keeps the engine of the last run, since the next one often has its shape: its buffers are warm and need no allocation.</summary>
internal sealed class EngineCache(StepPath path) : IDisposable
{
    private Key? _key;
    private StepEngine? _engine;

    /// <summary>An engine of this shape, its weights and moments undefined.</summary>
    public StepEngine Take(ModelSpec model, TrainingSpec training, Device device, int batchRows, int microRows)
    {
        var key = new Key(model, training.Optimizer, training.Precision, device.ToString(), get_num_threads(), batchRows, microRows);
        if (_engine is null || _key != key)
        {
            Dispose(); // the old one first, so that two never lie in memory together
            _engine = new StepEngine(model, training.Optimizer, training.Precision, device, batchRows, microRows, path);
            _key = key;
        }

        return _engine;
    }

    /// <summary>Frees what is kept.</summary>
    public void Dispose()
    {
        _engine?.Dispose();
        (_engine, _key) = (null, null);
    }

    private sealed record Key(
        ModelSpec Model, OptimizerSpec Optimizer, Precision Precision, string Device, int Threads, int BatchRows, int MicroRows);
}
