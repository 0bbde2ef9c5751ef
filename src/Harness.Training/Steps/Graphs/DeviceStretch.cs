using Harness.Core.Runs;
using Harness.Training.Data;

namespace Harness.Training.Steps.Graphs;

/// <summary>Drives a <see cref="StepGraph"/> through a run: keeps the corpus on the device, refills the tables, reads what the steps found.</summary>
internal sealed class DeviceStretch(StepGraph graph, DeviceStep step, StepEngine engine, string? note) : IStretch
{
    private DeviceCorpus? _corpus;
    private TokenSequence? _source;
    private RunSpec? _spec;
    private BatchOrder? _order;
    private long _loaded;
    private int _filled;

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

    /// <summary>The step that the graph runs.</summary>
    public DeviceStep Step => step;

    /// <inheritdoc/>
    public void Begin(RunSpec spec, TokenStream tokens)
    {
        if (!ReferenceEquals(_source, tokens.Train))
        {
            _corpus?.Dispose();
            _corpus = null; // so that a failure leaves nothing that is disposed twice
            _corpus = new DeviceCorpus(tokens.Train, spec.Model.VocabularySize, engine.Device);
            _source = tokens.Train;
        }

        _spec = spec;
        _order = new BatchOrder(tokens.Train.Length, spec.Model.ContextLength, engine.BatchRows, spec.Training.DataSeed);
        _filled = 0;
    }

    /// <inheritdoc/>
    public IReadOnlyList<StepOutcome> Advance(long first, int most)
    {
        var (spec, corpus) = (_spec!, _corpus!);
        var tables = step.Tables;
        if (first < _loaded || first >= _loaded + _filled || _filled == 0)
        {
            (_loaded, _filled) = (first, (int)Math.Min(tables.Capacity, spec.Training.Steps - first));
            tables.Load(first, _filled, spec.Training, _order!, corpus);
        }

        var at = (int)(first - _loaded);
        var count = Math.Min(most, _filled - at);
        graph.Run(corpus.Tokens, count);
        return tables.Read(at, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        graph.Dispose();
        _corpus?.Dispose();
    }
}
