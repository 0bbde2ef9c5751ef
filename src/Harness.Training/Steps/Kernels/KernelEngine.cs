using Harness.Core.Models;
using Harness.Torch;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>
/// The fast path on a CPU, fp32: forward and backward written out over fused kernels and buffers made once. No autograd, no allocation in a step,
/// no [T, T] matrix. Held against the plain path by tests.
/// </summary>
internal sealed class KernelEngine : IGradientEngine
{
    private readonly ModelSpec _model;
    private readonly BlockWeights[] _blocks;
    private readonly Weight _embedding;
    private readonly Weight? _positions;
    private readonly NormWeights _finalNorm;
    private readonly Weight _head;
    private readonly Rotary? _rotary;
    private readonly double _attentionScale;
    private readonly double _logitScale;
    private readonly Dictionary<(long Rows, bool Training), Workspace> _workspaces = [];

    /// <summary>An engine over fp32 parameters on the CPU.</summary>
    public KernelEngine(FlatParameters parameters)
    {
        _model = parameters.Layout.Model;
        _blocks = [.. Enumerable.Range(0, _model.LayerCount).Select(i => BlockWeights.Of(parameters, i))];
        _embedding = Weight.Of(parameters, "token_embedding.weight");
        _positions = Weight.Find(parameters, "position_embedding.weight");
        _finalNorm = NormWeights.Of(parameters, "final_norm");
        _head = _model.TiedHead ? _embedding : Weight.Of(parameters, "head.weight");
        _rotary = _model.Positions == PositionEncoding.Rotary ? new Rotary(_model.ContextLength, _model.HeadDim, ScalarType.Float32, CPU) : null;
        _attentionScale = Transformer.AttentionScale(_model);
        _logitScale = Transformer.LogitScale(_model);
    }

    /// <inheritdoc/>
    public string Name => $"CPU kernels (level {CpuKernels.InstructionLevel})";

    /// <inheritdoc/>
    public double Accumulate(Tensor inputs_BT, Tensor targets_BT, double share)
    {
        var buffers = BuffersFor(inputs_BT.size(0), training: true);
        var forward = new ForwardPass(this, buffers);
        forward.Run(inputs_BT);
        var loss = Head(buffers, targets_BT, share);
        new BackwardPass(this, buffers).Run(inputs_BT);
        return loss;
    }

    /// <inheritdoc/>
    public double Evaluate(Tensor inputs_BT, Tensor targets_BT)
    {
        var buffers = BuffersFor(inputs_BT.size(0), training: false);
        new ForwardPass(this, buffers).Run(inputs_BT);
        return Head(buffers, targets_BT, null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var workspace in _workspaces.Values)
        {
            workspace.Dispose();
        }

        _rotary?.Dispose();
    }

    private Workspace BuffersFor(long rows, bool training)
    {
        // A training workspace serves an evaluation of the same size too.
        if (_workspaces.TryGetValue((rows, true), out var buffers) || _workspaces.TryGetValue((rows, training), out buffers))
        {
            return buffers;
        }

        buffers = new Workspace(_model, (int)rows, training);
        _workspaces.Add((rows, training), buffers);
        return buffers;
    }

    /// <summary>Mean loss; with a share, also the gradients of the head's weights and, in <c>Branch_ND</c>, of the final norm's output.</summary>
    private double Head(Workspace buffers, Tensor targets_BT, double? share)
    {
        long n = targets_BT.numel();
        using var targets_N = targets_BT.view(-1);
        double sum = 0;
        foreach (var piece in buffers.HeadPieces)
        {
            using var targets = targets_N.narrow(0, piece.Start, piece.Count);
            CpuKernels.Multiply(piece.Logits_RV, piece.Normal_RD, false, _head.Value, true, alpha: _logitScale);
            sum += CpuKernels.CrossEntropy(null, piece.Logits_RV, targets, share * _logitScale / n);
            if (share is not null)
            {
                CpuKernels.Multiply(piece.Gradient_RD, piece.Logits_RV, false, _head.Value, false);
                CpuKernels.Multiply(_head.Gradient, piece.Logits_RV, true, piece.Normal_RD, false, accumulate: true);
            }
        }

        return sum / n;
    }

