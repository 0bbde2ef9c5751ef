using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Steps;
using static TorchSharp.torch;

namespace Harness.Training.Runs;

/// <summary>Keeps the engine of the last run or stack, since the next one often has its shape: its buffers are warm and need no allocation.</summary>
internal sealed class EngineCache(StepPath path) : IDisposable
{
    private Key? _key;
    private IStackEngine? _engine;

    /// <summary>An engine of this shape, its weights and moments undefined.</summary>
    /// <param name="model">The runs' model.</param>
    /// <param name="trainings">One a run; they share batch and precision.</param>
    /// <param name="device">Where.</param>
    /// <param name="microRows">Sequences a forward pass; null chooses.</param>
    /// <param name="batched">Whether a stack is one batched model even where single runs have a faster step than autograd.</param>
    public IStackEngine Take(ModelSpec model, IReadOnlyList<TrainingSpec> trainings, Device device, int? microRows, bool batched)
    {
        var optimizers = trainings.Select(t => t.Optimizer).ToList();
        var (batchRows, precision) = (trainings[0].BatchTokens / model.ContextLength, trainings[0].Precision);
        var key = new Key(model, string.Join(';', optimizers), precision, device.ToString(), get_num_threads(), batchRows, microRows, batched);
        if (_engine is null || _key != key || _engine.Lanes.Count != trainings.Count) // some lanes may have been left behind
        {
            Dispose(); // the old one first, so that two never lie in memory together
            _engine = Make(model, optimizers, precision, device, batchRows, microRows, batched, path);
            _key = key;
        }

        return _engine;
    }

    /// <summary>An engine for one run or a stack.</summary>
    public static IStackEngine Make(
        ModelSpec model, IReadOnlyList<OptimizerSpec> optimizers, Precision precision, Device device, int batchRows, int? microRows, bool batched, StepPath path)
    {
        var onCpu = device.type == TorchSharp.DeviceType.CPU;
        if (optimizers.Count > 1 && batched)
        {
            return Batched();
        }

        var first = Single(optimizers[0]);
        if (optimizers.Count > 1 && !first.IsWrittenOut)
        {
            first.Dispose();
            return Batched();
        }

        return new TurnStack([first, .. optimizers.Skip(1).Select(Single)]);

        StepEngine Single(OptimizerSpec optimizer) =>
            new(model, optimizer, precision, device, batchRows, Math.Min(batchRows, microRows ?? MicroBatch.Rows(model, batchRows, onCpu, threads: get_num_threads())), path);

        BatchedStack Batched() => new(
            model, optimizers, precision, device, batchRows, Math.Min(batchRows, microRows ?? MicroBatch.Rows(model, batchRows, onCpu, optimizers.Count)), path);
    }

    /// <summary>Frees what is kept.</summary>
    public void Dispose()
    {
        _engine?.Dispose();
        (_engine, _key) = (null, null);
    }

    private sealed record Key(
        ModelSpec Model, string Optimizers, Precision Precision, string Device, int Threads, int BatchRows, int? MicroRows, bool Batched);
}
