using Harness.Core.Models;
using Harness.Torch;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Harness.Training.Models;

/// <summary>
/// The decoder-only transformer of <see cref="ModelSpec"/>, as tensor operations that autograd records: pre-norm blocks of causal attention and a
/// feed-forward layer. The plain path: every faster one is held against it.
/// <para>Shapes: B rows, T context, D width, H heads, E units a head, F feed-forward units, V vocabulary.</para>
/// <para>
/// A stack of S models is the same code: the rows of all members follow one another (B is then S times a member's rows), and where weights come in,
/// those of one member meet that member's rows only (<see cref="StackedOps"/>). Members never mix, so a NaN stays in its own.
/// </para>
/// </summary>
internal sealed class Transformer : IDisposable
{
    /// <summary>Added to the variance (or mean square) under the root; PyTorch's and Llama's default.</summary>
    public const double NormEpsilon = 1e-5;

    private readonly ModelSpec _model;
    private readonly FlatParameters _parameters;
    private readonly int _members;
    private readonly bool _isStack;
    private readonly Rotary? _rotary;
    private readonly Tensor _future_TT;
    private readonly Tensor _positions_T;

    /// <summary>The model over given parameters.</summary>
    public Transformer(FlatParameters parameters)
    {
        _parameters = parameters;
        (_members, _isStack) = (parameters.Members, parameters.IsStack);
        _model = parameters.Layout.Model;
        var type = parameters.Shadow is null ? ScalarType.Float32 : ScalarType.BFloat16;
        if (_model.Positions == PositionEncoding.Rotary)
        {
            _rotary = new Rotary(_model.ContextLength, _model.HeadDim, type, parameters.Device);
        }

        using var scope = NewDisposeScope();
        var t = _model.ContextLength;
        _positions_T = scope.Detach(arange(0, t, dtype: ScalarType.Int64, device: parameters.Device));
        _future_TT = scope.Detach(ones(t, t, dtype: ScalarType.Float32, device: parameters.Device).triu(1).to(ScalarType.Bool));
    }

    /// <summary>1/sqrt(head_dim), or 1/head_dim under muP (Yang et al. 2022, definition 4.1).</summary>
    public static double AttentionScale(ModelSpec model) => model.MaximalUpdate is null ? 1 / Math.Sqrt(model.HeadDim) : 1.0 / model.HeadDim;

    /// <summary>1, or base / d_model under muP (table 8).</summary>
    public static double LogitScale(ModelSpec model) => model.MaximalUpdate is { } mup ? mup.BaseModelDim / (double)model.ModelDim : 1;

    /// <summary>Mean cross-entropy, nats a token; one element, or [S] of a stack, fp32.</summary>
    /// <param name="inputs_BT">Int64.</param>
    /// <param name="targets_BT">Int64.</param>
    public Tensor Loss(Tensor inputs_BT, Tensor targets_BT)
    {
        var logits = Logits(inputs_BT).reshape(-1, _model.VocabularySize).to(ScalarType.Float32);
        var targets = targets_BT.reshape(-1);
        return !_isStack
            ? functional.cross_entropy(logits, targets)
            : functional.cross_entropy(logits, targets, reduction: Reduction.None).view(_members, -1).mean([1]);
    }

    /// <summary>[B, T] tokens -> [B, T, V] logits.</summary>
    public Tensor Logits(Tensor inputs_BT)
    {
        var hidden_BTD = Hidden(inputs_BT);
        var head = _parameters[_model.TiedHead ? "token_embedding.weight" : "head.weight"];
        var logits = _isStack ? StackedOps.Linear(hidden_BTD, head, null) : functional.linear(hidden_BTD, head);
        return _model.MaximalUpdate is null ? logits : logits * LogitScale(_model);
    }

    /// <summary>[B, T] tokens -> [B, T, D]: the normalised residual stream, which the head multiplies.</summary>
    public Tensor Hidden(Tensor inputs_BT)
    {
        var x_BTD = Embed(inputs_BT);

        for (var i = 0; i < _model.LayerCount; i++)
        {
            x_BTD += Attention(Norm(x_BTD, $"blocks.{i}.attention_norm"), $"blocks.{i}.attention");
            x_BTD += FeedForward(Norm(x_BTD, $"blocks.{i}.feed_forward_norm"), $"blocks.{i}.feed_forward");
        }

        return Norm(x_BTD, "final_norm");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rotary?.Dispose();
        _future_TT.Dispose();
        _positions_T.Dispose();
    }

