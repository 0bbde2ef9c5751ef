using System.Text.Json.Serialization;

namespace Harness.Core.Models;

/// <summary>
/// A decoder-only transformer, complete: two equal specs describe the same computation. Pre-norm blocks,
/// attention with <see cref="HeadCount"/> heads of d_model / n_head units, then a feed-forward block.
/// </summary>
public sealed record ModelSpec
{
    /// <summary>The preset that the parts came from, <c>gpt2</c> or <c>llama</c>; a label, since every part stands in the spec.</summary>
    public required string Family { get; init; }

    /// <summary>Number of blocks, n_layer, at least 1.</summary>
    [JsonPropertyName("n_layer")]
    public required int LayerCount { get; init; }

    /// <summary>Width of the residual stream, d_model, a multiple of <see cref="HeadCount"/>.</summary>
    [JsonPropertyName("d_model")]
    public required int ModelDim { get; init; }

    /// <summary>Attention heads a block, n_head.</summary>
    [JsonPropertyName("n_head")]
    public required int HeadCount { get; init; }

    /// <summary>Hidden units of the feed-forward block, d_ff.</summary>
    [JsonPropertyName("d_ff")]
    public required int FeedForwardDim { get; init; }

    /// <summary>Tokens a sequence, n_ctx.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Distinct tokens, n_vocab: 256 for bytes, 50257 for GPT-2's BPE.</summary>
    [JsonPropertyName("vocab_size")]
    public required int VocabularySize { get; init; }

    /// <summary>How positions enter.</summary>
    public required PositionEncoding Positions { get; init; }

    /// <summary>Which normalisation the blocks use.</summary>
    public required Normalization Normalization { get; init; }

    /// <summary>The feed-forward block's non-linearity.</summary>
    public required Activation Activation { get; init; }

    /// <summary>Whether linear layers and LayerNorm carry biases.</summary>
    public required bool Biases { get; init; }

    /// <summary>Whether the head is the token embedding's transpose.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Width-independent parametrisation, or null for the standard one.</summary>
    [JsonPropertyName("mup")]
    public MaximalUpdate? MaximalUpdate { get; init; }

    /// <summary>Units a head, d_model / n_head.</summary>
    [JsonIgnore]
    public int HeadDim => ModelDim / HeadCount;
}
