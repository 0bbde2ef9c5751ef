using Harness.Core.Models;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>What the written-out passes need to know of a model: its parameters by place, its constants.</summary>
internal sealed class KernelModel : IDisposable
{
    /// <summary>The model with the gradients of one lane.</summary>
    public KernelModel(ModelSpec spec, GradientTarget target)
    {
        Spec = spec;
        Blocks = [.. Enumerable.Range(0, spec.LayerCount).Select(i => BlockWeights.Of(target, i))];
        Embedding = target.Of("token_embedding.weight");
        Positions = target.Find("position_embedding.weight");
        FinalNorm = NormWeights.Of(target, "final_norm");
        Head = spec.TiedHead ? Embedding : target.Of("head.weight");
        Rotary = spec.Positions == PositionEncoding.Rotary ? new Rotary(spec.ContextLength, spec.HeadDim, ScalarType.Float32, CPU) : null;
        AttentionScale = Transformer.AttentionScale(spec);
        LogitScale = Transformer.LogitScale(spec);
    }

    /// <summary>The model.</summary>
    public ModelSpec Spec { get; }

    /// <summary>Its blocks.</summary>
    public BlockWeights[] Blocks { get; }

    /// <summary>[V, D].</summary>
    public Weight Embedding { get; }

    /// <summary>[T, D]; null under rotary positions.</summary>
    public Weight? Positions { get; }

    /// <summary>Before the head.</summary>
    public NormWeights FinalNorm { get; }

    /// <summary>[V, D]; the embedding where the head is tied.</summary>
    public Weight Head { get; }

    /// <summary>Tables; null under learned positions.</summary>
    public Rotary? Rotary { get; }

    /// <summary>Factor of the attention's scores.</summary>
    public double AttentionScale { get; }

    /// <summary>Factor of the logits.</summary>
    public double LogitScale { get; }

    /// <inheritdoc/>
    public void Dispose() => Rotary?.Dispose();
}
