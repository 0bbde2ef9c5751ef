using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Torch;
using Harness.Training.Measurement;
using Harness.Training.Steps;
using static TorchSharp.torch;

namespace Harness.Training.Runs;

/// <summary>
/// Trains runs for real. Stays up between runs: tokens stay open, and buffers are used again where the next run has the same shape.
/// One thread at a time, each sibling on its own; libtorch is loaded by the first run, not by the constructor.
/// </summary>
public sealed class TorchTrainer : ISideBySideTrainer, IDisposable
{
    private readonly TimeProvider _clock;
    private readonly DataCache _data;
    private readonly EngineCache _engines;
    private readonly StepPath _path;
    private readonly TrainerFamily _family;
    private readonly bool _isEldest;
    private (Device Device, Func<IDisposable>? Enter)? _stream;

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

    /// <summary>Loads libtorch, which takes a third of a second, so that the first run finds it there. May be called on another thread.</summary>
    /// <exception cref="DllNotFoundException">The engine isn't built, or doesn't load.</exception>
    public static void Preload() => _ = Harness.Torch.TorchExtensions.Capabilities;

    internal TorchTrainer(DataCatalog catalog, TimeProvider? clock, StepPath path) : this(new TrainerFamily(catalog), clock ?? TimeProvider.System, path) => _isEldest = true;

    private TorchTrainer(TrainerFamily family, TimeProvider clock, StepPath path)
    {
        (_family, _clock, _path) = (family, clock, path);
        _data = new DataCache(family);
        _engines = new EngineCache(path);
    }

    /// <summary>Called with a run's lane and the number of its step (1-based), its gradient there and not yet judged; lets tests look at it and break it.</summary>
    internal Action<IRunLane, long>? OnGradients { get; init; }

    /// <inheritdoc/>
    public RunResult Train(RunSpec spec, IRunSession session)
    {
        MemberEnd? end = null;
        TrainTogether([new StackMember(spec, session)], (_, e) => end = e);
        if (end!.Error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        return end.Result!;
    }

    /// <inheritdoc/>
    public void TrainTogether(IReadOnlyList<StackMember> members, Action<StackMember, MemberEnd> ended)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(ended);
        foreach (var member in members)
        {
            ArgumentNullException.ThrowIfNull(member);
            ArgumentNullException.ThrowIfNull(member.Spec);
            ArgumentNullException.ThrowIfNull(member.Session);
            Validate(member.Spec, member.Session.Settings);
        }

        var (spec, settings) = (members[0].Spec, members[0].Session.Settings);
        if (members.Any(m => StackShape.Of(m.Spec) != StackShape.Of(spec)))
        {
            throw new ArgumentException("Runs of different shapes can't be trained together.", nameof(members));
        }

        OnDevice(settings, device =>
        {
            var tokens = _data.Open(spec.Data, spec.Model);
            var engine = Prepare(members, settings, device, tokens);
            using var evaluation = new Evaluation(spec, tokens, engine);
            using var run = new StackRun(
                engine,
                loop => [.. members.Select((m, i) => new TrainingRun(RunId.Of(m.Spec), m.Spec, m.Session, tokens, engine.Lanes[i], _clock) { MeterEnergy = loop.MeterEnergy })],
                evaluation,
                _clock,
                (lane, end) => ended(members[lane], end.Error is { } e ? new MemberEnd(null, Named(e)) : end),
                _family.Turn)
            {
                OnGradients = OnGradients,
            };
            run.Train();
            return 0;
        });
    }

    /// <inheritdoc/>
    public ISideBySideTrainer Sibling()
    {
        _family.Join();
        return new TorchTrainer(_family, _clock, _path) { OnGradients = OnGradients };
    }

