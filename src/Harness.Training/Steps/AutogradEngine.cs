using Harness.Training.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Steps;

/// <summary>The plain path: <see cref="Transformer"/> under autograd. Runs on every device and provider, and is what faster paths are held against.</summary>
internal sealed class AutogradEngine(FlatParameters parameters) : IGradientEngine
{
    private readonly Transformer _model = new(parameters);

    /// <inheritdoc/>
    public string Name => "autograd";

    /// <inheritdoc/>
    public double Accumulate(Tensor inputs_BT, Tensor targets_BT, double share)
    {
        using var scope = NewDisposeScope();
        var loss = _model.Loss(inputs_BT, targets_BT);
        (share == 1 ? loss : loss * share).backward();
        parameters.CollectShadowGradients();
        return loss.ToDouble();
    }

    /// <inheritdoc/>
    public double Evaluate(Tensor inputs_BT, Tensor targets_BT)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return _model.Loss(inputs_BT, targets_BT).ToDouble();
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
