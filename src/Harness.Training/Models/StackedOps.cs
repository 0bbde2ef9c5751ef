using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Models;

/// <summary>
/// The four places where a stack's weights meet its rows. Rows are member-major: B = S * rows of one member. Batched products take a member's matrix and
/// a member's rows, so no number of one member enters another's.
/// </summary>
internal static class StackedOps
{
    /// <summary>Largest vocabulary that a GPU looks up by a product with one-hot rows: repeatable to the bit and allowed inside a CUDA graph, unlike a scatter.</summary>
    private const long OneHotVocabulary = 512;

    /// <summary>x W^T + b for each member.</summary>
    /// <param name="x_BTI">[S * rows, T, in].</param>
    /// <param name="weight_SOI">[S, out, in].</param>
    /// <param name="bias_SO">[S, out], or null.</param>
    /// <returns>[S * rows, T, out].</returns>
    public static Tensor Linear(Tensor x_BTI, Tensor weight_SOI, Tensor? bias_SO)
    {
        var x_SNI = ByMember(x_BTI, weight_SOI);
        var weight_SIO = weight_SOI.transpose(1, 2);
        var y_SNO = bias_SO is null ? x_SNI.bmm(weight_SIO) : bias_SO.unsqueeze(1).baddbmm(x_SNI, weight_SIO);
        return y_SNO.view(x_BTI.shape[0], x_BTI.shape[1], weight_SOI.shape[1]);
    }

    /// <summary>x * gain + bias for each member.</summary>
    /// <param name="x_BTD">[S * rows, T, D].</param>
    /// <param name="gain_SD">[S, D].</param>
    /// <param name="bias_SD">[S, D], or null.</param>
    public static Tensor Affine(Tensor x_BTD, Tensor gain_SD, Tensor? bias_SD)
    {
        var x_SND = ByMember(x_BTD, gain_SD);
        var gain_S1D = gain_SD.unsqueeze(1);
        var y_SND = bias_SD is null ? x_SND * gain_S1D : bias_SD.unsqueeze(1).addcmul(x_SND, gain_S1D, 1);
        return y_SND.view(x_BTD.shape);
    }

    /// <summary>Each member's rows of its own table, plus its own position vectors where it has them.</summary>
    /// <param name="table_SVD">[S, V, D].</param>
    /// <param name="positions_STD">[S, T, D], or null.</param>
    /// <param name="inputs_BT">Int64, [S * rows, T].</param>
    /// <returns>[S * rows, T, D].</returns>
    public static Tensor Embedding(Tensor table_SVD, Tensor? positions_STD, Tensor inputs_BT)
    {
        long members = table_SVD.shape[0], vocabulary = table_SVD.shape[1], width = table_SVD.shape[2], context = inputs_BT.shape[1];
        var inputs_SN = inputs_BT.reshape(members, -1);
        var x_SND = inputs_BT.device_type == DeviceType.CUDA && vocabulary <= OneHotVocabulary ? OneHotRows(table_SVD, inputs_SN) : GatheredRows(table_SVD, inputs_SN);
        if (positions_STD is not null)
        {
            x_SND = x_SND.view(members, -1, context, width) + positions_STD.unsqueeze(1);
        }

        return x_SND.view(-1, context, width);
    }

    /// <summary>Rows of each member's table, [S, N, D], read by index.</summary>
    internal static Tensor GatheredRows(Tensor table_SVD, Tensor inputs_SN) =>
        table_SVD.gather(1, inputs_SN.unsqueeze(2).expand(inputs_SN.shape[0], inputs_SN.shape[1], table_SVD.shape[2]));

    /// <summary>The same as a product with rows of zeros and a one.</summary>
    internal static Tensor OneHotRows(Tensor table_SVD, Tensor inputs_SN)
    {
        var tokens_V = arange(0, table_SVD.shape[1], dtype: ScalarType.Int64, device: table_SVD.device);
        return inputs_SN.unsqueeze(2).eq(tokens_V).to(table_SVD.dtype).bmm(table_SVD);
    }

    private static Tensor ByMember(Tensor x, Tensor weights) => x.reshape(weights.shape[0], -1, x.shape[2]);
}