    /// <inheritdoc/>
    public StackAdvice? AdviseSideBySide(RunSpec spec, ExecutionSettings settings, int most)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(settings);
        return _family.SideBySide(spec, () =>
        {
            Validate(spec, settings);
            return OnDevice(settings, device =>
            {
                var tokens = _data.Open(spec.Data, spec.Model);
                using var alone = _family.Turn.Alone();
                return StackCalibration.Choose(most, runs => SideBySideCalibration.SecondsPerStep(spec, settings, device, runs, _path, tokens));
            });
        });
    }

    /// <summary>An engine for the runs, ready to be told to begin; siblings wait between two of their steps meanwhile.</summary>
    private IStackEngine Prepare(IReadOnlyList<StackMember> members, ExecutionSettings settings, Device device, TokenStream tokens)
    {
        var spec = members[0].Spec;
        using var alone = _family.Turn.Alone();
        var batched = _family.Stacks(StackShape.Of(spec)) is { Members: > 1 };
        var engine = _engines.Take(spec.Model, [.. members.Select(m => m.Spec.Training)], device, settings.MicroBatchSequences, batched);
        if (_family.IsShared)
        {
            _ = MatmulPeak.FlopsPerSecond(device, MatmulPeak.TypeOf(spec.Training.Precision)); // measured while nobody else computes
        }
        else
        {
            DeviceMemory.ResetPeak(device); // the neighbours' too, where there are any
        }

        engine.Stretch?.Begin([.. members.Select(m => m.Spec.Training)], tokens);
        return engine;
    }

    /// <inheritdoc/>
    public StackAdvice? Advise(RunSpec spec, ExecutionSettings settings, int most)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(settings);
        return _family.Stacks(StackShape.Of(spec), () =>
        {
            Validate(spec, settings);
            return OnDevice(settings, device =>
            {
                var tokens = _data.Open(spec.Data, spec.Model);
                using var alone = _family.Turn.Alone();
                _engines.Dispose(); // its memory is needed, and what it leaves in the caches would be timed
                return StackCalibration.Measure(spec, settings, device, most, _path, tokens);
            });
        });
    }

    /// <summary>Opens the device, does something there, and gives what goes wrong its cause.</summary>
    private T OnDevice<T>(ExecutionSettings settings, Func<Device, T> work)
    {
        try
        {
            using var scope = NewDisposeScope();
            var device = TrainingDevice.Open(settings.Device);
            set_num_threads(settings.Threads);
            using var mode = new DeviceMode(settings, device);
            using var stream = OwnStream(device);
            return work(device);
        }
        catch (Exception e) when (OutOfMemory.Is(e))
        {
            FreeEngine(); // gives the memory back before anything else is tried
            throw new RunFailedException(FailureCause.OutOfMemory, "out of memory: " + e.Message, e);
        }
        catch (DataUnavailableException e)
        {
            throw Named(e);
        }
        catch (ExternalException e) when (settings.Device != "cpu" && DeviceFault.Is(e))
        {
            FreeEngine();
            throw new RunFailedException(FailureCause.DeviceFault, $"{settings.Device}: {e.Message}", e);
        }
    }

    /// <summary>Where several runs share a device, each has a stream of its own: on one stream they would wait for one another.</summary>
    private IDisposable? OwnStream(Device device)
    {
        if (!_family.IsShared || device.type != TorchSharp.DeviceType.CUDA)
        {
            return null;
        }

        if (_stream?.Device.ToString() != device.ToString())
        {
            _stream = (device, TorchExtensions.NewStream(device.index));
        }

        return _stream?.Enter?.Invoke();
    }

    private void FreeEngine()
    {
        using var alone = _family.Turn.Alone();
        _engines.Dispose();
    }

    private static Exception Named(Exception e) => e is DataUnavailableException ? new RunFailedException(FailureCause.UserError, e.Message, e) : e;

    /// <inheritdoc/>
    public void Dispose()
    {
        FreeEngine();
        _data.Dispose();
        if (_isEldest)
        {
            _family.Dispose();
        }
    }

    private void Validate(RunSpec spec, ExecutionSettings settings)
    {
        var model = spec.Model;
        Require(settings.Threads == 1 || settings.Device != "cpu" || !_family.IsShared, $"threads: {settings.Threads}; on a CPU, runs at the same time in one worker have one thread each.");
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
