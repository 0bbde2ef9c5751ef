using Harness.Core.Models;
using Harness.Torch;
using Harness.Training.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// Forward and backward written out for a GPU: matrix products by cuBLAS into buffers made once, everything between them by our own kernels, attention by libtorch's under a
/// small autograd graph of its own. No [N, V] logits, no atomics, no pass over memory that a fused one can save. Held against the plain path by tests, on the kernels' CPU twin.
/// Shapes: N tokens, D width, V vocabulary, B rows, T context, H heads, E units a head, R rows of logits at once.
/// </summary>
internal sealed class KernelGradients : IDeviceGradients
{
    private readonly FlatParameters _parameters;
    private readonly ModelSpec _model;
    private readonly DeviceKernels _kernels;
    private readonly bool _ownsKernels;
    private readonly bool _leavesShadow;
    private readonly Tensor? _cos;
    private readonly Tensor? _sin;
    private readonly Tensor? _future_TT;
    private readonly int _partials;
    private readonly Dictionary<long, KernelBuffers> _buffers = [];
    private readonly Dictionary<string, Layer> _layers = new(StringComparer.Ordinal);

    /// <summary>A path over compiled kernels.</summary>
    /// <param name="parameters">Weights and gradients.</param>
    /// <param name="kernels">Compiled for this model.</param>
    /// <param name="leavesShadow">Whether the update adds the bf16 gradient to the fp32 one itself, as <see cref="KernelUpdate"/> does; only with one micro-batch a step.</param>
    /// <param name="ownsKernels">Whether the kernels are disposed with this.</param>
    public KernelGradients(FlatParameters parameters, DeviceKernels kernels, bool leavesShadow, bool ownsKernels = false)
    {
        (_parameters, _model, _kernels, _leavesShadow, _ownsKernels) = (parameters, parameters.Layout.Model, kernels, leavesShadow, ownsKernels);
        _partials = kernels.PartialsFor(1 << 20);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (_model.Positions == PositionEncoding.Rotary)
        {
            var (cos, sin) = Rotary.Table(_model.ContextLength, _model.HeadDim);
            _cos = scope.Detach(tensor(cos).to(ScalarType.Float32, parameters.Device));
            _sin = scope.Detach(tensor(sin).to(ScalarType.Float32, parameters.Device));
        }

        if (parameters.Device.type != DeviceType.CUDA)
        {
            var t = _model.ContextLength;
            _future_TT = scope.Detach(ones(t, t).triu(1).to(ScalarType.Bool));
        }
    }

    /// <inheritdoc/>
    public string Name => $"fused kernels ({(_kernels.Half ? "bf16" : "fp32")})";

    /// <inheritdoc/>
    public void Accumulate(Tensor inputs_BT, Tensor targets_BT, double share, Tensor loss_1)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var buffers = BuffersFor(inputs_BT.shape[0]);
        var mixed = Forward(buffers, inputs_BT);
        Head(buffers, targets_BT.view(-1), share, loss_1);
        Backward(buffers, mixed, inputs_BT);
        if (!_leavesShadow)
        {
            _parameters.CollectShadowGradients();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffers in _buffers.Values)
        {
            buffers.Dispose();
        }

        foreach (var layer in _layers.Values)
        {
            layer.Dispose();
        }

