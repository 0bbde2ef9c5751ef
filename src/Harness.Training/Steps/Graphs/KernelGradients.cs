using Harness.Core.Models;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// Forward and backward written out for a GPU, of one model or of a stack: matrix products by cuBLAS into buffers made once, everything between them by our own kernels, attention by libtorch's under a
/// small autograd graph of its own. No [N, V] logits, no atomics, no pass over memory that a fused one can save. Held against the plain path by tests, on the kernels' CPU twin.
/// Shapes: N tokens of all members, D width, B rows, T context.
/// </summary>
internal sealed class KernelGradients : IDeviceGradients
{
    private readonly FlatParameters _parameters;
    private readonly ModelSpec _model;
    private readonly DeviceKernels _kernels;
    private readonly bool _ownsKernels;
    private readonly bool _leavesShadow;
    private readonly KernelEmbedding _embedding;
    private readonly KernelAttention _attention;
    private readonly KernelNorms _norms;
    private readonly KernelHead _head;
    private readonly Dictionary<long, KernelBuffers> _buffers = [];
    private readonly Dictionary<string, KernelLayer> _layers = new(StringComparer.Ordinal);

    /// <summary>A path over compiled kernels.</summary>
    /// <param name="parameters">Weights and gradients.</param>
    /// <param name="kernels">Compiled for this model and as many members.</param>
    /// <param name="leavesShadow">Whether the update adds the bf16 gradient to the fp32 one itself, as <see cref="KernelUpdate"/> does; only with one micro-batch a step.</param>
    /// <param name="ownsKernels">Whether the kernels are disposed with this.</param>
    public KernelGradients(FlatParameters parameters, DeviceKernels kernels, bool leavesShadow, bool ownsKernels = false)
    {
        (_parameters, _model, _kernels, _leavesShadow, _ownsKernels) = (parameters, parameters.Layout.Model, kernels, leavesShadow, ownsKernels);
        _embedding = new KernelEmbedding(parameters, kernels);
        _attention = new KernelAttention(_model, kernels, parameters.Device);
        _norms = new KernelNorms(parameters, kernels);
        _head = new KernelHead(parameters, kernels);
    }

    /// <inheritdoc/>
    public string Name => $"{(_parameters.IsStack ? "batched " : "")}fused kernels ({(_kernels.Half ? "bf16" : "fp32")})";

    /// <inheritdoc/>
    public void Accumulate(Tensor inputs_BT, Tensor targets_BT, double share, Tensor loss_S)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var buffers = BuffersFor(inputs_BT.shape[0]);
        var mixed = Forward(buffers, inputs_BT);
        _head.Run(buffers, targets_BT.view(-1), share, loss_S);
        Backward(buffers, mixed, inputs_BT);
        if (!_leavesShadow)
        {
            _parameters.CollectShadowGradients();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in (IEnumerable<IDisposable>)[.. _buffers.Values, .. _layers.Values, _embedding, _attention])
        {
            part.Dispose();
        }

