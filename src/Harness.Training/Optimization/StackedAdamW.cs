using Harness.Core.Training;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Optimization;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2) of a stack: the operations of <see cref="TensorAdamW"/> on [S, length] tensors, every constant
/// a column [S, 1], since members differ in rates, decay and clipping. Nothing is summed over members.
/// </summary>
internal sealed class StackedAdamW : IDisposable
{
    private readonly IReadOnlyList<OptimizerSpec> _specs;
    private readonly FlatParameters _parameters;
    private readonly Tensor _weights_SL;
    private readonly Tensor _gradients_SL;
    private readonly Tensor _first_SL;
    private readonly Tensor _second_SL;
    private readonly Tensor _scratch_SL;
    private readonly Tensor _limits_S1;
    private readonly Tensor _newShare1_S1;
    private readonly Tensor _newShare2_S1;
    private readonly Tensor _epsilon_S1;

    /// <summary>Zero moments.</summary>
    /// <param name="specs">Constants, one a member.</param>
    /// <param name="parameters">Of as many members.</param>
    public StackedAdamW(IReadOnlyList<OptimizerSpec> specs, FlatParameters parameters)
    {
        (_specs, _parameters) = (specs, parameters);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        FirstMoment = scope.Detach(zeros_like(parameters.Weights));
        SecondMoment = scope.Detach(zeros_like(parameters.Weights));
        Tensor ByMember(Tensor flat) => scope.Detach(flat.view(specs.Count, parameters.Layout.Length));
        _weights_SL = ByMember(parameters.Weights);
        _gradients_SL = ByMember(parameters.Gradients);
        _first_SL = ByMember(FirstMoment);
        _second_SL = ByMember(SecondMoment);
        _scratch_SL = scope.Detach(zeros_like(_weights_SL));
        _limits_S1 = scope.Detach(Column(i => specs[i].GradientClip ?? float.MaxValue));
        _newShare1_S1 = scope.Detach(Column(i => 1 - specs[i].Beta1));
        _newShare2_S1 = scope.Detach(Column(i => 1 - specs[i].Beta2));
        _epsilon_S1 = scope.Detach(Column(i => specs[i].Epsilon));
    }

    /// <summary>Decaying mean of the gradients, [S * Layout.Length].</summary>
    public Tensor FirstMoment { get; }

    /// <summary>Decaying mean of the squared gradients, [S * Layout.Length].</summary>
    public Tensor SecondMoment { get; }

    /// <summary>Measures each member's global gradient norm and clips it to its limit.</summary>
    /// <returns>The norms before clipping, by member; not finite where a gradient isn't.</returns>
    public float[] Clip()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return ClipOnDevice().cpu().data<float>().ToArray();
    }

    /// <summary>The same without waiting for the device: [S, 1]. Under no_grad and inside a scope.</summary>
    public Tensor ClipOnDevice()
    {
        var norms_S1 = _gradients_SL.norm(1, keepdim: true);
        _gradients_SL.mul_(_limits_S1.div(norms_S1.maximum(_limits_S1))); // limit / max(norm, limit)
        return norms_S1;
    }

    /// <summary>One update with numbers that are on the device already. Under no_grad and inside a scope.</summary>
    /// <param name="alive_S1">1, or 0 for members whose weights and moments keep their bits, whatever their gradients hold.</param>
    /// <param name="row">Rate over the first moment's bias correction, 1 over the root of the second's, share of a matrix that stays; [S, 1] each.</param>
    public void Apply(Tensor alive_S1, (Tensor Rate_S1, Tensor InverseRoot_S1, Tensor Keep_S1) row)
    {
        _gradients_SL.masked_fill_(alive_S1.eq(0), 0); // after clipping: 0 times a gradient that isn't finite would not be 0
        Move(row.Rate_S1 * alive_S1, row.InverseRoot_S1, (row.Keep_S1 - 1) * alive_S1 + 1, _newShare1_S1 * alive_S1, _newShare2_S1 * alive_S1);
    }

    /// <summary>One update of every active member from its clipped gradient; the others' weights keep their bits.</summary>
    /// <param name="active">By member.</param>
    /// <param name="rates">Learning rates before muP factors, by member.</param>
    /// <param name="updates">1-based numbers of the updates, by member.</param>
    public void Update(ReadOnlySpan<bool> active, ReadOnlySpan<double> rates, ReadOnlySpan<long> updates)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        float[] step = new float[_specs.Count], keep = new float[_specs.Count], inverseRoot = new float[_specs.Count];
        for (var i = 0; i < _specs.Count; i++)
        {
            if (active[i])
            {
                step[i] = (float)(rates[i] / (1 - Math.Pow(_specs[i].Beta1, updates[i])));
                keep[i] = (float)(1 - rates[i] * _specs[i].WeightDecay);
                inverseRoot[i] = (float)(1 / Math.Sqrt(1 - Math.Pow(_specs[i].Beta2, updates[i])));
            }
            else
            {
                // Zeros instead of what may be NaN, so that a step of 0 times it is 0.
                Forget(i);
                (step[i], keep[i], inverseRoot[i]) = (0, 1, 1);
            }
        }

        Move(Column(step), Column(inverseRoot), Column(keep), _newShare1_S1, _newShare2_S1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in (Tensor[])[_weights_SL, _gradients_SL, _first_SL, _second_SL, _scratch_SL, _limits_S1, _newShare1_S1, _newShare2_S1, _epsilon_S1, FirstMoment, SecondMoment])
        {
            tensor.Dispose();
        }
    }

    private void Move(Tensor step_S1, Tensor inverseRoot_S1, Tensor keep_S1, Tensor newShare1_S1, Tensor newShare2_S1)
    {
        var layout = _parameters.Layout;
        _first_SL.lerp_(_gradients_SL, newShare1_S1);
        _scratch_SL.copy_(_gradients_SL).square_();
        _second_SL.lerp_(_scratch_SL, newShare2_S1);
        _scratch_SL.copy_(_second_SL).sqrt_().mul_(inverseRoot_S1).add_(_epsilon_S1);
        var direction_SL = _first_SL.div(_scratch_SL);
        _weights_SL.narrow(1, 0, layout.DecayedLength).mul_(keep_S1);
        foreach (var group in Enum.GetValues<ParameterGroup>())
        {
            var (start, length) = layout.SliceOf(group);
            _weights_SL.narrow(1, start, length).addcmul_(direction_SL.narrow(1, start, length), step_S1, -layout.LearningRateScale(group));
        }

        _parameters.RefreshShadow();
    }

    private void Forget(int member)
    {
        foreach (var byMember in (Tensor[])[_gradients_SL, _first_SL, _second_SL])
        {
            using var own = byMember.select(0, member);
            own.zero_();
        }
    }

    private Tensor Column(Func<int, double> value) => Column([.. _specs.Select((_, i) => (float)value(i))]);

    private Tensor Column(float[] values) => tensor(values, [values.Length, 1], device: _parameters.Device);
}
