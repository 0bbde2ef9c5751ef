using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Models;
using Harness.Training.Optimization;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// The end of one run's step by libtorch's fused AdamW (2.1 and later on a GPU), one call a parameter group of the flat tensor: it divides the gradient by the clipping divisor itself and
/// skips where it is told that something wasn't finite. For machines on which our own kernel can't be compiled.
/// </summary>
internal sealed class FusedUpdate(OptimizerSpec spec, FlatParameters parameters, FlatOptimizer moments) : IDeviceUpdate
{
    /// <inheritdoc/>
    public string Name => "libtorch's fused AdamW";

    /// <inheritdoc/>
    public void Apply(StepTables tables, Tensor loss_S)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var norm_1 = parameters.Gradients.norm().view(1);
        tables.Judge(loss_S, norm_1.view(1, 1));
        var skip_1 = tables.Alive_S1.view(1) * -1 + 1;
        var divisor_1 = spec.GradientClip is { } limit ? norm_1.clamp(min: limit) / limit : ones_like(norm_1);
        var row = tables.Row();
        var update_1 = row.Update_S1.contiguous().view(1);
        // The tables hold rate / (1 - beta1^n), from which the rate comes back: beta1^n by the update's number.
        var rate_1 = row.Rate_S1.view(1) * ((update_1 * Math.Log(spec.Beta1)).exp() * -1 + 1);
        foreach (var group in Enum.GetValues<ParameterGroup>())
        {
            var (start, length) = parameters.Layout.SliceOf(group);
            if (length == 0)
            {
                continue;
            }

            var scale = parameters.Layout.LearningRateScale(group);
            var decay = group == ParameterGroup.Vector ? 0 : spec.WeightDecay / scale; // decay's rate has no muP factor
            TorchExtensions.FusedAdamW(
                parameters.Weights.narrow(0, start, length), parameters.Gradients.narrow(0, start, length),
                moments.FirstMoment.narrow(0, start, length), moments.SecondMoment.narrow(0, start, length),
                update_1, scale == 1 ? rate_1 : rate_1 * scale, spec.Beta1, spec.Beta2, decay, spec.Epsilon, divisor_1, skip_1);
        }

        parameters.RefreshShadow();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
