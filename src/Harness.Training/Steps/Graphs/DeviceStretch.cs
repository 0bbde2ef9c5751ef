using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Data;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>A step and what runs it, made for a number of lanes.</summary>
/// <param name="Graph">Disposes the step with itself.</param>
/// <param name="Step">The step.</param>
/// <param name="Note">Why it is not the fastest, for records; null where it is.</param>
internal sealed record DeviceDrive(StepGraph Graph, DeviceStep Step, string? Note);

/// <summary>Drives the graph of a <see cref="DeviceStep"/> through runs: keeps their corpus on the device, refills the tables, reads what the steps found.</summary>
/// <param name="model">The runs' model.</param>
/// <param name="device">Where.</param>
/// <param name="rows">Sequences of a run's batch.</param>
/// <param name="make">Makes what drives the engine's lanes, as many as there are when it is called.</param>
internal sealed class DeviceStretch(ModelSpec model, Device device, int rows, Func<DeviceDrive> make) : IStretch
{
    private DeviceDrive _drive = make();
    private DeviceCorpus? _corpus;
    private TokenSequence? _source;
    private IReadOnlyList<TrainingSpec> _trainings = [];
    private BatchOrder[] _orders = [];

    // What the tables hold: so many steps from these on, of these lanes.
    private long[] _loaded = [];
    private bool[] _loadedLanes = [];
    private int _filled;

    /// <inheritdoc/>
    public string Name => $"{_drive.Step.Name}, {_drive.Graph.Mode}{(_drive.Note is null ? "" : ", " + _drive.Note)}";

    /// <inheritdoc/>
    public IDeviceClock Clock => _drive.Graph;

    /// <inheritdoc/>
    public Action? OnGradients
    {
        get => _drive.Step.OnGradients;
        set => _drive.Step.OnGradients = value;
    }

    /// <inheritdoc/>
    public void Begin(IReadOnlyList<TrainingSpec> trainings, TokenStream tokens)
    {
        if (!ReferenceEquals(_source, tokens.Train))
        {
            _corpus?.Dispose();
            _corpus = null; // so that a failure leaves nothing that is disposed twice
            _corpus = new DeviceCorpus(tokens.Train, model.VocabularySize, device);
            _source = tokens.Train;
        }

        _trainings = trainings;
        _orders = [.. trainings.Select(t => new BatchOrder(tokens.Train.Length, model.ContextLength, rows, t.DataSeed))];
        _filled = 0;
    }

    /// <inheritdoc/>
    public void Replace(IReadOnlyList<int> staying, Action replace)
    {
        _drive.Graph.Dispose();
        replace();
        _drive = make();
        (_trainings, _orders) = ([.. staying.Select(lane => _trainings[lane])], [.. staying.Select(lane => _orders[lane])]);
        _filled = 0;
    }

    /// <inheritdoc/>
    public StepOutcome[][] Advance(ReadOnlySpan<long> first, ReadOnlySpan<bool> active, int most)
    {
        var (tables, corpus) = (_drive.Step.Tables, _corpus!);
        var at = PlaceOf(first, active);
        if (at < 0)
        {
            (_loaded, _loadedLanes, _filled, at) = (first.ToArray(), active.ToArray(), tables.Capacity, 0);
            for (var lane = 0; lane < first.Length; lane++)
            {
                _filled = active[lane] ? (int)Math.Min(_filled, _trainings[lane].Steps - first[lane]) : _filled;
            }

            tables.Load(first, _filled, active, _trainings, _orders, corpus);
        }

        var count = Math.Min(most, _filled - at);
        _drive.Graph.Run(corpus.Tokens, count);
        return tables.Read(at, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _drive.Graph.Dispose();
        _corpus?.Dispose();
    }

    /// <summary>Where in the tables these steps of these lanes stand, or -1.</summary>
    private int PlaceOf(ReadOnlySpan<long> first, ReadOnlySpan<bool> active)
    {
        if (_filled == 0 || !active.SequenceEqual(_loadedLanes))
        {
            return -1;
        }

        long? at = null;
        for (var lane = 0; lane < first.Length; lane++)
        {
            if (active[lane])
            {
                var here = first[lane] - _loaded[lane];
                if ((at ?? here) != here)
                {
                    return -1;
                }

                at = here;
            }
        }

        return at is >= 0 && at < _filled ? (int)at : -1;
    }
}
