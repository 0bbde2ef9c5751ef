using System.Diagnostics.CodeAnalysis;
using Harness.Training.Data;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps;

/// <summary>A member's place in a <see cref="BatchedStack"/>: its slices of the stack's tensors. Moves when others leave.</summary>
internal sealed class StackLane : IRunLane, IDisposable
{
    private readonly BatchedStack _stack;
    private int _index;

    /// <summary>At a place in the stack.</summary>
    public StackLane(BatchedStack stack, int index)
    {
        _stack = stack;
        Take(index);
    }

    /// <inheritdoc/>
    public ParameterLayout Layout => _stack.Packed.Parameters.Layout;

    /// <inheritdoc/>
    public Device Device => _stack.Packed.Parameters.Device;

    /// <inheritdoc/>
    public string PathName => _stack.Stretch?.Name ?? "batched autograd";

    /// <inheritdoc/>
    public int StackSize => _stack.Begun;

    /// <inheritdoc/>
    public int BatchRows => _stack.BatchRows;

    /// <inheritdoc/>
    public Tensor Weights { get; private set; }

    /// <inheritdoc/>
    public Tensor Gradients { get; private set; }

    /// <inheritdoc/>
    public Tensor FirstMoment { get; private set; }

    /// <inheritdoc/>
    public Tensor SecondMoment { get; private set; }

    /// <summary>Goes to another place in the stack's tensors.</summary>
    [MemberNotNull(nameof(Weights), nameof(Gradients), nameof(FirstMoment), nameof(SecondMoment))]
    public void Take(int index)
    {
        _index = index;
        var (parameters, optimizer) = (_stack.Packed.Parameters, _stack.Packed.Optimizer);
        (Weights, Gradients) = (Slice(parameters.Weights), Slice(parameters.Gradients));
        (FirstMoment, SecondMoment) = (Slice(optimizer.FirstMoment), Slice(optimizer.SecondMoment));
    }

    /// <inheritdoc/>
    public void Initialize(long seed)
    {
        using var noGrad = no_grad();
        using var host = tensor(InitialWeights.Of(Layout, seed), [Layout.Length]);
        Weights.copy_(host);
        FirstMoment.zero_();
        SecondMoment.zero_();
        WeightsChanged();
    }

    /// <inheritdoc/>
    public void WeightsChanged() => _stack.Packed.Parameters.RefreshShadow();

    /// <inheritdoc/>
    public void SetRow(int row, TokenSequence tokens, long offset) => _stack.Packed.Batch.SetRow(_index * _stack.BatchRows + row, tokens, offset);

    /// <inheritdoc/>
    public void Dispose()
    {
        Weights.Dispose();
        Gradients.Dispose();
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }

    private Tensor Slice(Tensor flat) => flat.narrow(0, _index * Layout.Length, Layout.Length).DetachFromDisposeScope();
}
