using Harness.Core.Training;
using Harness.Training.Models;

namespace Harness.Training.Tests.Reference;

/// <summary>Algorithm 2 of Loshchilov and Hutter 2019 with clipping of the global norm, a parameter at a time, in double precision.</summary>
internal sealed class ReferenceAdamW(OptimizerSpec spec, ParameterLayout layout)
{
    private readonly double[] _m = new double[layout.Length];
    private readonly double[] _v = new double[layout.Length];
    private int _steps;

    /// <summary>Updates the weights and returns the gradient's norm before clipping.</summary>
    public double Step(double[] weights, double[] gradients, double rate)
    {
        var norm = Math.Sqrt(gradients.Sum(g => g * g));
        var clip = spec.GradientClip is { } limit && norm > limit ? limit / norm : 1;
        _steps++;
        foreach (var slot in layout.Slots)
        {
            var slotRate = rate * (slot.Columns is not null && slot.Name.StartsWith("blocks.", StringComparison.Ordinal) && layout.Model.MaximalUpdate is { } mup
                ? mup.BaseModelDim / (double)layout.Model.ModelDim
                : 1);
            for (var i = slot.Offset; i < slot.Offset + slot.Length; i++)
            {
                var g = gradients[i] * clip;
                _m[i] = spec.Beta1 * _m[i] + (1 - spec.Beta1) * g;
                _v[i] = spec.Beta2 * _v[i] + (1 - spec.Beta2) * g * g;
                var m = _m[i] / (1 - Math.Pow(spec.Beta1, _steps));
                var v = _v[i] / (1 - Math.Pow(spec.Beta2, _steps));
                weights[i] -= rate * (slot.Columns is null ? 0 : spec.WeightDecay) * weights[i] + slotRate * m / (Math.Sqrt(v) + spec.Epsilon);
            }
        }

        return norm;
    }
}
