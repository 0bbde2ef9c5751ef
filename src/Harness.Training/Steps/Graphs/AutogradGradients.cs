using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// The plain model under autograd up to the head, then <see cref="ChunkedHead"/>, of one run or of a stack: the graphable step's oracle, and its path where no kernels can be compiled.
/// </summary>
internal sealed class AutogradGradients(FlatParameters parameters) : IDeviceGradients
{
    private readonly Transformer _model = new(parameters);
    private readonly ChunkedHead _head = new(parameters, ChunkedHead.PieceBytes(parameters.Device));

    /// <inheritdoc/>
    public string Name => parameters.IsStack ? "batched autograd" : "autograd";

    /// <inheritdoc/>
    public void Accumulate(Tensor inputs_BT, Tensor targets_BT, double share, Tensor loss_S)
    {
        using var scope = NewDisposeScope();
        var hidden_BTD = _model.Hidden(inputs_BT);
        var (members, width) = (parameters.Members, parameters.Layout.Model.ModelDim);
        var gradient = !parameters.IsStack
            ? _head.Run(hidden_BTD.detach().view(-1, width), targets_BT.view(-1), share, loss_S)
            : _head.Run(hidden_BTD.detach().view(members, -1, width), targets_BT.view(members, -1), share, loss_S);
        hidden_BTD.backward([gradient.view(hidden_BTD.shape)]);
        parameters.CollectShadowGradients();
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
