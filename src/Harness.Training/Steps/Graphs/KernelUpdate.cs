using Harness.Core.Training;
using Harness.Training.Models;
using Harness.Training.Optimization;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>The end of a step in three launches: squares of the gradient (the bf16 one joining the fp32 one on the way), judgement, and AdamW with clipping, decay and shadow in one pass.</summary>
internal sealed class KernelUpdate : IDeviceUpdate
{
    private readonly OptimizerSpec _spec;
    private readonly FlatParameters _parameters;
    private readonly FlatOptimizer _moments;
    private readonly DeviceKernels _kernels;
    private readonly Tensor _partial;

    /// <summary>An update by compiled kernels, which stay their owner's.</summary>
    public KernelUpdate(OptimizerSpec spec, FlatParameters parameters, FlatOptimizer moments, DeviceKernels kernels)
    {
        (_spec, _parameters, _moments, _kernels) = (spec, parameters, moments, kernels);
        _partial = zeros([kernels.BlocksFor(parameters.Layout.Length / 4)], ScalarType.Float32, parameters.Device).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public string Name => "AdamW kernel";

    /// <inheritdoc/>
    public void Apply(StepTables tables, Tensor loss_1)
    {
        var layout = _parameters.Layout;
        var blocks = _partial.numel();
        var count = layout.Length; // groups begin on multiples of 16 elements, so fours never straddle one
        _kernels.Optimizer["gradient_squares"].Launch(blocks, DeviceKernels.Wide, _partial, _parameters.Gradients, _parameters.ShadowGradients, count);
        _kernels.Optimizer["judge_step"].Launch(
            1, DeviceKernels.Wide, tables.State, tables.Losses, tables.Norms, _partial, (int)blocks, loss_1, tables.Counter, (float)(_spec.GradientClip ?? 0));
        var hidden = layout.SliceOf(ParameterGroup.HiddenMatrix);
        _kernels.Optimizer["adamw"].Launch(
            blocks, DeviceKernels.Wide, _parameters.Weights, _parameters.Shadow, _parameters.Gradients, _moments.FirstMoment, _moments.SecondMoment,
            tables.State, tables.Rates, tables.Counter, count, hidden.Start + hidden.Length, layout.DecayedLength,
            (float)layout.LearningRateScale(ParameterGroup.HiddenMatrix), (float)_spec.Beta1, (float)_spec.Beta2, (float)_spec.Epsilon);
    }

    /// <inheritdoc/>
    public void Dispose() => _partial.Dispose();
}