        if (_ownsKernels)
        {
            _kernels.Dispose();
        }
    }

    private KernelBuffers BuffersFor(long rows)
    {
        if (!_buffers.TryGetValue(rows, out var buffers))
        {
            buffers = new KernelBuffers(_model, _kernels.Half, (int)rows, _head.RowsAtOnce, _parameters.Members * _kernels.PartialsFor(1 << 20), _parameters.Device);
            _buffers.Add(rows, buffers);
        }

        return buffers;
    }

    /// <summary>Fills the buffers and returns attention's outputs with their graphs.</summary>
    private Tensor[] Forward(KernelBuffers buffers, Tensor inputs_BT)
    {
        _embedding.Forward(buffers, buffers.Blocks[0].Input_ND, inputs_BT);
        var mixed = new Tensor[buffers.Blocks.Length];
        for (var i = 0; i < mixed.Length; i++)
        {
            var block = buffers.Blocks[i];
            var stream = i == 0 ? block.Input_ND : buffers.Blocks[i - 1].Middle_ND;
            _norms.Forward($"blocks.{i}.attention_norm", stream, i == 0 ? null : buffers.Branch_ND, block.Input_ND, block.AttentionNormal_ND, block.AttentionMean_N, block.AttentionInverse_N);
            Layer($"blocks.{i}.attention.qkv").Multiply(buffers.Packed_N3D, block.AttentionNormal_ND);
            mixed[i] = _attention.Forward(block, buffers);
            using (var flat_ND = KernelAttention.Flat(mixed[i], buffers))
            {
                Layer($"blocks.{i}.attention.output").Multiply(buffers.Branch_ND, flat_ND);
            }

            _norms.Forward($"blocks.{i}.feed_forward_norm", block.Input_ND, buffers.Branch_ND, block.Middle_ND, block.FeedForwardNormal_ND, block.FeedForwardMean_N, block.FeedForwardInverse_N);
            Layer($"blocks.{i}.feed_forward.hidden").Multiply(block.Hidden_NG, block.FeedForwardNormal_ND);
            Activate(block, buffers);
            Layer($"blocks.{i}.feed_forward.output").Multiply(buffers.Branch_ND, block.Activated_NF);
        }

        _norms.Forward("final_norm", buffers.Blocks[^1].Middle_ND, buffers.Branch_ND, buffers.Last_ND, buffers.Normal_ND, buffers.Mean_N, buffers.Inverse_N);
        return mixed;
    }

    private void Backward(KernelBuffers buffers, Tensor[] mixed, Tensor inputs_BT)
    {
        var partial = buffers.PartialGain;
        _norms.Backward("final_norm", buffers, buffers.Last_ND, buffers.Mean_N, buffers.Inverse_N, accumulate: false);
        for (var i = mixed.Length - 1; i >= 0; i--)
        {
            var block = buffers.Blocks[i];
            Layer($"blocks.{i}.feed_forward.output").Backward(partial, buffers.Narrow_NF, buffers.Stream_ND, block.Activated_NF);
            ActivateBackward(block, buffers);
            Layer($"blocks.{i}.feed_forward.hidden").Backward(partial, buffers.Branch_ND, buffers.Wide_NG, block.FeedForwardNormal_ND);
            _norms.Backward($"blocks.{i}.feed_forward_norm", buffers, block.Middle_ND, block.FeedForwardMean_N, block.FeedForwardInverse_N, accumulate: true);

            using (var flat_ND = KernelAttention.Flat(mixed[i], buffers))
            {
                Layer($"blocks.{i}.attention.output").Backward(partial, buffers.Branch_ND, buffers.Stream_ND, flat_ND);
            }

            _attention.Backward(block, buffers, mixed[i]);
            mixed[i].Dispose(); // and with it what its graph kept
            Layer($"blocks.{i}.attention.qkv").Backward(partial, buffers.Branch_ND, buffers.Packed_N3D, block.AttentionNormal_ND);
            _norms.Backward($"blocks.{i}.attention_norm", buffers, block.Input_ND, block.AttentionMean_N, block.AttentionInverse_N, accumulate: true);
        }

        _embedding.Backward(buffers, inputs_BT);
    }

    private void Activate(BlockBuffers block, KernelBuffers buffers)
    {
        var packs = block.Activated_NF.numel() / _kernels.HiddenPack;
        if (_model.Activation == Activation.Gelu)
        {
            _kernels.Activation["gelu_forward"].Launch(_kernels.BlocksFor(packs), DeviceKernels.Wide, block.Activated_NF, block.Hidden_NG, packs);
        }
        else
        {
            _kernels.Activation["swiglu_forward"].Launch(
                _kernels.BlocksFor(packs), DeviceKernels.Wide, block.Activated_NF, block.Hidden_NG, (int)buffers.Tokens, _model.FeedForwardDim);
        }
    }

    private void ActivateBackward(BlockBuffers block, KernelBuffers buffers)
    {
        var packs = block.Activated_NF.numel() / _kernels.HiddenPack;
        if (_model.Activation == Activation.Gelu)
        {
            _kernels.Activation["gelu_backward"].Launch(_kernels.BlocksFor(packs), DeviceKernels.Wide, buffers.Wide_NG, buffers.Narrow_NF, block.Hidden_NG, packs);
        }
        else
        {
            _kernels.Activation["swiglu_backward"].Launch(
                _kernels.BlocksFor(packs), DeviceKernels.Wide, buffers.Wide_NG, buffers.Narrow_NF, block.Hidden_NG, (int)buffers.Tokens, _model.FeedForwardDim);
        }
    }

    private KernelLayer Layer(string name)
    {
        if (!_layers.TryGetValue(name, out var layer))
        {
            _layers.Add(name, layer = new KernelLayer(_parameters, _kernels, name));
        }

        return layer;
    }
}
