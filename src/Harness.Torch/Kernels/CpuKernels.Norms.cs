using Harness.Torch.Interop;
using static TorchSharp.torch;

namespace Harness.Torch;

public static unsafe partial class CpuKernels
{
    /// <summary>LayerNorm over the last dimension (1607.06450), after adding a residual where one is given: y = norm(x + residual + residualBias) * weight + bias.</summary>
    /// <param name="y">[N, D], written.</param>
    /// <param name="mean">[N], written; for the backward pass.</param>
    /// <param name="deviation">[N], written: one over the standard deviation; for the backward pass.</param>
    /// <param name="x">[N, D].</param>
    /// <param name="weight">[D].</param>
    /// <param name="bias">[D] or null.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="residual">[N, D], added first, or null.</param>
    /// <param name="residualBias">[D], added first, or null.</param>
    /// <param name="sum">[N, D], written with x + residual + residualBias where a residual is given; may be x or residual.</param>
    public static void LayerNormForward(
        Tensor y, Tensor mean, Tensor deviation, Tensor x, Tensor weight, Tensor? bias, double epsilon = 1e-5, Tensor? residual = null, Tensor? residualBias = null, Tensor? sum = null)
    {
        long d = weight.numel(), rows = Rows(x, d), n = rows * d;
        RequireTogether(residual, sum);
        Native.ht_k_layer_norm_forward(
            Floats(y, n), FloatsOrNull(sum, n), Floats(mean, rows), Floats(deviation, rows), Floats(x, n), FloatsOrNull(residual, n), FloatsOrNull(residualBias, d),
            Floats(weight, d), FloatsOrNull(bias, d), rows, d, (float)epsilon);
    }

    /// <summary>Gradients of LayerNorm by its input, weight and bias.</summary>
    /// <param name="dx">[N, D], written, or added to where <paramref name="accumulate"/> is set (a residual stream); may be <paramref name="dy"/> if not.</param>
    /// <param name="dweight">[D], added to.</param>
    /// <param name="dbias">[D], added to, or null.</param>
    /// <param name="dy">[N, D], gradient of the loss by the output.</param>
    /// <param name="x">[N, D], what was normalised.</param>
    /// <param name="mean">[N], of the forward pass.</param>
    /// <param name="deviation">[N], of the forward pass.</param>
    /// <param name="weight">[D].</param>
    /// <param name="accumulate">Add to dx instead of setting it.</param>
    public static void LayerNormBackward(Tensor dx, Tensor dweight, Tensor? dbias, Tensor dy, Tensor x, Tensor mean, Tensor deviation, Tensor weight, bool accumulate)
    {
        long d = weight.numel(), rows = Rows(x, d), n = rows * d;
        Native.ht_k_layer_norm_backward(
            Floats(dx, n), Floats(dweight, d), FloatsOrNull(dbias, d), Floats(dy, n), Floats(x, n), Floats(mean, rows), Floats(deviation, rows), Floats(weight, d), rows, d, accumulate ? 1 : 0);
    }

    /// <summary>RMSNorm over the last dimension (1910.07467), after adding a residual where one is given: y = x / sqrt(mean(x^2) + epsilon) * weight.</summary>
    /// <param name="y">[N, D], written.</param>
    /// <param name="scale">[N], written: one over the root; for the backward pass.</param>
    /// <param name="x">[N, D].</param>
    /// <param name="weight">[D].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="residual">[N, D], added first, or null.</param>
    /// <param name="sum">[N, D], written with x + residual where a residual is given; may be x or residual.</param>
    public static void RmsNormForward(Tensor y, Tensor scale, Tensor x, Tensor weight, double epsilon = 1e-5, Tensor? residual = null, Tensor? sum = null)
    {
        long d = weight.numel(), rows = Rows(x, d), n = rows * d;
        RequireTogether(residual, sum);
        Native.ht_k_rms_norm_forward(Floats(y, n), FloatsOrNull(sum, n), Floats(scale, rows), Floats(x, n), FloatsOrNull(residual, n), Floats(weight, d), rows, d, (float)epsilon);
    }

    /// <summary>Gradients of RMSNorm by its input and weight; parameters as in <see cref="LayerNormBackward"/>.</summary>
    public static void RmsNormBackward(Tensor dx, Tensor dweight, Tensor dy, Tensor x, Tensor scale, Tensor weight, bool accumulate)
    {
        long d = weight.numel(), rows = Rows(x, d), n = rows * d;
        Native.ht_k_rms_norm_backward(Floats(dx, n), Floats(dweight, d), Floats(dy, n), Floats(x, n), Floats(scale, rows), Floats(weight, d), rows, d, accumulate ? 1 : 0);
    }

    private static void RequireTogether(Tensor? residual, Tensor? sum)
    {
        if (residual is null != sum is null)
        {
            throw new ArgumentException("A residual needs a place for the sum, and the other way round.", nameof(sum));
        }
    }
}
