using Harness.Core.Training;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// The end of a step in three launches: squares of the gradient (the bf16 one joining the fp32 one on the way), judgement, and AdamW with clipping, decay and shadow in one pass; of one run or of
/// all members of a stack, each with its own constants.
/// </summary>
internal sealed class KernelUpdate : IDeviceUpdate
{
    private readonly FlatParameters _parameters;
    private readonly Tensor _first;
    private readonly Tensor _second;
    private readonly DeviceKernels _kernels;
    private readonly Tensor _partial;
    private readonly Tensor _constants_S4;

    /// <summary>An update by compiled kernels, which stay their owner's.</summary>
    /// <param name="specs">AdamW's constants, one a member.</param>
    /// <param name="parameters">Of as many members.</param>
    /// <param name="first">AdamW's mean of the gradients, [S * Layout.Length].</param>
    /// <param name="second">AdamW's mean of their squares.</param>
    /// <param name="kernels">Compiled for as many members.</param>
    public KernelUpdate(IReadOnlyList<OptimizerSpec> specs, FlatParameters parameters, Tensor first, Tensor second, DeviceKernels kernels)
    {
        (_parameters, _first, _second, _kernels) = (parameters, first, second, kernels);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        _partial = scope.Detach(zeros([specs.Count * kernels.BlocksFor(parameters.Layout.Length / 4)], ScalarType.Float32, parameters.Device));
        float[] constants = [.. specs.SelectMany(s => new[] { (float)s.Beta1, (float)s.Beta2, (float)s.Epsilon, (float)(s.GradientClip ?? 0) })];
        _constants_S4 = scope.Detach(tensor(constants, [specs.Count, 4], device: parameters.Device));
    }

    /// <inheritdoc/>
    public string Name => "AdamW kernel";

    /// <inheritdoc/>
    public void Dispose()
    {
        _partial.Dispose();
        _constants_S4.Dispose();
    }

    /// <inheritdoc/>
    public void Apply(StepTables tables, Tensor loss_S)
    {
        var (layout, members) = (_parameters.Layout, _parameters.Members);
        var blocks = _partial.numel() / members;
        var count = layout.Length; // groups begin on multiples of 16 elements, so fours never straddle one
        _kernels.Optimizer["gradient_squares"].LaunchGrid(blocks, members, DeviceKernels.Wide, _partial, _parameters.Gradients, _parameters.ShadowGradients, count);
        _kernels.Optimizer["judge_step"].Launch(
            members, DeviceKernels.Wide, tables.State, tables.Losses, tables.Norms, _partial, (int)blocks, loss_S, tables.Counter, _constants_S4);
        var hidden = layout.SliceOf(ParameterGroup.HiddenMatrix);
        _kernels.Optimizer["adamw"].LaunchGrid(
            blocks, members, DeviceKernels.Wide, _parameters.Weights, _parameters.Shadow, _parameters.Gradients, _first, _second,
            tables.State, tables.Rates, tables.Counter, count, hidden.Start + hidden.Length, layout.DecayedLength,
            (float)layout.LearningRateScale(ParameterGroup.HiddenMatrix), _constants_S4);
    }
}
