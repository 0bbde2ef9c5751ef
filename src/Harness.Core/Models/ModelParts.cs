using System.Text.Json.Serialization;

namespace Harness.Core.Models;

/// <summary>How a model learns where a token stands in its context.</summary>
public enum PositionEncoding
{
    /// <summary>One learned vector a position, added to the token's embedding (GPT-2; Radford et al. 2019).</summary>
    [JsonStringEnumMemberName("learned")]
    Learned,

    /// <summary>Rotation of queries and keys by position (Su et al. 2021, arXiv 2104.09864). Needs an even head dimension.</summary>
    [JsonStringEnumMemberName("rotary")]
    Rotary,
}

/// <summary>The normalisation before attention, before the feed-forward block and before the head.</summary>
public enum Normalization
{
    /// <summary>Mean and variance, with a gain, and a bias where the model has biases (Ba et al. 2016, arXiv 1607.06450).</summary>
    [JsonStringEnumMemberName("layer_norm")]
    LayerNorm,

    /// <summary>Root mean square with a gain only (Zhang and Sennrich 2019, arXiv 1910.07467).</summary>
    [JsonStringEnumMemberName("rms_norm")]
    RmsNorm,
}

/// <summary>The non-linearity of the feed-forward block.</summary>
public enum Activation
{
    /// <summary>x * Phi(x) with the exact error function, not the tanh approximation (Hendrycks and Gimpel 2016, arXiv 1606.08415).</summary>
    [JsonStringEnumMemberName("gelu")]
    Gelu,

    /// <summary>silu(x W) * (x V), three matrices instead of two (Shazeer 2020, arXiv 2002.05202).</summary>
    [JsonStringEnumMemberName("swiglu")]
    SwiGlu,
}

/// <summary>
/// Maximal-update parametrisation (Yang et al. 2022, arXiv 2203.03466, table 8): the learning rate found at
/// <see cref="BaseModelDim"/> holds at every width. Matrices get lr * base / d_model, attention logits 1/head_dim, the head's output base / d_model.
/// </summary>
/// <param name="BaseModelDim">The width, in units, at which the learning rate was chosen. At this width nothing changes but the attention scale.</param>
public sealed record MaximalUpdate(int BaseModelDim);
