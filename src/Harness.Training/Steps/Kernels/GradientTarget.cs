using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>
/// Shared weights and the gradient that one lane adds to: the model's own gradient for the first lane, a flat tensor of the lane's own, in the same layout,
/// for every other.
/// </summary>
internal sealed class GradientTarget : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly Dictionary<string, Tensor> _views = new(StringComparer.Ordinal);

    /// <summary>The model's own gradient, or one apart from it that starts at zero.</summary>
    public GradientTarget(FlatParameters parameters, bool apart)
    {
        _parameters = parameters;
        if (apart)
        {
            using var noGrad = no_grad();
            Apart = zeros_like(parameters.Gradients).DetachFromDisposeScope();
            foreach (var slot in parameters.Layout.Slots)
            {
                using var slice = Apart.narrow(0, slot.Offset, slot.Length);
                _views.Add(slot.Name, slice.view(slot.Shape).DetachFromDisposeScope());
            }
        }
    }

    /// <summary>The lane's own gradient, [Layout.Length]; null where it is the model's.</summary>
    public Tensor? Apart { get; }

    /// <summary>The parameter of that name.</summary>
    public Weight Of(string name) => new(_parameters[name], Apart is null ? _parameters.GradientOf(name) : _views[name]);

    /// <summary>The parameter of that name, or null where the model has none.</summary>
    public Weight? Find(string name) => _parameters.Find(name) is null ? null : Of(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var view in _views.Values)
        {
            view.Dispose();
        }

        Apart?.Dispose();
    }
}
