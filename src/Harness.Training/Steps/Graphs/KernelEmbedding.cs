using Harness.Torch;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>Rows of every member's own table (and positions) by token, and their gradients without atomics: tokens are sorted first, those of later members behind those of earlier ones.</summary>
internal sealed class KernelEmbedding : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly DeviceKernels _kernels;
    private readonly Tensor? _firstOf_S1;

    /// <summary>Of the parameters' tables.</summary>
    public KernelEmbedding(FlatParameters parameters, DeviceKernels kernels)
    {
        (_parameters, _kernels) = (parameters, kernels);
        if (parameters.Members > 1)
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            var vocabulary = parameters.Layout.Model.VocabularySize;
            _firstOf_S1 = scope.Detach((arange(0, parameters.Members, dtype: ScalarType.Int64, device: parameters.Device) * vocabulary).view(-1, 1));
        }
    }

    /// <summary>Writes the stream's beginning.</summary>
    public void Forward(KernelBuffers buffers, Tensor x_ND, Tensor inputs_BT) => _kernels.Embedding["embedding_forward"].LaunchGrid(
        buffers.Tokens / _parameters.Members, _parameters.Members, DeviceKernels.ThreadsFor(buffers.Width / _kernels.RowPack), x_ND,
        _parameters["token_embedding.weight"], _parameters.Find("position_embedding.weight"), inputs_BT, buffers.Model.ContextLength);

    /// <summary>Adds the tables' gradients from the one by the stream's beginning in <c>Stream_ND</c>.</summary>
    public void Backward(KernelBuffers buffers, Tensor inputs_BT)
    {
        using var scope = NewDisposeScope();
        var (model, members) = (buffers.Model, _parameters.Members);
        var tokens_N = _firstOf_S1 is null ? inputs_BT.view(-1) : (inputs_BT.view(members, -1) + _firstOf_S1).view(-1);
        var (sorted_N, from_N) = TorchExtensions.SortStable(tokens_N);
        var packs = buffers.Width / _kernels.RowPack;
        _kernels.Embedding["embedding_backward"].LaunchGrid(
            (long)members * model.VocabularySize, DeviceKernels.Blocks(packs, DeviceKernels.Columns), DeviceKernels.ThreadsToShare(buffers.Tokens / members / model.VocabularySize),
            _parameters.GradientOf("token_embedding.weight"), buffers.Stream_ND, sorted_N, from_N, (int)buffers.Tokens);
        if (_parameters.FindGradient("position_embedding.weight") is { } positions)
        {
            _kernels.Embedding["position_backward"].LaunchGrid(
                model.ContextLength * DeviceKernels.Blocks(packs, DeviceKernels.Columns), members, DeviceKernels.ThreadsToShare(inputs_BT.shape[0] / members / 4), positions, buffers.Stream_ND,
                (int)(inputs_BT.shape[0] / members), model.ContextLength);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _firstOf_S1?.Dispose();
}
