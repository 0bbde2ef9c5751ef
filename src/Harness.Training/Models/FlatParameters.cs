using Harness.Core.Training;
using static TorchSharp.torch;

namespace Harness.Training.Models;

/// <summary>
/// All parameters of a model as views of one flat tensor, all gradients as views of another, so that zeroing, clipping, updating and saving are
/// one operation each. In bf16 the views belong to a half-size shadow of the fp32 master copy, and so do their gradients.
/// <para>
/// Several models of one shape (a stack) lie one after another, each in the layout of one alone, and every view gets a leading dimension: [out, in]
/// becomes [S, out, in].
/// </para>
/// </summary>
internal sealed class FlatParameters : IDisposable
{
    private readonly Dictionary<string, Tensor> _views = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _gradientViews = new(StringComparer.Ordinal);

    /// <summary>Zero parameters on a device.</summary>
    /// <param name="layout">Of one model.</param>
    /// <param name="precision">Number format.</param>
    /// <param name="device">Where.</param>
    /// <param name="members">Models of a stack, S, at least 1: every view has a leading dimension, also where S is 1; null for a model by itself.</param>
    /// <param name="cutFor">See <see cref="CutFor"/>; null is <paramref name="members"/>.</param>
    public FlatParameters(ParameterLayout layout, Precision precision, Device device, int? members = null, int? cutFor = null)
    {
        Layout = layout;
        Device = device;
        (Members, IsStack) = (members ?? 1, members is not null);
        CutFor = cutFor ?? Members;
        var length = checked(Members * layout.Length);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Weights = scope.Detach(zeros(length, dtype: ScalarType.Float32, device: device));
        Gradients = scope.Detach(zeros(length, dtype: ScalarType.Float32, device: device));
        if (precision == Precision.Bf16)
        {
            Shadow = scope.Detach(zeros(length, dtype: ScalarType.BFloat16, device: device));
            ShadowGradients = scope.Detach(zeros(length, dtype: ScalarType.BFloat16, device: device));
        }

        foreach (var slot in layout.Slots)
        {
            var view = scope.Detach(View(Shadow ?? Weights, slot));
            var gradient = scope.Detach(View(ShadowGradients ?? Gradients, slot));
            view.requires_grad = true;
            view.grad = gradient;
            _views.Add(slot.Name, view);
            _gradientViews.Add(slot.Name, gradient);
        }
    }

    /// <summary>Where each parameter lies.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>Models, S.</summary>
    public int Members { get; }

    /// <summary>Whether views have a leading dimension of S: a stack of which one model is left still computes what it computed among others, to the bit.</summary>
    public bool IsStack { get; }

    /// <summary>Models that work is cut into pieces for: those that the stack began with, so that sums over pieces keep their bits when some have left.</summary>
    public int CutFor { get; }

    /// <summary>Where the tensors live.</summary>
    public Device Device { get; }

    /// <summary>The weights, fp32, [S * Layout.Length].</summary>
    public Tensor Weights { get; }

    /// <summary>The gradient that the optimiser reads, fp32, [S * Layout.Length].</summary>
    public Tensor Gradients { get; }

    /// <summary>bf16 copy of <see cref="Weights"/> that the model computes with; null in fp32.</summary>
    public Tensor? Shadow { get; }

    /// <summary>Gradient of <see cref="Shadow"/> over one micro-batch; null in fp32.</summary>
    public Tensor? ShadowGradients { get; }

    /// <summary>The parameter that the model computes with, in its own shape; in a stack, [S, ...].</summary>
    public Tensor this[string name] => _views[name];

    /// <summary>The parameter of that name, or null where the model has none (a bias).</summary>
    public Tensor? Find(string name) => _views.GetValueOrDefault(name);

    /// <summary>A parameter's gradient, in its own shape.</summary>
    public Tensor GradientOf(string name) => _gradientViews[name];

    /// <summary>A parameter's gradient, or null where the model has none.</summary>
    public Tensor? FindGradient(string name) => _gradientViews.GetValueOrDefault(name);

    /// <summary>A parameter's part of <see cref="Gradients"/>, in its own shape; a new view.</summary>
    public Tensor MasterGradientOf(string name) => View(Gradients, Layout[name]);

    /// <summary>The gradient so far on the host, [S * Layout.Length]: the fp32 one and, in bf16, what has not been added to it yet.</summary>
    public float[] ReadGradients()
    {
        using var noGrad = no_grad();
        using var whole = ShadowGradients is { } shadow ? Gradients + shadow : Gradients.clone();
        using var host = whole.cpu();
        return host.data<float>().ToArray();
    }

    /// <summary>Copies [S * Layout.Length] values from the host into the weights.</summary>
    public void Load(float[] weights)
    {
        using var noGrad = no_grad();
        using var host = tensor(weights, [weights.Length]);
        Weights.copy_(host);
        RefreshShadow();
    }

    /// <summary>Forgets all gradients.</summary>
    public void ZeroGradients()
    {
        using var noGrad = no_grad();
        Gradients.zero_();
        ShadowGradients?.zero_();
    }

    /// <summary>In bf16, adds the micro-batch's gradient to the fp32 one and forgets it; nothing in fp32.</summary>
    public void CollectShadowGradients()
    {
        if (ShadowGradients is { } shadow)
        {
            using var noGrad = no_grad();
            Gradients.add_(shadow);
            shadow.zero_();
        }
    }

    /// <summary>In bf16, rounds the weights into the shadow; nothing in fp32.</summary>
    public void RefreshShadow()
    {
        if (Shadow is { } shadow)
        {
            using var noGrad = no_grad();
            shadow.copy_(Weights);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _views.Values.Concat(_gradientViews.Values))
        {
            tensor.Dispose();
        }

        Weights.Dispose();
        Gradients.Dispose();
        Shadow?.Dispose();
        ShadowGradients?.Dispose();
    }

    private Tensor View(Tensor flat, ParameterSlot slot)
    {
        if (!IsStack)
        {
            using var slice = flat.narrow(0, slot.Offset, slot.Length);
            return slice.view(slot.Shape);
        }

        using var byMember = flat.view(Members, Layout.Length);
        using var slices = byMember.narrow(1, slot.Offset, slot.Length);
        return slices.view([Members, .. slot.Shape]);
    }
}