    private Tensor Embed(Tensor inputs_BT)
    {
        var table = _parameters["token_embedding.weight"];
        var positions = _parameters.Find("position_embedding.weight");
        if (_isStack)
        {
            return StackedOps.Embedding(table, positions, inputs_BT);
        }

        var x_BTD = TorchExtensions.Embedding(table, inputs_BT);
        return positions is null ? x_BTD : x_BTD + TorchExtensions.Embedding(positions, _positions_T);
    }

    private Tensor Attention(Tensor x_BTD, string name)
    {
        long b = x_BTD.shape[0], t = x_BTD.shape[1], heads = _model.HeadCount, e = _model.HeadDim;
        var qkv = Linear(x_BTD, name + ".qkv").view(b, t, 3, heads, e);
        var q_BTHE = qkv.select(2, 0);
        var k_BTHE = qkv.select(2, 1);
        var v_BHTE = qkv.select(2, 2).transpose(1, 2);
        if (_rotary is not null)
        {
            q_BTHE = _rotary.Apply(q_BTHE);
            k_BTHE = _rotary.Apply(k_BTHE);
        }

        var y_BHTE = Mix(q_BTHE.transpose(1, 2), k_BTHE.transpose(1, 2), v_BHTE);
        return Linear(y_BHTE.transpose(1, 2).reshape(b, t, heads * e), name + ".output");
    }

    private Tensor Mix(Tensor q_BHTE, Tensor k_BHTE, Tensor v_BHTE)
    {
        var scale = AttentionScale(_model);
        if (q_BHTE.device_type == DeviceType.CUDA)
        {
            var rescaled = _model.MaximalUpdate is null ? q_BHTE : q_BHTE * (scale * Math.Sqrt(_model.HeadDim)); // it divides by sqrt(head_dim)
            return functional.scaled_dot_product_attention(rescaled, k_BHTE, v_BHTE, is_casual: true);
        }

        var scores_BHTT = (q_BHTE * scale).matmul(k_BHTE.transpose(2, 3)).to(ScalarType.Float32);
        return scores_BHTT.masked_fill(_future_TT, double.NegativeInfinity).softmax(3).to(v_BHTE.dtype).matmul(v_BHTE);
    }

    private Tensor FeedForward(Tensor x_BTD, string name)
    {
        var hidden = Linear(x_BTD, name + ".hidden");
        if (_model.Activation == Activation.Gelu)
        {
            return Linear(functional.gelu(hidden), name + ".output");
        }

        var gate_BTF = hidden.narrow(2, 0, _model.FeedForwardDim);
        var value_BTF = hidden.narrow(2, _model.FeedForwardDim, _model.FeedForwardDim);
        return Linear(functional.silu(gate_BTF) * value_BTF, name + ".output");
    }

    private Tensor Linear(Tensor x, string name)
    {
        var (weight, bias) = (_parameters[name + ".weight"], _parameters.Find(name + ".bias"));
        return _isStack ? StackedOps.Linear(x, weight, bias) : functional.linear(x, weight, bias);
    }

    private Tensor Norm(Tensor x_BTD, string name)
    {
        var x = x_BTD.to(ScalarType.Float32);
        var gain = _parameters[name + ".gain"].to(ScalarType.Float32);
        var bias = _parameters.Find(name + ".bias")?.to(ScalarType.Float32);
        var layerNorm = _model.Normalization == Normalization.LayerNorm;
        if (!_isStack && layerNorm)
        {
            return functional.layer_norm(x, [_model.ModelDim], gain, bias, NormEpsilon).to(x_BTD.dtype);
        }

        var y = layerNorm
            ? functional.layer_norm(x, [_model.ModelDim], null, null, NormEpsilon)
            : x * (x.square().mean([-1], true) + NormEpsilon).rsqrt();
        return (_isStack ? StackedOps.Affine(y, gain, bias) : y * gain).to(x_BTD.dtype);
    }
}
