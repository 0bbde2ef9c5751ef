using Harness.Core.Models;

namespace Harness.Benchmarks;

/// <summary>What is timed.</summary>
internal static class Models
{
    /// <summary>A byte-level GPT-2.</summary>
    public static ModelSpec Gpt2(int layers, int dim, int heads, int context) => new()
    {
        Family = "gpt2",
        LayerCount = layers,
        ModelDim = dim,
        HeadCount = heads,
        FeedForwardDim = 4 * dim,
        ContextLength = context,
        VocabularySize = 256,
        Positions = PositionEncoding.Learned,
        Normalization = Normalization.LayerNorm,
        Activation = Activation.Gelu,
        Biases = true,
        TiedHead = true,
    };
}
