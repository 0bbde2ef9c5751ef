using Harness.Core.Training;
using Harness.Training.Data;

namespace Harness.Training.Steps.Graphs;

/// <summary>Drives the graph of a <see cref="StackStep"/> through the runs of a stack: keeps their corpus on the device, refills the tables, reads what the steps found.</summary>
internal sealed class StackStretch(StepGraph graph, StackStep step, BatchedStack engine, string? note) : IStackStretch
{
    private DeviceCorpus? _corpus;
    private TokenSequence? _source;
    private IReadOnlyList<TrainingSpec> _trainings = [];
    private BatchOrder[] _orders = [];

    /// <inheritdoc/>
    public string Name => $"{step.Name}, {graph.Mode}{(note is null ? "" : ", " + note)}";

    /// <inheritdoc/>
    public IDeviceClock Clock => graph;

    /// <inheritdoc/>
    public Action? OnGradients
    {
        get => step.OnGradients;
        set => step.OnGradients = value;
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
    public StepOutcome[][] Advance(ReadOnlySpan<long> first, ReadOnlySpan<bool> active, int most)
    {
        var count = Math.Min(most, step.Tables.Capacity);
        step.Tables.Load(first, count, active, _trainings, _orders, _corpus!);
        graph.Run(_corpus!.Tokens, count);
        return step.Tables.Read(count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        graph.Dispose();
        _corpus?.Dispose();
    }
}
