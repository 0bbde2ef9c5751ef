using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>A parameter and its gradient, side by side; null where the model has no such parameter.</summary>
/// <param name="Value">In its shape.</param>
/// <param name="Gradient">In the same shape.</param>
internal sealed record Weight(Tensor Value, Tensor Gradient)
{
    /// <summary>The parameter of that name, or null.</summary>
    public static Weight? Find(FlatParameters parameters, string name) =>
        parameters.Find(name) is { } value ? new Weight(value, parameters.GradientOf(name)) : null;

    /// <summary>The parameter of that name.</summary>
    public static Weight Of(FlatParameters parameters, string name) => new(parameters[name], parameters.GradientOf(name));
}

/// <summary>A norm's parameters.</summary>
internal sealed record NormWeights(Weight Gain, Weight? Bias)
{
    /// <summary>Those of a norm by name.</summary>
    public static NormWeights Of(FlatParameters parameters, string name) =>
        new(Weight.Of(parameters, name + ".gain"), Weight.Find(parameters, name + ".bias"));
}

/// <summary>A linear layer's parameters, y = x W^T + b.</summary>
internal sealed record LinearWeights(Weight Matrix, Weight? Bias)
{
    /// <summary>Those of a layer by name.</summary>
    public static LinearWeights Of(FlatParameters parameters, string name) =>
        new(Weight.Of(parameters, name + ".weight"), Weight.Find(parameters, name + ".bias"));
}

/// <summary>A block's parameters.</summary>
internal sealed record BlockWeights(
    NormWeights AttentionNorm, LinearWeights Packed, LinearWeights Output, NormWeights FeedForwardNorm, LinearWeights Hidden, LinearWeights FeedForwardOutput)
{
    /// <summary>Those of block <paramref name="i"/>.</summary>
    public static BlockWeights Of(FlatParameters parameters, int i) => new(
        NormWeights.Of(parameters, $"blocks.{i}.attention_norm"),
        LinearWeights.Of(parameters, $"blocks.{i}.attention.qkv"),
        LinearWeights.Of(parameters, $"blocks.{i}.attention.output"),
        NormWeights.Of(parameters, $"blocks.{i}.feed_forward_norm"),
        LinearWeights.Of(parameters, $"blocks.{i}.feed_forward.hidden"),
        LinearWeights.Of(parameters, $"blocks.{i}.feed_forward.output"));
}
