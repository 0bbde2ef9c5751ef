using Harness.Core.Training;
using Harness.Training.Models;
using Harness.Training.Optimization;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>The end of one run's step in plain tensor operations, on any device: the oracle of the others. The same update as <see cref="TensorAdamW"/>, with its numbers on the device.</summary>
internal sealed class TensorUpdate : IDeviceUpdate
{
    private readonly OptimizerSpec _spec;
    private readonly FlatParameters _parameters;
    private readonly FlatOptimizer _moments;
    private readonly Tensor _scratch;

    /// <summary>An update of these parameters and moments.</summary>
    public TensorUpdate(OptimizerSpec spec, FlatParameters parameters, FlatOptimizer moments)
    {
        (_spec, _parameters, _moments) = (spec, parameters, moments);
        using var noGrad = no_grad();
        _scratch = zeros_like(parameters.Weights).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public string Name => "tensor operations";

    /// <inheritdoc/>
    public void Apply(StepTables tables, Tensor loss_S)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var gradients = _parameters.Gradients;
        var norm_1 = gradients.norm().view(1);
        tables.Judge(loss_S, norm_1.view(1, 1));
        var alive_1 = tables.Alive_S1.view(1);
        if (_spec.GradientClip is { } limit)
        {
            gradients.mul_(norm_1.clamp(min: limit).reciprocal_().mul_(limit));
        }

        // After the factor: 0 times a gradient that isn't finite would not be 0.
        gradients.masked_fill_(alive_1.eq(0), 0);
        var row = tables.Row();
        _moments.FirstMoment.mul_(alive_1 * (_spec.Beta1 - 1) + 1).add_(gradients, 1 - _spec.Beta1);
        _moments.SecondMoment.mul_(alive_1 * (_spec.Beta2 - 1) + 1).addcmul_(gradients, gradients, 1 - _spec.Beta2);
        _scratch.copy_(_moments.SecondMoment).sqrt_().mul_(row.InverseRoot_S1.view(1)).add_(_spec.Epsilon);
        if (_spec.WeightDecay > 0)
        {
            _parameters.Weights.narrow(0, 0, _parameters.Layout.DecayedLength).mul_((row.Keep_S1.view(1) - 1) * alive_1 + 1);
        }

        var rate_1 = row.Rate_S1.view(1) * alive_1;
        foreach (var group in Enum.GetValues<ParameterGroup>())
        {
            var (start, length) = _parameters.Layout.SliceOf(group);
            var direction = _moments.FirstMoment.narrow(0, start, length) * rate_1;
            _parameters.Weights.narrow(0, start, length).addcdiv_(direction, _scratch.narrow(0, start, length), -_parameters.Layout.LearningRateScale(group));
        }

        _parameters.RefreshShadow();
    }

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();
}
