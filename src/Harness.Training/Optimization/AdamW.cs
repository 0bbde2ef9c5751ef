using Harness.Core.Training;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Optimization;

/// <summary>
/// AdamW with decoupled decay (Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2) on the flat tensor, after clipping the global norm.
/// Decay takes rate * decay of every matrix, whatever its muP factor, so that its time scale doesn't move with width.
/// </summary>
internal sealed class AdamW : IDisposable
{
    private readonly OptimizerSpec _spec;
    private readonly FlatParameters _parameters;
    private readonly Tensor _scratch;

    /// <summary>Zero moments for the given parameters.</summary>
    public AdamW(OptimizerSpec spec, FlatParameters parameters)
    {
        _spec = spec;
        _parameters = parameters;
        using var noGrad = no_grad();
        FirstMoment = zeros_like(parameters.Weights).DetachFromDisposeScope();
        SecondMoment = zeros_like(parameters.Weights).DetachFromDisposeScope();
        _scratch = zeros_like(parameters.Weights).DetachFromDisposeScope();
    }

    /// <summary>Decaying mean of the gradients, [Layout.Length].</summary>
    public Tensor FirstMoment { get; }

    /// <summary>Decaying mean of the squared gradients, [Layout.Length].</summary>
    public Tensor SecondMoment { get; }

    /// <summary>The gradient's global L2 norm; one element on the device. Not finite if any gradient isn't.</summary>
    public Tensor GradientNorm() => _parameters.Gradients.norm();

    /// <summary>Scales the gradient so that its norm is at most the limit, without waiting for the device.</summary>
    /// <param name="norm">From <see cref="GradientNorm"/>.</param>
    public void Clip(Tensor norm)
    {
        if (_spec.GradientClip is { } limit)
        {
            using var noGrad = no_grad();
            using var atLeastLimit = norm.clamp(min: limit);
            using var inverse = atLeastLimit.pow(-1);
            using var factor = inverse.mul(limit);
            _parameters.Gradients.mul_(factor);
        }
    }

    /// <summary>One update from the gradient.</summary>
    /// <param name="rate">This step's learning rate, before muP factors.</param>
    /// <param name="update">1-based number of this update, for the bias correction.</param>
    public void Update(double rate, long update)
    {
        using var noGrad = no_grad();
        var gradients = _parameters.Gradients;
        FirstMoment.mul_(_spec.Beta1).add_(gradients, 1 - _spec.Beta1);
        SecondMoment.mul_(_spec.Beta2).addcmul_(gradients, gradients, 1 - _spec.Beta2);
        var correction1 = 1 - Math.Pow(_spec.Beta1, update);
        var correction2 = 1 - Math.Pow(_spec.Beta2, update);

        _scratch.copy_(SecondMoment).sqrt_().div_(Math.Sqrt(correction2)).add_(_spec.Epsilon);
        if (_spec.WeightDecay > 0)
        {
            using var matrices = _parameters.Weights.narrow(0, 0, _parameters.Layout.DecayedLength);
            matrices.mul_(1 - rate * _spec.WeightDecay);
        }

        foreach (var group in Enum.GetValues<ParameterGroup>())
        {
            var (start, length) = _parameters.Layout.SliceOf(group);
            using var weights = _parameters.Weights.narrow(0, start, length);
            using var moment = FirstMoment.narrow(0, start, length);
            using var root = _scratch.narrow(0, start, length);
            weights.addcdiv_(moment, root, -rate * _parameters.Layout.LearningRateScale(group) / correction1);
        }

        _parameters.RefreshShadow();
    }

    /// <summary>Forgets the moments.</summary>
    public void Reset()
    {
        using var noGrad = no_grad();
        FirstMoment.zero_();
        SecondMoment.zero_();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
        _scratch.Dispose();
    }
}
