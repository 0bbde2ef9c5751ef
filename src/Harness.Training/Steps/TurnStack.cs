namespace Harness.Training.Steps;

/// <summary>
/// Lanes that take turns, each with an engine of its own: a single run, and a stack where the fastest step (the written-out one on a CPU) has no batched form.
/// Every lane computes the bits that it computes alone.
/// </summary>
internal sealed class TurnStack : IStackEngine
{
    private readonly IReadOnlyList<StepEngine> _engines;

    /// <summary>A stack that owns the given engines, all of one shape.</summary>
    public TurnStack(IReadOnlyList<StepEngine> engines)
    {
        _engines = engines;
        foreach (var engine in engines)
        {
            engine.StackSize = engines.Count;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<IRunLane> Lanes => _engines;

    /// <inheritdoc/>
    public IStretch? Stretch => _engines.Count == 1 ? _engines[0].Stretch : null;

    /// <inheritdoc/>
    public IDeviceScore? Score => _engines.Count == 1 ? _engines[0].Score : null;

    /// <inheritdoc/>
    public void Compute(ReadOnlySpan<bool> active, Span<StepOutcome> outcomes, Action<int>? onGradients = null)
    {
        for (var i = 0; i < _engines.Count; i++)
        {
            if (active[i])
            {
                var lane = i;
                _engines[i].Batch.Upload();
                outcomes[i] = _engines[i].Compute(onGradients is null ? null : _ => onGradients(lane));
            }
        }
    }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<bool> active, ReadOnlySpan<double> rates, ReadOnlySpan<long> updates)
    {
        for (var i = 0; i < _engines.Count; i++)
        {
            if (active[i])
            {
                _engines[i].Apply(rates[i], updates[i]);
            }
        }
    }

    /// <inheritdoc/>
    public void Evaluate(int rows, ReadOnlySpan<bool> active, Span<double> sums)
    {
        for (var i = 0; i < _engines.Count; i++)
        {
            if (active[i])
            {
                _engines[i].Batch.Upload();
                sums[i] = _engines[i].Evaluate(rows);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var engine in _engines)
        {
            engine.Dispose();
        }
    }
}
