using Harness.Core.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>
/// Every buffer that one micro-batch needs, made once. Letters: B rows, T context, N = B T, D width, F feed-forward units, G = F or 2F rows of
/// the hidden matrix, H heads, V vocabulary, R rows of a piece of the head.
/// </summary>
internal sealed class Workspace : IDisposable
{
    private const long HeadPieceElements = 1 << 19;

    private readonly List<Tensor> _owned = [];

    /// <summary>Buffers for micro-batches of <paramref name="rows"/> sequences.</summary>
    public Workspace(ModelSpec model, int rows, bool training)
    {
        long b = rows, t = model.ContextLength, n = b * t, d = model.ModelDim, f = model.FeedForwardDim, v = model.VocabularySize;
        var g = model.Activation == Activation.SwiGlu ? 2 * f : f;
        Layers = new LayerBuffers[model.LayerCount];
        for (var i = 0; i < Layers.Length; i++)
        {
            // Without a backward pass to serve, all layers share one set.
            Layers[i] = i > 0 && !training
                ? Layers[0]
                : new LayerBuffers(
                    Make(n, d), Make(n, d), Make(n), Make(n), Make(b, t, 3 * d), Make(b, t, d), Make(b, model.HeadCount, t),
                    Make(n, d), Make(n, d), Make(n), Make(n), Make(n, g), Make(n, f));
        }

        Last_ND = Make(n, d);
        Normal_ND = Make(n, d);
        Mean_N = Make(n);
        Deviation_N = Make(n);
        Branch_ND = Make(n, d);
        var pieceRows = Math.Min(n, Math.Max(1, HeadPieceElements / v));
        Logits_RV = Make(pieceRows, v);
        if (training)
        {
            Stream_ND = Make(n, d);
            Wide_NG = Make(n, g);
            Narrow_NF = model.Activation == Activation.SwiGlu ? Make(n, f) : Wide_NG;
            Packed_NT3D = Make(b, t, 3 * d);
        }

        HeadPieces = [.. Pieces(n, pieceRows)];
    }

    /// <summary>Each layer's activations.</summary>
    public LayerBuffers[] Layers { get; }

    /// <summary>The residual stream after the last layer.</summary>
    public Tensor Last_ND { get; }

    /// <summary>Its norm.</summary>
    public Tensor Normal_ND { get; }

    /// <summary>Of the final norm (LayerNorm).</summary>
    public Tensor Mean_N { get; }

    /// <summary>Of the final norm: one over the root.</summary>
    public Tensor Deviation_N { get; }

    /// <summary>A branch's output before it joins the stream; in the backward pass, a branch's gradient.</summary>
    public Tensor Branch_ND { get; }

    /// <summary>Logits of one piece, and then their gradient.</summary>
    public Tensor Logits_RV { get; }

    /// <summary>The gradient by the residual stream.</summary>
    public Tensor Stream_ND { get; } = null!;

    /// <summary>The gradient by the hidden layer.</summary>
    public Tensor Wide_NG { get; } = null!;

    /// <summary>The gradient by the activated layer; the same memory as <see cref="Wide_NG"/> where both have one width.</summary>
    public Tensor Narrow_NF { get; } = null!;

    /// <summary>The gradient by queries, keys and values.</summary>
    public Tensor Packed_NT3D { get; } = null!;

    /// <summary>The head goes through the rows in pieces, so that logits stay in the cache and a large vocabulary needs little memory.</summary>
    public IReadOnlyList<HeadPiece> HeadPieces { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _owned)
        {
            tensor.Dispose();
        }
    }

    private Tensor Make(params long[] shape) => Own(empty(shape, ScalarType.Float32));

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    private IEnumerable<HeadPiece> Pieces(long n, long pieceRows)
    {
        for (long start = 0; start < n; start += pieceRows)
        {
            var count = Math.Min(pieceRows, n - start);
            yield return new HeadPiece(
                start, count, Own(Normal_ND.narrow(0, start, count)), Own(Branch_ND.narrow(0, start, count)), Own(Logits_RV.narrow(0, 0, count)));
        }
    }
}

/// <summary>What one layer's forward pass leaves for its backward pass.</summary>
internal sealed record LayerBuffers(
    Tensor Input_ND, Tensor AttentionNormal_ND, Tensor AttentionMean_N, Tensor AttentionDeviation_N, Tensor Packed_BT3D, Tensor Mixed_BTD, Tensor LogSums_BHT,
    Tensor Middle_ND, Tensor FeedForwardNormal_ND, Tensor FeedForwardMean_N, Tensor FeedForwardDeviation_N, Tensor Hidden_NG, Tensor Activated_NF);

/// <summary>Some rows on their way through the head.</summary>
/// <param name="Start">The first.</param>
/// <param name="Count">How many, R.</param>
/// <param name="Normal_RD">Their final norms.</param>
/// <param name="Gradient_RD">The gradients by those.</param>
/// <param name="Logits_RV">Room for their logits.</param>
internal sealed record HeadPiece(long Start, long Count, Tensor Normal_RD, Tensor Gradient_RD, Tensor Logits_RV);
