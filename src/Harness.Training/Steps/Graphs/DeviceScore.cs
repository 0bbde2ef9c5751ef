using Harness.Torch;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>Held-out losses of one model or a stack, by the plain model up to the head and <see cref="ChunkedHead"/> behind it: no [N, V] logits, and nothing is read by the host.</summary>
/// <param name="parameters">Of S models.</param>
/// <param name="rows">Windows at once.</param>
internal sealed class DeviceScore(FlatParameters parameters, int rows) : IDeviceScore
{
    private readonly Transformer _model = new(parameters);
    private readonly ChunkedHead _head = new(parameters, ChunkedHead.PieceBytes(parameters.Device));

    /// <inheritdoc/>
    public int Members => parameters.Members;

    /// <inheritdoc/>
    public int Rows => rows;

    /// <inheritdoc/>
    public Device Device => parameters.Device;

    /// <inheritdoc/>
    public void Add(Tensor inputs_BT, Tensor targets_BT, Tensor sums_S)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var unpinned = TorchExtensions.KeepAttention(); // a neighbour's step may have pinned another implementation
        var (members, isStack, model) = (parameters.Members, parameters.IsStack, parameters.Layout.Model);
        Tensor ForAll(Tensor tokens_BT) => !isStack ? tokens_BT : tokens_BT.unsqueeze(0).expand(members, tokens_BT.shape[0], tokens_BT.shape[1]).reshape(-1, tokens_BT.shape[1]);
        var hidden_BTD = _model.Hidden(ForAll(inputs_BT));
        var targets = ForAll(targets_BT).reshape(-1);
        _head.AddLosses(
            isStack ? hidden_BTD.view(members, -1, model.ModelDim) : hidden_BTD.view(-1, model.ModelDim),
            isStack ? targets.view(members, -1) : targets,
            1.0 / model.ContextLength,
            sums_S);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
