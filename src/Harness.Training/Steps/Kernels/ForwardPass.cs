using Harness.Core.Models;
using Harness.Torch;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>From tokens to the final norm, every intermediate result in the workspace's buffers.</summary>
internal readonly struct ForwardPass(KernelModel model, Workspace buffers)
{
    /// <summary>Runs over one micro-batch of inputs, Int64 [B, T].</summary>
    public void Run(Tensor inputs_BT)
    {
        var first = buffers.Layers[0].Input_ND;
        CpuKernels.EmbeddingForward(first, model.Embedding.Value, model.Positions?.Value, inputs_BT);
        for (var i = 0; i < model.Blocks.Length; i++)
        {
            var (weights, layer) = (model.Blocks[i], buffers.Layers[i]);
            if (i == 0)
            {
                Norm(weights.AttentionNorm, layer.Input_ND, layer.AttentionNormal_ND, layer.AttentionMean_N, layer.AttentionDeviation_N);
            }
            else
            {
                AddAndNorm(weights.AttentionNorm, buffers.Layers[i - 1].Middle_ND, layer.Input_ND, layer.AttentionNormal_ND, layer.AttentionMean_N, layer.AttentionDeviation_N);
            }

            Attention(weights, layer);
            AddAndNorm(weights.FeedForwardNorm, layer.Input_ND, layer.Middle_ND, layer.FeedForwardNormal_ND, layer.FeedForwardMean_N, layer.FeedForwardDeviation_N);
            FeedForward(weights, layer);
        }

        AddAndNorm(model.FinalNorm, buffers.Layers[^1].Middle_ND, buffers.Last_ND, buffers.Normal_ND, buffers.Mean_N, buffers.Deviation_N);
    }

    private void Attention(BlockWeights weights, LayerBuffers layer)
    {
        CpuKernels.Multiply(layer.Packed_BT3D, layer.AttentionNormal_ND, false, weights.Packed.Matrix.Value, true, bias: weights.Packed.Bias?.Value);
        if (model.Rotary is { } rotary)
        {
            CpuKernels.Rotary(layer.Packed_BT3D, rotary.Cos_1T1D, rotary.Sin_1T1D, model.Spec.HeadCount);
        }

        CpuKernels.AttentionForward(layer.Mixed_BTD, layer.LogSums_BHT, layer.Packed_BT3D, model.Spec.HeadCount, model.AttentionScale);
        CpuKernels.Multiply(buffers.Branch_ND, layer.Mixed_BTD, false, weights.Output.Matrix.Value, true, bias: weights.Output.Bias?.Value);
    }

    private void FeedForward(BlockWeights weights, LayerBuffers layer)
    {
        var matrix = weights.Hidden.Matrix.Value;
        var bias = weights.Hidden.Bias?.Value;
        if (model.Spec.Activation == Activation.Gelu)
        {
            CpuKernels.Multiply(layer.Hidden_NG, layer.FeedForwardNormal_ND, false, matrix, true);
            CpuKernels.GeluForward(layer.Activated_NF, layer.Hidden_NG, bias);
        }
        else
        {
            CpuKernels.Multiply(layer.Hidden_NG, layer.FeedForwardNormal_ND, false, matrix, true, bias: bias);
            CpuKernels.SwiGluForward(layer.Activated_NF, layer.Hidden_NG);
        }

        CpuKernels.Multiply(
            buffers.Branch_ND, layer.Activated_NF, false, weights.FeedForwardOutput.Matrix.Value, true, bias: weights.FeedForwardOutput.Bias?.Value);
    }

    private void Norm(NormWeights weights, Tensor x, Tensor y, Tensor mean, Tensor deviation)
    {
        if (model.Spec.Normalization == Normalization.LayerNorm)
        {
            CpuKernels.LayerNormForward(y, mean, deviation, x, weights.Gain.Value, weights.Bias?.Value, Transformer.NormEpsilon);
        }
        else
        {
            CpuKernels.RmsNormForward(y, deviation, x, weights.Gain.Value, Transformer.NormEpsilon);
        }
    }

    /// <summary>The branch joins the stream, and the sum is normalised in the same pass.</summary>
    private void AddAndNorm(NormWeights weights, Tensor stream, Tensor sum, Tensor y, Tensor mean, Tensor deviation)
    {
        if (model.Spec.Normalization == Normalization.LayerNorm)
        {
            CpuKernels.LayerNormForward(
                y, mean, deviation, stream, weights.Gain.Value, weights.Bias?.Value, Transformer.NormEpsilon, buffers.Branch_ND, null, sum);
        }
        else
        {
            CpuKernels.RmsNormForward(y, deviation, stream, weights.Gain.Value, Transformer.NormEpsilon, buffers.Branch_ND, sum);
        }
    }
}
