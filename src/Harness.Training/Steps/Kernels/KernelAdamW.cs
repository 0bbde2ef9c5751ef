using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Models;
using Harness.Training.Optimization;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>AdamW on a CPU: one pass over memory for the norm, one for clipping and the update.</summary>
internal sealed class KernelAdamW : FlatOptimizer
{
    private readonly List<Group> _groups = [];
    private double _clip = 1;

    /// <inheritdoc cref="FlatOptimizer(OptimizerSpec, FlatParameters)"/>
    public KernelAdamW(OptimizerSpec spec, FlatParameters parameters) : base(spec, parameters)
    {
        foreach (var group in Enum.GetValues<ParameterGroup>())
        {
            var (start, length) = parameters.Layout.SliceOf(group);
            Tensor Slice(Tensor flat) => flat.narrow(0, start, length).DetachFromDisposeScope();
            _groups.Add(new Group(
                Slice(parameters.Weights), Slice(parameters.Gradients), Slice(FirstMoment), Slice(SecondMoment),
                parameters.Layout.LearningRateScale(group), group == ParameterGroup.Vector ? 0 : length));
        }
    }

    /// <inheritdoc/>
    public override double Clip()
    {
        var norm = Math.Sqrt(CpuKernels.SumOfSquares(Parameters.Gradients));
        _clip = Spec.GradientClip is { } limit && norm > limit ? limit / norm : 1;
        return norm;
    }

    /// <inheritdoc/>
    public override void Update(double rate, long update)
    {
        foreach (var group in _groups)
        {
            // The kernel takes rate * decay; the decay's rate has no muP factor.
            CpuKernels.AdamW(
                group.Weights, group.Gradients, group.FirstMoment, group.SecondMoment, group.Decayed, update, rate * group.RateScale,
                Spec.Beta1, Spec.Beta2, Spec.Epsilon, Spec.WeightDecay / group.RateScale, _clip, zeroGradients: false);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        foreach (var group in _groups)
        {
            group.Weights.Dispose();
            group.Gradients.Dispose();
            group.FirstMoment.Dispose();
            group.SecondMoment.Dispose();
        }
    }

    private sealed record Group(Tensor Weights, Tensor Gradients, Tensor FirstMoment, Tensor SecondMoment, double RateScale, long Decayed);
}
