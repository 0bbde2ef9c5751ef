using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>The plain model under autograd up to the head, then <see cref="ChunkedHead"/>: the graphable step's oracle, and its path where no kernels can be compiled.</summary>
internal sealed class AutogradGradients(FlatParameters parameters) : IDeviceGradients
{
    private readonly Transformer _model = new(parameters);
    private readonly ChunkedHead _head = new(parameters, ChunkedHead.PieceBytes(parameters.Device));

    /// <inheritdoc/>
    public string Name => "autograd";

    /// <inheritdoc/>
    public void Accumulate(Tensor inputs_BT, Tensor targets_BT, double share, Tensor loss_1)
    {
        using var scope = NewDisposeScope();
        var hidden_BTD = _model.Hidden(inputs_BT);
        var gradient_ND = _head.Run(hidden_BTD.detach().view(-1, parameters.Layout.Model.ModelDim), targets_BT.view(-1), share, loss_1);
        hidden_BTD.backward([gradient_ND.view(hidden_BTD.shape)]);
        parameters.CollectShadowGradients();
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
