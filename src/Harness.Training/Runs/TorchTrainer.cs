using System.Runtime.InteropServices;
using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Models;
using Harness.Training.Steps;
using static TorchSharp.torch;

namespace Harness.Training.Runs;

/// <summary>
/// Trains runs for real. Stays up between runs: tokens stay open, and buffers are used again where the next run has the same shape.
/// One thread at a time; libtorch is loaded by the first run, not by the constructor.
/// </summary>
public sealed class TorchTrainer : ITrainer, IDisposable
{
    private readonly TimeProvider _clock;
    private readonly DataCache _data;
    private readonly EngineCache _engines;

    /// <summary>A trainer over the default catalogue.</summary>
    public TorchTrainer() : this(new DataCatalog())
    {
    }

    /// <summary>A trainer over a catalogue.</summary>
    /// <param name="catalog">Where tokens come from.</param>
    /// <param name="clock">Measures seconds; null is the system's.</param>
    public TorchTrainer(DataCatalog catalog, TimeProvider? clock = null) : this(catalog, clock, StepPath.Fastest)
    {
    }

    internal TorchTrainer(DataCatalog catalog, TimeProvider? clock, StepPath path)
    {
        _clock = clock ?? TimeProvider.System;
        _data = new DataCache(catalog);
        _engines = new EngineCache(path);
    }

    /// <summary>Called with the number of each step (1-based) and its gradient before that is judged; lets tests look at it and break it.</summary>
    internal Action<long, FlatParameters>? OnGradients { get; init; }

    /// <inheritdoc/>
    public RunResult Train(RunSpec spec, IRunSession session)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(session);
        Validate(spec, session.Settings);
        var id = RunId.Of(spec);
        try
        {
            using var scope = NewDisposeScope();
            var device = TrainingDevice.Open(session.Settings.Device);
            set_num_threads(session.Settings.Threads);
            using var determinism = use_deterministic_algorithms(session.Settings.Deterministic && device.type != TorchSharp.DeviceType.CPU, warn_only: true);
            var tokens = _data.Open(spec.Data, spec.Model);
            var batchRows = spec.Training.BatchTokens / spec.Model.ContextLength;
            var microRows = Math.Min(batchRows, session.Settings.MicroBatchSequences
                ?? MicroBatch.Rows(spec.Model, batchRows, device.type == TorchSharp.DeviceType.CPU));
            var engine = _engines.Take(spec.Model, spec.Training, device, batchRows, microRows);
            return new TrainingRun(id, spec, session, tokens, engine, _clock) { OnGradients = OnGradients }.Train();
        }
        catch (Exception e) when (OutOfMemory.Is(e))
        {
            _engines.Dispose(); // gives the memory back before anything else is tried
            throw new RunFailedException(FailureCause.OutOfMemory, "out of memory: " + e.Message, e);
        }
        catch (DataUnavailableException e)
        {
            throw new RunFailedException(FailureCause.UserError, e.Message, e);
        }
        catch (ExternalException e) when (session.Settings.Device != "cpu")
        {
            _engines.Dispose();
            throw new RunFailedException(FailureCause.DeviceFault, $"{session.Settings.Device}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engines.Dispose();
        _data.Dispose();
    }

    private static void Validate(RunSpec spec, ExecutionSettings settings)
    {
        var model = spec.Model;
        Require(spec.Synthetic is null, "synthetic: this run draws its losses from a law; it needs the synthetic trainer.");
        Require(model.ModelDim % model.HeadCount == 0, $"model.n_head: {model.HeadCount} does not divide d_model = {model.ModelDim}.");
        Require(model.Positions != PositionEncoding.Rotary || model.HeadDim % 2 == 0, $"model: rotary positions need an even head dimension; d_model / n_head is {model.HeadDim}.");
        Require(spec.Training.BatchTokens >= model.ContextLength && spec.Training.BatchTokens % model.ContextLength == 0,
            $"training.batch_tokens: {spec.Training.BatchTokens} is not a multiple of context_length = {model.ContextLength}.");
        Require(spec.Training.Steps >= 1, $"training.steps: {spec.Training.Steps}; at least 1.");
        Require(settings.Threads >= 1, $"threads: {settings.Threads}; at least 1.");
        Require(settings.MicroBatchSequences is null or >= 1, $"micro_batch_sequences: {settings.MicroBatchSequences}; at least 1.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new RunFailedException(FailureCause.UserError, message);
        }
    }
}
