using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>A branch joining the residual stream with the norm behind it, forward and backward, by our kernels. N rows of all members, D width.</summary>
/// <param name="parameters">Gains and biases.</param>
/// <param name="kernels">Compiled for as many members.</param>
internal sealed class KernelNorms(FlatParameters parameters, DeviceKernels kernels)
{
    /// <summary>The branch, where there is one, joins the stream; the sum is kept and normalised.</summary>
    public void Forward(string name, Tensor stream_ND, Tensor? branch_ND, Tensor sum_ND, Tensor y_ND, Tensor mean_N, Tensor inverse_N)
    {
        var rows = RowsOfMember(y_ND);
        kernels.Norm["add_norm_forward"].LaunchGrid(
            DeviceKernels.Blocks(rows, DeviceKernels.Rows / 32), parameters.Members, DeviceKernels.Rows, sum_ND, y_ND, mean_N, inverse_N, stream_ND, branch_ND,
            parameters[name + ".gain"], parameters.Find(name + ".bias"), rows, (float)Transformer.NormEpsilon);
    }

    /// <summary>From the gradient by the norm's output in <c>Branch_ND</c> to the one by the stream in <c>Stream_ND</c>.</summary>
    public void Backward(string name, KernelBuffers buffers, Tensor x_ND, Tensor mean_N, Tensor inverse_N, bool accumulate)
    {
        var bias = parameters.FindGradient(name + ".bias");
        var rows = RowsOfMember(x_ND);
        var partials = kernels.PartialsFor(rows);
        kernels.Norm["add_norm_backward"].LaunchGrid(
            partials, parameters.Members, DeviceKernels.Rows, buffers.Stream_ND, buffers.Branch_ND, x_ND, mean_N, inverse_N, parameters[name + ".gain"],
            buffers.PartialGain, bias is null ? null : buffers.PartialBias, rows, accumulate ? 1 : 0);
        kernels.Norm["add_norm_parameters"].LaunchGrid(
            DeviceKernels.Blocks(buffers.Width, DeviceKernels.Columns), parameters.Members, DeviceKernels.ThreadsToShare(partials), parameters.GradientOf(name + ".gain"), bias, buffers.PartialGain, buffers.PartialBias, partials);
    }

    private int RowsOfMember(Tensor rows_ND) => (int)(rows_ND.shape[0] / parameters.Members);
}
