using Harness.Core.Training;
using Harness.Training.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Optimization;

/// <summary>The plain AdamW: nine tensor operations on the flat tensor, on any device and provider.</summary>
internal sealed class TensorAdamW : FlatOptimizer
{
    private readonly Tensor _scratch;

    /// <inheritdoc cref="FlatOptimizer(OptimizerSpec, FlatParameters)"/>
    public TensorAdamW(OptimizerSpec spec, FlatParameters parameters) : base(spec, parameters)
    {
        using var noGrad = no_grad();
        _scratch = zeros_like(parameters.Weights).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override double Clip()
    {
        using var noGrad = no_grad();
        using var norm = Parameters.Gradients.norm();
        if (Spec.GradientClip is { } limit)
        {
            // limit / max(norm, limit), on the device: the gradient is scaled without waiting for the norm.
            using var atLeastLimit = norm.clamp(min: limit);
            using var inverse = atLeastLimit.pow(-1);
            using var factor = inverse.mul(limit);
            Parameters.Gradients.mul_(factor);
        }

        return norm.ToDouble();
    }

    /// <inheritdoc/>
    public override void Update(double rate, long update)
    {
        using var noGrad = no_grad();
        var gradients = Parameters.Gradients;
        var layout = Parameters.Layout;
        FirstMoment.mul_(Spec.Beta1).add_(gradients, 1 - Spec.Beta1);
        SecondMoment.mul_(Spec.Beta2).addcmul_(gradients, gradients, 1 - Spec.Beta2);
        var correction1 = 1 - Math.Pow(Spec.Beta1, update);
        var correction2 = 1 - Math.Pow(Spec.Beta2, update);
        _scratch.copy_(SecondMoment).sqrt_().div_(Math.Sqrt(correction2)).add_(Spec.Epsilon);
        if (Spec.WeightDecay > 0)
        {
            using var matrices = Parameters.Weights.narrow(0, 0, layout.DecayedLength);
            matrices.mul_(1 - rate * Spec.WeightDecay);
        }

        foreach (var group in Enum.GetValues<ParameterGroup>())
        {
            var (start, length) = layout.SliceOf(group);
            using var weights = Parameters.Weights.narrow(0, start, length);
            using var moment = FirstMoment.narrow(0, start, length);
            using var root = _scratch.narrow(0, start, length);
            weights.addcdiv_(moment, root, -rate * layout.LearningRateScale(group) / correction1);
        }

        Parameters.RefreshShadow();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _scratch.Dispose();
    }
}
