using Harness.Core.Training;
using Harness.Training.Data;

namespace Harness.Training.Steps.Graphs;

/// <summary>A stack's step and what runs it; made for a number of members.</summary>
/// <param name="Graph">Disposes the step with itself.</param>
/// <param name="Step">The step.</param>
/// <param name="Note">Why it is not the fastest, for records; null where it is.</param>
internal sealed record StackDrive(StepGraph Graph, StackStep Step, string? Note);

/// <summary>Drives the graph of a <see cref="StackStep"/> through the runs of a stack: keeps their corpus on the device, refills the tables, reads what the steps found.</summary>
/// <param name="engine">The stack.</param>
internal sealed class StackStretch(BatchedStack engine) : IStackStretch
{
    private StackDrive _drive = GraphPath.DriveOf(engine);
    private DeviceCorpus? _corpus;
    private TokenSequence? _source;
    private IReadOnlyList<TrainingSpec> _trainings = [];
    private BatchOrder[] _orders = [];

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
        var model = engine.Lanes[0].Layout.Model;
        if (!ReferenceEquals(_source, tokens.Train))
        {
            _corpus?.Dispose();
            _corpus = null; // so that a failure leaves nothing that is disposed twice
            _corpus = new DeviceCorpus(tokens.Train, model.VocabularySize, engine.Lanes[0].Device);
            _source = tokens.Train;
        }

        _trainings = trainings;
        _orders = [.. trainings.Select(t => new BatchOrder(tokens.Train.Length, model.ContextLength, engine.Lanes[0].BatchRows, t.DataSeed))];
    }

    /// <inheritdoc/>
    public void Replace(IReadOnlyList<int> staying, Action replace)
    {
        _drive.Graph.Dispose();
        replace();
        _drive = GraphPath.DriveOf(engine);
        (_trainings, _orders) = ([.. staying.Select(lane => _trainings[lane])], [.. staying.Select(lane => _orders[lane])]);
    }

    /// <inheritdoc/>
    public StepOutcome[][] Advance(ReadOnlySpan<long> first, ReadOnlySpan<bool> active, int most)
    {
        var tables = _drive.Step.Tables;
        var count = Math.Min(most, tables.Capacity);
        tables.Load(first, count, active, _trainings, _orders, _corpus!);
        _drive.Graph.Run(_corpus!.Tokens, count);
        return tables.Read(count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _drive.Graph.Dispose();
        _corpus?.Dispose();
    }
}
