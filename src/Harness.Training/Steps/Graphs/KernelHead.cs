using Harness.Torch;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// Head and cross-entropy in place, a piece of rows at a time: no [N, V] logits, no fp32 copy of any. <see cref="ChunkedHead"/> is the same in tensor operations. Shapes: n tokens of a member, D width,
/// V vocabulary, R rows of a piece; S members in front where there are several.
/// </summary>
/// <param name="parameters">Of S members.</param>
/// <param name="kernels">Compiled for as many.</param>
internal sealed class KernelHead(FlatParameters parameters, DeviceKernels kernels)
{
    private readonly string _name = parameters.Layout.Model.TiedHead ? "token_embedding.weight" : "head.weight";

    /// <summary>Rows of logits at once, of all members: as many as the head's memory holds in the kernels' type, and at least one of each.</summary>
    public long RowsAtOnce => parameters.Members
        * Math.Max(1, ChunkedHead.PieceBytes(parameters.Device) / ((kernels.Half ? 2L : 4L) * parameters.Layout.Model.VocabularySize * parameters.CutFor));

    /// <summary>Adds the loss's share and the gradient by the head's weights, and sets <c>Branch_ND</c> to that by the last norm's output.</summary>
    public void Run(KernelBuffers buffers, Tensor targets_N, double share, Tensor loss_S)
    {
        using var scope = NewDisposeScope();
        var (model, members, isStack) = (parameters.Layout.Model, parameters.Members, parameters.IsStack);
        var weight_SVD = parameters[_name].detach();
        var weight_SDV = weight_SVD.transpose(-2, -1);
        var flat_SVD = parameters.MasterGradientOf(_name);
        var scale = Transformer.LogitScale(model);
        var own = buffers.Tokens / members;
        var most = buffers.HeadRows / members;
        for (long at = 0; at < own; at += most)
        {
            using var piece = NewDisposeScope();
            var rows = Math.Min(most, own - at);
            var logits_RV = buffers.Logits_RV.narrow(0, 0, members * rows);
            var losses_R = buffers.Losses_R.narrow(0, 0, members * rows);
            var (h_SRD, dh_SRD) = (Piece(buffers.Normal_ND, at, rows), Piece(buffers.Branch_ND, at, rows));
            var logits_SRV = isStack ? logits_RV.view(members, rows, -1) : logits_RV;
            var targets_R = members == 1 ? targets_N.narrow(0, at, rows) : targets_N.view(members, own).narrow(1, at, rows).contiguous();
            if (!isStack)
            {
                TorchExtensions.AddMatmulInto(logits_SRV, logits_SRV, h_SRD, weight_SDV, beta: 0, alpha: scale);
            }
            else
            {
                TorchExtensions.AddBatchMatmulInto(logits_SRV, logits_SRV, h_SRD, weight_SDV, beta: 0, alpha: scale);
            }

            kernels.CrossEntropy["cross_entropy"].Launch(
                members * rows, DeviceKernels.ThreadsFor(model.VocabularySize / kernels.VocabularyPack), losses_R, logits_RV, targets_R, model.VocabularySize,
                (float)(share * scale / own), 1);
            loss_S.add_(losses_R.view(members, rows).sum(1), share / own);
            var logits_SVR = logits_SRV.transpose(-2, -1);
            if (kernels.Half)
            {
                flat_SVD.add_(logits_SVR.matmul(h_SRD)); // pieces are added up in fp32
            }
            else if (!isStack)
            {
                flat_SVD.addmm_(logits_SVR, h_SRD);
            }
            else
            {
                TorchExtensions.AddBatchMatmulInto(flat_SVD, flat_SVD, logits_SVR, h_SRD);
            }

            if (!isStack)
            {
                TorchExtensions.MatmulInto(dh_SRD, logits_SRV, weight_SVD);
            }
            else
            {
                TorchExtensions.BatchMatmulInto(dh_SRD, logits_SRV, weight_SVD);
            }
        }

        Tensor Piece(Tensor rows_ND, long at, long rows) => isStack ? rows_ND.view(members, own, -1).narrow(1, at, rows) : rows_ND.narrow(0, at, rows);
    }
}