        _cos?.Dispose();
        _sin?.Dispose();
        _future_TT?.Dispose();
        if (_ownsKernels)
        {
            _kernels.Dispose();
        }
    }

    private KernelBuffers BuffersFor(long rows)
    {
        if (!_buffers.TryGetValue(rows, out var buffers))
        {
            // Logits of the whole micro-batch where they fit into the head's budget, in the kernels' type.
            var headRows = Math.Max(1, ChunkedHead.PieceBytes(_parameters.Device) / ((_kernels.Half ? 2L : 4L) * _model.VocabularySize));
            buffers = new KernelBuffers(_model, _kernels.Half, (int)rows, headRows, _partials, _parameters.Device);
            _buffers.Add(rows, buffers);
        }

        return buffers;
    }

    /// <summary>Fills the buffers and returns attention's outputs, [B, H, T, E] each, with their graphs.</summary>
    private Tensor[] Forward(KernelBuffers buffers, Tensor inputs_BT)
    {
        var first = buffers.Blocks[0].Input_ND;
        var table = _parameters["token_embedding.weight"];
        _kernels.Embedding["embedding_forward"].Launch(
            buffers.Tokens, Threads(buffers.Width / _kernels.RowPack), first, table, _parameters.Find("position_embedding.weight"), inputs_BT, _model.ContextLength);
        var mixed = new Tensor[buffers.Blocks.Length];
        for (var i = 0; i < mixed.Length; i++)
        {
            var block = buffers.Blocks[i];
            var stream = i == 0 ? block.Input_ND : buffers.Blocks[i - 1].Middle_ND;
            Norm($"blocks.{i}.attention_norm", stream, i == 0 ? null : buffers.Branch_ND, block.Input_ND, block.AttentionNormal_ND, block.AttentionMean_N, block.AttentionInverse_N);
            var attention = Matrix($"blocks.{i}.attention.qkv");
            attention.Multiply(buffers.Packed_N3D, block.AttentionNormal_ND);
            _kernels.Attention["attention_unpack"].Launch(
                _kernels.BlocksFor(buffers.Tokens * buffers.Width / 2), DeviceKernels.Wide,
                block.Query_BTHE, block.Key_BTHE, block.Value_BTHE, buffers.Packed_N3D, _cos, _sin, (int)buffers.Tokens, _model.ContextLength);
            mixed[i] = Mix(block);
            using (var flat_ND = Flat(mixed[i], buffers)) // a view where attention's kernel writes [B, T, H, E], a copy elsewhere
            {
                Matrix($"blocks.{i}.attention.output").Multiply(buffers.Branch_ND, flat_ND);
            }

            Norm($"blocks.{i}.feed_forward_norm", block.Input_ND, buffers.Branch_ND, block.Middle_ND, block.FeedForwardNormal_ND, block.FeedForwardMean_N, block.FeedForwardInverse_N);
            Matrix($"blocks.{i}.feed_forward.hidden").Multiply(block.Hidden_NG, block.FeedForwardNormal_ND);
            Activate(block, buffers);
            Matrix($"blocks.{i}.feed_forward.output").Multiply(buffers.Branch_ND, block.Activated_NF);
        }

        Norm("final_norm", buffers.Blocks[^1].Middle_ND, buffers.Branch_ND, buffers.Last_ND, buffers.Normal_ND, buffers.Mean_N, buffers.Inverse_N);
        return mixed;
    }

    /// <summary>Loss, the gradient by the head's weights, and into <c>Branch_ND</c> that by the last norm's output.</summary>
    private void Head(KernelBuffers buffers, Tensor targets_N, double share, Tensor loss_1)
    {
        var slot = _parameters.Layout[_model.TiedHead ? "token_embedding.weight" : "head.weight"];
        var weight_VD = _parameters[slot.Name].detach();
        var flat_VD = _parameters.Gradients.narrow(0, slot.Offset, slot.Length).view(slot.Shape);
        var scale = Transformer.LogitScale(_model);
        for (long at = 0; at < buffers.Tokens; at += buffers.HeadRows)
        {
            using var piece = NewDisposeScope();
            var rows = Math.Min(buffers.HeadRows, buffers.Tokens - at);
            var h_RD = buffers.Normal_ND.narrow(0, at, rows);
            var logits_RV = buffers.Logits_RV.narrow(0, 0, rows);
            var losses_R = buffers.Losses_R.narrow(0, 0, rows);
            TorchExtensions.AddMatmulInto(logits_RV, logits_RV, h_RD, weight_VD.t(), beta: 0, alpha: scale);
            _kernels.CrossEntropy["cross_entropy"].Launch(
                rows, Threads(_model.VocabularySize / _kernels.VocabularyPack), losses_R, logits_RV, targets_N.narrow(0, at, rows), _model.VocabularySize,
                (float)(share * scale / buffers.Tokens), 1);
            loss_1.add_(losses_R.sum(), share / buffers.Tokens);
            TorchExtensions.MatmulInto(buffers.Branch_ND.narrow(0, at, rows), logits_RV, weight_VD);
            if (_kernels.Half)
            {
                flat_VD.add_(logits_RV.t().matmul(h_RD)); // pieces are added up in fp32
            }
            else
            {
                flat_VD.addmm_(logits_RV.t(), h_RD);
            }
        }
    }

    private void Backward(KernelBuffers buffers, Tensor[] mixed, Tensor inputs_BT)
    {
        NormBackward("final_norm", buffers, buffers.Last_ND, buffers.Mean_N, buffers.Inverse_N, accumulate: false);
        for (var i = mixed.Length - 1; i >= 0; i--)
        {
            var block = buffers.Blocks[i];
            Matrix($"blocks.{i}.feed_forward.output").Backward(this, buffers, buffers.Narrow_NF, buffers.Stream_ND, block.Activated_NF);
            ActivateBackward(block, buffers);
            Matrix($"blocks.{i}.feed_forward.hidden").Backward(this, buffers, buffers.Branch_ND, buffers.Wide_NG, block.FeedForwardNormal_ND);
            NormBackward($"blocks.{i}.feed_forward_norm", buffers, block.Middle_ND, block.FeedForwardMean_N, block.FeedForwardInverse_N, accumulate: true);

            using (var flat_ND = Flat(mixed[i], buffers))
            {
                Matrix($"blocks.{i}.attention.output").Backward(this, buffers, buffers.Branch_ND, buffers.Stream_ND, flat_ND);
            }

            MixBackward(block, buffers, mixed[i]);
            mixed[i].Dispose(); // and with it what its graph kept
            Matrix($"blocks.{i}.attention.qkv").Backward(this, buffers, buffers.Branch_ND, buffers.Packed_N3D, block.AttentionNormal_ND);
            NormBackward($"blocks.{i}.attention_norm", buffers, block.Input_ND, block.AttentionMean_N, block.AttentionInverse_N, accumulate: true);
        }

        var (sorted_N, from_N) = TorchExtensions.SortStable(inputs_BT.view(-1));
        var packs = buffers.Width / _kernels.RowPack;
        _kernels.Embedding["embedding_backward"].LaunchGrid(
            _model.VocabularySize, DeviceKernels.Blocks(packs, 32), DeviceKernels.Rows,
            _parameters.GradientOf("token_embedding.weight"), buffers.Stream_ND, sorted_N, from_N, (int)buffers.Tokens);
        if (_parameters.FindGradient("position_embedding.weight") is { } positions)
        {
            _kernels.Embedding["position_backward"].Launch(_model.ContextLength, Threads(packs), positions, buffers.Stream_ND, (int)inputs_BT.shape[0], _model.ContextLength);
        }
    }

    private Tensor Mix(BlockBuffers block)
    {
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

    /// <summary>From the gradient by attention's output in <c>Branch_ND</c> to the one by the packed projection in <c>Packed_N3D</c>.</summary>
    private void MixBackward(BlockBuffers block, KernelBuffers buffers, Tensor mixed_BHTE)
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

    /// <summary>The branch, where there is one, joins the stream; the sum is kept and normalised.</summary>
    private void Norm(string name, Tensor stream_ND, Tensor? branch_ND, Tensor sum_ND, Tensor y_ND, Tensor mean_N, Tensor inverse_N) =>
        _kernels.Norm["add_norm_forward"].Launch(
            DeviceKernels.Blocks(y_ND.shape[0], DeviceKernels.Rows / 32), DeviceKernels.Rows, sum_ND, y_ND, mean_N, inverse_N, stream_ND, branch_ND,
            _parameters[name + ".gain"], _parameters.Find(name + ".bias"), (int)y_ND.shape[0], (float)Transformer.NormEpsilon);

    /// <summary>From the gradient by the norm's output in <c>Branch_ND</c> to the one by the stream in <c>Stream_ND</c>.</summary>
    private void NormBackward(string name, KernelBuffers buffers, Tensor x_ND, Tensor mean_N, Tensor inverse_N, bool accumulate)
    {
        var bias = _parameters.FindGradient(name + ".bias");
        var partials = _kernels.PartialsFor(buffers.Tokens);
        _kernels.Norm["add_norm_backward"].Launch(
            partials, DeviceKernels.Rows, buffers.Stream_ND, buffers.Branch_ND, x_ND, mean_N, inverse_N, _parameters[name + ".gain"],
            buffers.PartialGain, bias is null ? null : buffers.PartialBias, (int)buffers.Tokens, accumulate ? 1 : 0);
        _kernels.Norm["add_norm_parameters"].Launch(
            DeviceKernels.Blocks(buffers.Width), DeviceKernels.Wide, _parameters.GradientOf(name + ".gain"), bias, buffers.PartialGain, buffers.PartialBias, partials);
    }

    private static Tensor Flat(Tensor mixed_BHTE, KernelBuffers buffers) => mixed_BHTE.detach().transpose(1, 2).reshape(buffers.Tokens, buffers.Width);

    private Layer Matrix(string name)
    {
        if (!_layers.TryGetValue(name, out var layer))
        {
            _layers.Add(name, layer = new Layer(_parameters, name));
        }

        return layer;
    }

    /// <summary>Threads for a row of packs: whole warps, at most <see cref="DeviceKernels.Wide"/>.</summary>
    private static int Threads(int packs) => Math.Clamp((packs + 31) / 32 * 32, 32, DeviceKernels.Wide);

    /// <summary>A linear layer's weights and gradients, out of autograd's sight.</summary>
    private sealed class Layer : IDisposable
    {
        private readonly Tensor _weight_OI;
        private readonly Tensor _weight_IO;
        private readonly Tensor? _bias_O;
        private readonly Tensor _weightGradient_OI;
        private readonly Tensor? _biasGradient_O;

        public Layer(FlatParameters parameters, string name)
        {
            _weight_OI = parameters[name + ".weight"].detach().DetachFromDisposeScope();
            _weight_IO = _weight_OI.t().DetachFromDisposeScope();
            _bias_O = parameters.Find(name + ".bias")?.detach().DetachFromDisposeScope();
            _weightGradient_OI = parameters.GradientOf(name + ".weight");
            _biasGradient_O = parameters.FindGradient(name + ".bias");
        }

        /// <summary>y = x W^T + b.</summary>
        public void Multiply(Tensor y_NO, Tensor x_NI)
        {
            if (_bias_O is null)
            {
                TorchExtensions.MatmulInto(y_NO, x_NI, _weight_IO);
            }
            else
            {
                TorchExtensions.AddMatmulInto(y_NO, _bias_O, x_NI, _weight_IO);
            }
        }

        /// <summary>Adds the gradients by matrix and bias, and sets the one by the input.</summary>
        public void Backward(KernelGradients path, KernelBuffers buffers, Tensor dx_NI, Tensor dy_NO, Tensor x_NI)
        {
            using var dy_ON = dy_NO.t();
            TorchExtensions.AddMatmulInto(_weightGradient_OI, _weightGradient_OI, dy_ON, x_NI);
            if (_biasGradient_O is not null)
            {
                var columns = (int)dy_NO.shape[1];
                var partials = path._kernels.PartialsFor(buffers.Tokens);
                path._kernels.Activation["bias_partial"].LaunchGrid(
                    DeviceKernels.Blocks(columns), partials, DeviceKernels.Wide, buffers.PartialGain, dy_NO, (int)buffers.Tokens, columns);
                path._kernels.Activation["bias_finish"].Launch(DeviceKernels.Blocks(columns), DeviceKernels.Wide, _biasGradient_O, buffers.PartialGain, partials, columns);
            }

            TorchExtensions.MatmulInto(dx_NI, dy_NO, _weight_OI);
        }

        public void Dispose()
        {
            _weight_OI.Dispose();
            _weight_IO.Dispose();
            _bias_O?.Dispose();
        }
    }
}
