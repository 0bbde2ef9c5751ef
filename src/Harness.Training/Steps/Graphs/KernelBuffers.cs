using Harness.Core.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>One block's activations that the backward pass reads. N tokens, D width, G inner width of the first feed-forward matrix, F of the second.</summary>
internal sealed class BlockBuffers(KernelBuffers all)
{
    public Tensor Input_ND { get; } = all.Real(all.Tokens, all.Width);

    public Tensor AttentionNormal_ND { get; } = all.Real(all.Tokens, all.Width);

    public Tensor AttentionMean_N { get; } = all.Number(all.Tokens);

    public Tensor AttentionInverse_N { get; } = all.Number(all.Tokens);

    public Tensor Query_BTHE { get; } = all.Heads();

    public Tensor Key_BTHE { get; } = all.Heads();

    public Tensor Value_BTHE { get; } = all.Heads();

    public Tensor Middle_ND { get; } = all.Real(all.Tokens, all.Width);

    public Tensor FeedForwardNormal_ND { get; } = all.Real(all.Tokens, all.Width);

    public Tensor FeedForwardMean_N { get; } = all.Number(all.Tokens);

    public Tensor FeedForwardInverse_N { get; } = all.Number(all.Tokens);

    public Tensor Hidden_NG { get; } = all.Real(all.Tokens, all.Inner);

    public Tensor Activated_NF { get; } = all.Real(all.Tokens, all.Model.FeedForwardDim);
}

/// <summary>Room for one micro-batch's forward and backward pass, made once: a captured step finds its tensors where they were.</summary>
internal sealed class KernelBuffers : IDisposable
{
    private readonly List<Tensor> _all = [];
    private readonly ScalarType _type;
    private readonly Device _device;
    private readonly int _rows;

    /// <summary>Room for <paramref name="rows"/> sequences.</summary>
    public KernelBuffers(ModelSpec model, bool half, int rows, long headRows, int partials, Device device)
    {
        (Model, _type, _device, _rows) = (model, half ? ScalarType.BFloat16 : ScalarType.Float32, device, rows);
        Tokens = (long)rows * model.ContextLength;
        Width = model.ModelDim;
        Inner = (model.Activation == Activation.SwiGlu ? 2 : 1) * model.FeedForwardDim;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Blocks = [.. Enumerable.Range(0, model.LayerCount).Select(_ => new BlockBuffers(this))];
        (Last_ND, Normal_ND, Mean_N, Inverse_N) = (Real(Tokens, Width), Real(Tokens, Width), Number(Tokens), Number(Tokens));
        (Branch_ND, Stream_ND) = (Real(Tokens, Width), Real(Tokens, Width));
        (Packed_N3D, Wide_NG, Narrow_NF) = (Real(Tokens, 3L * Width), Real(Tokens, Inner), Real(Tokens, model.FeedForwardDim));
        HeadRows = Math.Min(headRows, Tokens);
        (Logits_RV, Losses_R) = (Real(HeadRows, model.VocabularySize), Number(HeadRows));
        var columns = Math.Max(3L * Width, Inner);
        (PartialGain, PartialBias) = (Number(partials * columns), Number(partials * (long)Width));
    }

    public ModelSpec Model { get; }

    public long Tokens { get; }

    public int Width { get; }

    public int Inner { get; }

    public BlockBuffers[] Blocks { get; }

    /// <summary>The stream after the last block.</summary>
    public Tensor Last_ND { get; }

    /// <summary>What the head multiplies.</summary>
    public Tensor Normal_ND { get; }

    public Tensor Mean_N { get; }

    public Tensor Inverse_N { get; }

    /// <summary>A branch's output on the way forward, and gradients by a norm's output on the way back.</summary>
    public Tensor Branch_ND { get; }

    /// <summary>The gradient by the residual stream.</summary>
    public Tensor Stream_ND { get; }

    public Tensor Packed_N3D { get; }

    public Tensor Wide_NG { get; }

    public Tensor Narrow_NF { get; }

    /// <summary>Rows of logits at once.</summary>
    public long HeadRows { get; }

    public Tensor Logits_RV { get; }

    public Tensor Losses_R { get; }

    /// <summary>Partial sums of gradients by gains, or by biases of matrices.</summary>
    public Tensor PartialGain { get; }

    /// <summary>Partial sums of gradients by norms' biases.</summary>
    public Tensor PartialBias { get; }

    internal Tensor Real(params long[] shape) => Kept(zeros(shape, _type, _device));

    internal Tensor Number(long count) => Kept(zeros([count], ScalarType.Float32, _device));

    /// <summary>A leaf of the small graph that attention has under autograd.</summary>
    internal Tensor Heads()
    {
        var made = Real(_rows, Model.ContextLength, Model.HeadCount, Model.HeadDim);
        made.requires_grad = true;
        return made;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _all)
        {
            tensor.Dispose();
        }
    }

    private Tensor Kept(Tensor tensor)
    {
        _all.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }
}
