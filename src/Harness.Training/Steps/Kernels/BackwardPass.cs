using Harness.Core.Models;
using Harness.Torch;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>From the gradient by the final norm's output, in <c>Branch_ND</c>, to those of all parameters below it.</summary>
internal readonly struct BackwardPass(KernelModel model, Workspace buffers)
{
    /// <summary>Runs over one micro-batch of inputs, Int64 [B, T].</summary>
    public void Run(Tensor inputs_BT)
    {
        NormBackward(model.FinalNorm, buffers.Last_ND, buffers.Mean_N, buffers.Deviation_N, accumulate: false);
        for (var i = model.Blocks.Length - 1; i >= 0; i--)
        {
            var (weights, layer) = (model.Blocks[i], buffers.Layers[i]);
            FeedForward(weights, layer);
            NormBackward(weights.FeedForwardNorm, layer.Middle_ND, layer.FeedForwardMean_N, layer.FeedForwardDeviation_N, accumulate: true);
            Attention(weights, layer);
            NormBackward(weights.AttentionNorm, layer.Input_ND, layer.AttentionMean_N, layer.AttentionDeviation_N, accumulate: true);
        }

        CpuKernels.EmbeddingBackward(model.Embedding.Gradient, model.Positions?.Gradient, buffers.Stream_ND, inputs_BT);
    }

    private void FeedForward(BlockWeights weights, LayerBuffers layer)
    {
        Linear(weights.FeedForwardOutput, buffers.Stream_ND, layer.Activated_NF, buffers.Narrow_NF);
        if (model.Spec.Activation == Activation.Gelu)
        {
            CpuKernels.GeluBackward(buffers.Wide_NG, weights.Hidden.Bias?.Gradient, buffers.Narrow_NF, layer.Hidden_NG, weights.Hidden.Bias?.Value);
            Linear(weights.Hidden with { Bias = null }, buffers.Wide_NG, layer.FeedForwardNormal_ND, buffers.Branch_ND);
        }
        else
        {
            CpuKernels.SwiGluBackward(buffers.Wide_NG, buffers.Narrow_NF, layer.Hidden_NG);
            Linear(weights.Hidden, buffers.Wide_NG, layer.FeedForwardNormal_ND, buffers.Branch_ND);
        }
    }

    private void Attention(BlockWeights weights, LayerBuffers layer)
    {
        Linear(weights.Output, buffers.Stream_ND, layer.Mixed_BTD, buffers.Branch_ND);
        CpuKernels.AttentionBackward(
            buffers.Packed_NT3D, buffers.Branch_ND, layer.Mixed_BTD, layer.LogSums_BHT, layer.Packed_BT3D, model.Spec.HeadCount, model.AttentionScale);
        if (model.Rotary is { } rotary)
        {
            CpuKernels.Rotary(buffers.Packed_NT3D, rotary.Cos_1T1D, rotary.Sin_1T1D, model.Spec.HeadCount, inverse: true);
        }

        Linear(weights.Packed, buffers.Packed_NT3D, layer.AttentionNormal_ND, buffers.Branch_ND);
    }

    /// <summary>Adds the gradients by matrix and bias, and sets the one by the input.</summary>
    private static void Linear(LinearWeights weights, Tensor dy, Tensor x, Tensor dx)
    {
        CpuKernels.Multiply(weights.Matrix.Gradient, dy, true, x, false, accumulate: true);
        if (weights.Bias is { } bias)
        {
            CpuKernels.AddColumnSums(bias.Gradient, dy);
        }

        CpuKernels.Multiply(dx, dy, false, weights.Matrix.Value, false);
    }

    /// <summary>From the gradient in <c>Branch_ND</c> to the one by the stream.</summary>
    private void NormBackward(NormWeights weights, Tensor x, Tensor mean, Tensor deviation, bool accumulate)
    {
        if (model.Spec.Normalization == Normalization.LayerNorm)
        {
            CpuKernels.LayerNormBackward(
                buffers.Stream_ND, weights.Gain.Gradient, weights.Bias?.Gradient, buffers.Branch_ND, x, mean, deviation, weights.Gain.Value, accumulate);
        }
        else
        {
            CpuKernels.RmsNormBackward(buffers.Stream_ND, weights.Gain.Gradient, buffers.Branch_ND, x, deviation, weights.Gain.Value, accumulate);
        }
    }
}
