using Harness.Core.Models;
using Harness.Torch;
using Harness.Training.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// Attention between a block's two products: our kernels turn the packed projection into queries, keys and values (rotated where the model says so) and their gradients back; the mixing is libtorch's,
/// under a small autograd graph of its own. Shapes: B rows of all members, T context, H heads, E units a head.
/// </summary>
internal sealed class KernelAttention : IDisposable
{
    private readonly ModelSpec _model;
    private readonly DeviceKernels _kernels;
    private readonly Tensor? _cos;
    private readonly Tensor? _sin;
    private readonly Tensor? _future_TT;

    /// <summary>For a model on a device; the mask is for the CPU, where libtorch's fused attention isn't.</summary>
    public KernelAttention(ModelSpec model, DeviceKernels kernels, Device device)
    {
        (_model, _kernels) = (model, kernels);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (model.Positions == PositionEncoding.Rotary)
        {
            var (cos, sin) = Rotary.Table(model.ContextLength, model.HeadDim);
            _cos = scope.Detach(tensor(cos).to(ScalarType.Float32, device));
            _sin = scope.Detach(tensor(sin).to(ScalarType.Float32, device));
        }

        if (device.type != DeviceType.CUDA)
        {
            var t = model.ContextLength;
            _future_TT = scope.Detach(ones(t, t).triu(1).to(ScalarType.Bool));
        }
    }

    /// <summary>From the packed projection in <c>Packed_N3D</c> to attention's output, [B, H, T, E], with its graph.</summary>
    public Tensor Forward(BlockBuffers block, KernelBuffers buffers)
    {
        _kernels.Attention["attention_unpack"].Launch(
            _kernels.BlocksFor(buffers.Tokens * buffers.Width / 2), DeviceKernels.Wide,
            block.Query_BTHE, block.Key_BTHE, block.Value_BTHE, buffers.Packed_N3D, _cos, _sin, (int)buffers.Tokens, _model.ContextLength);
        using var recorded = enable_grad();
        var (q, k, v) = (block.Query_BTHE.transpose(1, 2), block.Key_BTHE.transpose(1, 2), block.Value_BTHE.transpose(1, 2));
        var scale = Transformer.AttentionScale(_model);
        if (_future_TT is null)
        {
            return TorchExtensions.Attention(q, k, v, causal: true, scale);
        }

        var scores_BHTT = (q * scale).matmul(k.transpose(2, 3)).to(ScalarType.Float32);
        return scores_BHTT.masked_fill(_future_TT, double.NegativeInfinity).softmax(3).to(v.dtype).matmul(v);
    }

    /// <summary>Attention's output as rows: a view where its kernel writes [B, T, H, E], a copy elsewhere.</summary>
    public static Tensor Flat(Tensor mixed_BHTE, KernelBuffers buffers) => mixed_BHTE.detach().transpose(1, 2).reshape(buffers.Tokens, buffers.Width);

    /// <summary>From the gradient by attention's output in <c>Branch_ND</c> to the one by the packed projection in <c>Packed_N3D</c>.</summary>
    public void Backward(BlockBuffers block, KernelBuffers buffers, Tensor mixed_BHTE)
    {
        Tensor[] leaves = [block.Query_BTHE, block.Key_BTHE, block.Value_BTHE];
        foreach (var leaf in leaves)
        {
            leaf.grad = null; // so that the new gradient takes its place instead of being added
        }

        using var inner = NewDisposeScope();
        mixed_BHTE.backward([buffers.Branch_ND.view(block.Query_BTHE.shape).transpose(1, 2)]);
        var gradients = Array.ConvertAll(leaves, leaf => leaf.grad!.contiguous());
        _kernels.Attention["attention_pack"].Launch(
            _kernels.BlocksFor(buffers.Tokens * buffers.Width / 2), DeviceKernels.Wide,
            buffers.Packed_N3D, gradients[0], gradients[1], gradients[2], _cos, _sin, (int)buffers.Tokens, _model.ContextLength);
        foreach (var leaf in leaves)
        {
            leaf.grad = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cos?.Dispose();
        _sin?.Dispose();
        _future_TT?.Dispose();
    }
}
