using Harness.Core.Models;
using Harness.Torch;
using Harness.Training.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// Head and cross-entropy a piece of rows at a time: logits of one piece are made, turned into loss and gradient, and forgotten, so that the [N, V] logits never
/// exist, let alone in fp32. Since the loss is the last operation, its gradient needs nothing from the backward pass. Shapes: N tokens of a member, D width, V vocabulary, R rows
/// of a piece; S members in front where there are several.
/// </summary>
internal sealed class ChunkedHead(FlatParameters parameters, long pieceBytes)
{
    private readonly string _name = parameters.Layout.Model.TiedHead ? "token_embedding.weight" : "head.weight";
    private readonly double _scale = Transformer.LogitScale(parameters.Layout.Model);

    /// <summary>Bytes of fp32 logits at once on a device.</summary>
    public static long PieceBytes(Device device) => device.type == DeviceType.CPU ? 16L << 20 : DeviceFootprint.HeadBytes;

    /// <summary>Rows of each member at once: as many as fit, at least 1.</summary>
    public static long RowsAtOnce(ModelSpec model, long pieceBytes, int members = 1) => Math.Max(1, pieceBytes / (4L * model.VocabularySize * members));

    /// <summary>Adds the mean loss's share to <paramref name="loss_S"/>, its gradient by the head to the flat gradient, and returns that by <paramref name="hidden_SND"/>.</summary>
    /// <param name="hidden_SND">[N, D], or [S, N, D] of several members.</param>
    /// <param name="targets_SN">Int64, [N] or [S, N].</param>
    /// <param name="share">This micro-batch's part of the batch.</param>
    /// <param name="loss_S">[1] or [S], fp32.</param>
    public Tensor Run(Tensor hidden_SND, Tensor targets_SN, double share, Tensor loss_S)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var weight_SVD = parameters[_name].detach();
        var count = hidden_SND.shape[^2];
        var gradient_SND = scope.MoveToOuter(empty_like(hidden_SND));
        // Partial products of many pieces are added up in fp32, also where the products are bf16.
        var flat_SVD = parameters.MasterGradientOf(_name);
        ForPieces(hidden_SND, targets_SN, weight_SVD, (at, h_SRD, logits_SRV, target_SR1) =>
        {
            var logSum_SR1 = logits_SRV.logsumexp(-1, true);
            loss_S.add_(ByMember(logSum_SR1 - logits_SRV.gather(-1, target_SR1)), share / count);
            logits_SRV.sub_(logSum_SR1).exp_(); // probabilities
            logits_SRV.scatter_(-1, target_SR1, logits_SRV.gather(-1, target_SR1) - 1);
            var d_SRV = logits_SRV.mul_(share * _scale / count).to(weight_SVD.dtype);
            gradient_SND.narrow(-2, at, h_SRD.shape[^2]).copy_(d_SRV.matmul(weight_SVD));
            var d_SVR = d_SRV.transpose(-2, -1);
            if (parameters.Shadow is not null)
            {
                flat_SVD.add_(d_SVR.matmul(h_SRD));
            }
            else if (!parameters.IsStack)
            {
                flat_SVD.addmm_(d_SVR, h_SRD);
            }
            else
            {
                TorchExtensions.AddBatchMatmulInto(flat_SVD, flat_SVD, d_SVR, h_SRD);
            }
        });
        return gradient_SND;
    }

    /// <summary>Adds a factor times the sum of the tokens' losses to <paramref name="sum_S"/>.</summary>
    /// <param name="hidden_SND">[N, D], or [S, N, D] of several members.</param>
    /// <param name="targets_SN">Int64, [N] or [S, N].</param>
    /// <param name="factor">On the sum.</param>
    /// <param name="sum_S">[1] or [S], fp64: there may be thousands of pieces.</param>
    public void AddLosses(Tensor hidden_SND, Tensor targets_SN, double factor, Tensor sum_S)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        ForPieces(hidden_SND, targets_SN, parameters[_name].detach(), (_, _, logits_SRV, target_SR1) =>
            sum_S.add_(ByMember((logits_SRV.logsumexp(-1, true) - logits_SRV.gather(-1, target_SR1)).to(ScalarType.Float64)), factor));
    }

    private void ForPieces(Tensor hidden_SND, Tensor targets_SN, Tensor weight_SVD, Action<long, Tensor, Tensor, Tensor> each)
    {
        var count = hidden_SND.shape[^2];
        var most = RowsAtOnce(parameters.Layout.Model, pieceBytes, parameters.CutFor);
        for (long at = 0; at < count; at += most)
        {
            using var piece = NewDisposeScope();
            var rows = Math.Min(most, count - at);
            var h_SRD = hidden_SND.narrow(-2, at, rows);
            var logits_SRV = h_SRD.matmul(weight_SVD.transpose(-2, -1)).to(ScalarType.Float32);
            if (_scale != 1)
            {
                logits_SRV.mul_(_scale);
            }

            each(at, h_SRD, logits_SRV, targets_SN.narrow(-1, at, rows).unsqueeze(-1));
        }
    }

    private Tensor ByMember(Tensor losses_SR1) => losses_SR1.view(parameters.Members, -1).sum(1);
}
