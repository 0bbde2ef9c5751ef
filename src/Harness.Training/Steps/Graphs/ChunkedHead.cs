using Harness.Core.Models;
using Harness.Training.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// Head and cross-entropy a piece of rows at a time: logits of one piece are made, turned into loss and gradient, and forgotten, so that the [N, V] logits never
/// exist, let alone in fp32. Since the loss is the last operation, its gradient needs nothing from the backward pass. Shapes: N tokens, D width, V vocabulary, R rows
/// of a piece.
/// </summary>
internal sealed class ChunkedHead(FlatParameters parameters, long pieceBytes)
{
    private readonly string _name = parameters.Layout.Model.TiedHead ? "token_embedding.weight" : "head.weight";
    private readonly double _scale = Transformer.LogitScale(parameters.Layout.Model);

    /// <summary>Bytes of fp32 logits at once on a device.</summary>
    public static long PieceBytes(Device device) => device.type == DeviceType.CPU ? 16L << 20 : DeviceFootprint.HeadBytes;

    /// <summary>Rows at once: as many as fit, at least 1.</summary>
    public static long RowsAtOnce(ModelSpec model, long pieceBytes) => Math.Max(1, pieceBytes / (4L * model.VocabularySize));

    /// <summary>Adds the loss's share to <paramref name="loss_1"/>, its gradient by the head to the flat gradient, and returns that by <paramref name="hidden_ND"/>.</summary>
    public Tensor Run(Tensor hidden_ND, Tensor targets_N, double share, Tensor loss_1)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var layout = parameters.Layout;
        var slot = layout[_name];
        var weight_VD = parameters[_name].detach();
        var count = hidden_ND.shape[0];
        var gradient_ND = scope.MoveToOuter(empty_like(hidden_ND));
        // Partial products of many pieces are added up in fp32, also where the products are bf16.
        var flat_VD = parameters.Gradients.narrow(0, slot.Offset, slot.Length).view(slot.Shape);
        var most = RowsAtOnce(layout.Model, pieceBytes);
        for (long at = 0; at < count; at += most)
        {
            using var piece = NewDisposeScope();
            var rows = Math.Min(most, count - at);
            var h_RD = hidden_ND.narrow(0, at, rows);
            var target_R1 = targets_N.narrow(0, at, rows).unsqueeze(1);
            var logits_RV = h_RD.matmul(weight_VD.t()).to(ScalarType.Float32);
            if (_scale != 1)
            {
                logits_RV.mul_(_scale);
            }

            var logSum_R1 = logits_RV.logsumexp(1, true);
            loss_1.add_((logSum_R1 - logits_RV.gather(1, target_R1)).sum(), share / count);
            logits_RV.sub_(logSum_R1).exp_(); // probabilities
            logits_RV.scatter_(1, target_R1, logits_RV.gather(1, target_R1) - 1);
            var d_RV = logits_RV.mul_(share * _scale / count).to(weight_VD.dtype);
            gradient_ND.narrow(0, at, rows).copy_(d_RV.matmul(weight_VD));
            if (parameters.Shadow is null)
            {
                flat_VD.addmm_(d_RV.t(), h_RD);
            }
            else
            {
                flat_VD.add_(d_RV.t().matmul(h_RD));
            }
        }

        return gradient_ND;
    }
}