    private readonly struct ForwardPass(KernelEngine engine, Workspace buffers)
    {
        public void Run(Tensor inputs_BT)
        {
            var first = buffers.Layers[0].Input_ND;
            CpuKernels.EmbeddingForward(first, engine._embedding.Value, engine._positions?.Value, inputs_BT);
            for (var i = 0; i < engine._blocks.Length; i++)
            {
                var (weights, layer) = (engine._blocks[i], buffers.Layers[i]);
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

            AddAndNorm(engine._finalNorm, buffers.Layers[^1].Middle_ND, buffers.Last_ND, buffers.Normal_ND, buffers.Mean_N, buffers.Deviation_N);
        }

        private void Attention(BlockWeights weights, LayerBuffers layer)
        {
            CpuKernels.Multiply(layer.Packed_BT3D, layer.AttentionNormal_ND, false, weights.Packed.Matrix.Value, true, bias: weights.Packed.Bias?.Value);
            if (engine._rotary is { } rotary)
            {
                CpuKernels.Rotary(layer.Packed_BT3D, rotary.Cos_1T1D, rotary.Sin_1T1D, engine._model.HeadCount);
            }

            CpuKernels.AttentionForward(layer.Mixed_BTD, layer.LogSums_BHT, layer.Packed_BT3D, engine._model.HeadCount, engine._attentionScale);
            CpuKernels.Multiply(buffers.Branch_ND, layer.Mixed_BTD, false, weights.Output.Matrix.Value, true, bias: weights.Output.Bias?.Value);
        }

        private void FeedForward(BlockWeights weights, LayerBuffers layer)
        {
            var matrix = weights.Hidden.Matrix.Value;
            var bias = weights.Hidden.Bias?.Value;
            if (engine._model.Activation == Activation.Gelu)
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
            if (engine._model.Normalization == Normalization.LayerNorm)
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
            if (engine._model.Normalization == Normalization.LayerNorm)
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

    private readonly struct BackwardPass(KernelEngine engine, Workspace buffers)
    {
        public void Run(Tensor inputs_BT)
        {
            NormBackward(engine._finalNorm, buffers.Last_ND, buffers.Mean_N, buffers.Deviation_N, accumulate: false);
            for (var i = engine._blocks.Length - 1; i >= 0; i--)
            {
                var (weights, layer) = (engine._blocks[i], buffers.Layers[i]);
                FeedForward(weights, layer);
                NormBackward(weights.FeedForwardNorm, layer.Middle_ND, layer.FeedForwardMean_N, layer.FeedForwardDeviation_N, accumulate: true);
                Attention(weights, layer);
                NormBackward(weights.AttentionNorm, layer.Input_ND, layer.AttentionMean_N, layer.AttentionDeviation_N, accumulate: true);
            }

            CpuKernels.EmbeddingBackward(engine._embedding.Gradient, engine._positions?.Gradient, buffers.Stream_ND, inputs_BT);
        }

        private void FeedForward(BlockWeights weights, LayerBuffers layer)
        {
            Linear(weights.FeedForwardOutput, buffers.Stream_ND, layer.Activated_NF, buffers.Narrow_NF);
            if (engine._model.Activation == Activation.Gelu)
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
                buffers.Packed_NT3D, buffers.Branch_ND, layer.Mixed_BTD, layer.LogSums_BHT, layer.Packed_BT3D, engine._model.HeadCount, engine._attentionScale);
            if (engine._rotary is { } rotary)
            {
                CpuKernels.Rotary(buffers.Packed_NT3D, rotary.Cos_1T1D, rotary.Sin_1T1D, engine._model.HeadCount, inverse: true);
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
            if (engine._model.Normalization == Normalization.LayerNorm)
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
}
