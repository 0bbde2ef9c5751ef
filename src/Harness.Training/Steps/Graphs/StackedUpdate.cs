using Harness.Training.Optimization;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>The end of a stack's step in tensor operations, on any device: the oracle of <see cref="KernelUpdate"/>.</summary>
internal sealed class StackedUpdate(StackedAdamW update) : IDeviceUpdate
{
    /// <inheritdoc/>
    public string Name => "tensor operations";

    /// <inheritdoc/>
    public void Apply(StepTables tables, Tensor loss_S)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        tables.Judge(loss_S, update.ClipOnDevice());
        var (rate_S1, inverseRoot_S1, keep_S1, _) = tables.Row();
        update.Apply(tables.Alive_S1, (rate_S1, inverseRoot_S1, keep_S1));
    }

    /// <summary>Nothing: the optimiser is its owner's.</summary>
    public void Dispose()
    {
    }
}
