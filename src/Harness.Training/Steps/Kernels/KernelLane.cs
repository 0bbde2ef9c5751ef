using Harness.Core.Models;
using Harness.Torch;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>One thread's share of the written-out step: its own buffers and gradient over shared weights. Used by one thread at a time.</summary>
internal sealed class KernelLane : IDisposable
{
    private readonly GradientTarget _target;
    private readonly KernelModel _model;
    private readonly Dictionary<(long Rows, bool Training), Workspace> _workspaces = [];

    /// <summary>A lane; owns <paramref name="target"/>.</summary>
    public KernelLane(ModelSpec spec, GradientTarget target)
    {
        _target = target;
        _model = new KernelModel(spec, target);
    }

    /// <summary>The gradient of this lane alone; null where it adds to the model's.</summary>
    public Tensor? Apart => _target.Apart;

    /// <summary>Adds the gradient of these rows' losses, each token's weighted with <paramref name="weight"/>.</summary>
    /// <returns>The sum of the tokens' losses.</returns>
    public double Accumulate(Tensor inputs_BT, Tensor targets_BT, double weight)
    {
        var buffers = BuffersFor(inputs_BT.size(0), training: true);
        new ForwardPass(_model, buffers).Run(inputs_BT);
        var sum = Head(buffers, targets_BT, weight);
        new BackwardPass(_model, buffers).Run(inputs_BT);
        return sum;
    }

    /// <summary>The sum of the tokens' losses.</summary>
    public double Evaluate(Tensor inputs_BT, Tensor targets_BT)
    {
        var buffers = BuffersFor(inputs_BT.size(0), training: false);
        new ForwardPass(_model, buffers).Run(inputs_BT);
        return Head(buffers, targets_BT, null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var workspace in _workspaces.Values)
        {
            workspace.Dispose();
        }

        _model.Dispose();
        _target.Dispose();
    }

    private Workspace BuffersFor(long rows, bool training)
    {
        // A training workspace serves an evaluation of the same size too.
        if (_workspaces.TryGetValue((rows, true), out var buffers) || _workspaces.TryGetValue((rows, training), out buffers))
        {
            return buffers;
        }

        buffers = new Workspace(_model.Spec, (int)rows, training);
        _workspaces.Add((rows, training), buffers);
        return buffers;
    }

    /// <summary>Sum of the losses; with a weight, also the gradients of the head's matrix and, in <c>Branch_ND</c>, of the final norm's output.</summary>
    private double Head(Workspace buffers, Tensor targets_BT, double? weight)
    {
        using var targets_N = targets_BT.view(-1);
        double sum = 0;
        foreach (var piece in buffers.HeadPieces)
        {
            using var targets = targets_N.narrow(0, piece.Start, piece.Count);
            CpuKernels.Multiply(piece.Logits_RV, piece.Normal_RD, false, _model.Head.Value, true, alpha: _model.LogitScale);
            sum += CpuKernels.CrossEntropy(null, piece.Logits_RV, targets, weight * _model.LogitScale);
            if (weight is not null)
            {
                CpuKernels.Multiply(piece.Gradient_RD, piece.Logits_RV, false, _model.Head.Value, false);
                CpuKernels.Multiply(_model.Head.Gradient, piece.Logits_RV, true, piece.Normal_RD, false, accumulate: true);
            }
        }

        return sum;
    }
}
