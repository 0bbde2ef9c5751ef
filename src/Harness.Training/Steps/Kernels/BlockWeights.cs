using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>A parameter and its gradient, side by side.</summary>
/// <param name="Value">In its shape.</param>
/// <param name="Gradient">In the same shape.</param>
internal sealed record Weight(Tensor Value, Tensor Gradient);

/// <summary>A norm's parameters.</summary>
internal sealed record NormWeights(Weight Gain, Weight? Bias)
{
    /// <summary>Those of a norm by name.</summary>
    public static NormWeights Of(GradientTarget target, string name) => new(target.Of(name + ".gain"), target.Find(name + ".bias"));
}

/// <summary>A linear layer's parameters, y = x W^T + b.</summary>
internal sealed record LinearWeights(Weight Matrix, Weight? Bias)
{
    /// <summary>Those of a layer by name.</summary>
    public static LinearWeights Of(GradientTarget target, string name) => new(target.Of(name + ".weight"), target.Find(name + ".bias"));
}

/// <summary>A block's parameters.</summary>
internal sealed record BlockWeights(
    NormWeights AttentionNorm, LinearWeights Packed, LinearWeights Output, NormWeights FeedForwardNorm, LinearWeights Hidden, LinearWeights FeedForwardOutput)
{
    /// <summary>Those of block <paramref name="i"/>.</summary>
    public static BlockWeights Of(GradientTarget target, int i) => new(
        NormWeights.Of(target, $"blocks.{i}.attention_norm"),
        LinearWeights.Of(target, $"blocks.{i}.attention.qkv"),
        LinearWeights.Of(target, $"blocks.{i}.attention.output"),
        NormWeights.Of(target, $"blocks.{i}.feed_forward_norm"),
        LinearWeights.Of(target, $"blocks.{i}.feed_forward.hidden"),
        LinearWeights.Of(target, $"blocks.{i}.feed_forward.output"));
}
