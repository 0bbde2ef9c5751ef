using Harness.Training.Optimization;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>The end of a stack's step without the host: every member's norm, judgement, clipping, AdamW, and the bf16 shadow.</summary>
internal interface IStackUpdate : IDisposable
{
    /// <summary>What computes, for records.</summary>
    string Name { get; }

    /// <summary>Writes losses and norms to the tables' place of this step, and updates the members that are alive and whose numbers are finite.</summary>
    void Apply(StackTables tables, Tensor loss_S);
}

/// <summary>The same in tensor operations, on any device: the oracle of the others.</summary>
internal sealed class TensorStackUpdate(StackedAdamW update) : IStackUpdate
{
    /// <inheritdoc/>
    public string Name => "tensor operations";

    /// <inheritdoc/>
    public void Apply(StackTables tables, Tensor loss_S)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        tables.Judge(loss_S, update.ClipOnDevice());
        update.Apply(tables.Alive_S1, tables.Row());
    }

    /// <summary>Nothing: the optimiser is its owner's.</summary>
    public void Dispose()
    {
    }
}
