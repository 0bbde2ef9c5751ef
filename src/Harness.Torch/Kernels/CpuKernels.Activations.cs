using Harness.Torch.Interop;
using static TorchSharp.torch;

namespace Harness.Torch;

public static unsafe partial class CpuKernels
{
    /// <summary>GELU (1606.08415) of x, or of x + bias: y = x * P(normal &lt; x).</summary>
    /// <param name="y">[N, F], written; may be x.</param>
    /// <param name="x">[N, F].</param>
    /// <param name="bias">[F], added first, or null.</param>
    /// <param name="tanh">Use the approximation by tanh (GPT-2's).</param>
    public static void GeluForward(Tensor y, Tensor x, Tensor? bias = null, bool tanh = false)
    {
        (long rows, long f) = Shape(x, bias);
        Native.ht_k_gelu_forward(Floats(y, rows * f), Floats(x, rows * f), FloatsOrNull(bias, f), rows, f, tanh ? 1 : 0);
    }

    /// <summary>Gradient of GELU.</summary>
    /// <param name="dx">[N, F], written; may be dy.</param>
    /// <param name="dbias">[F], added to; null if and only if there is no bias.</param>
    /// <param name="dy">[N, F], gradient of the loss by the output.</param>
    /// <param name="x">[N, F], the input of the forward pass, without the bias.</param>
    /// <param name="bias">[F] or null.</param>
    /// <param name="tanh">As in the forward pass.</param>
    public static void GeluBackward(Tensor dx, Tensor? dbias, Tensor dy, Tensor x, Tensor? bias = null, bool tanh = false)
    {
        (long rows, long f) = Shape(x, bias);
        if (bias is null != dbias is null)
        {
            throw new ArgumentException("A bias needs a gradient, and the other way round.", nameof(dbias));
        }

        Native.ht_k_gelu_backward(Floats(dx, rows * f), FloatsOrNull(dbias, f), Floats(dy, rows * f), Floats(x, rows * f), FloatsOrNull(bias, f), rows, f, tanh ? 1 : 0);
    }

    /// <summary>SwiGLU (2002.05202, eq. 6 without biases): y = silu(gate) * up.</summary>
    /// <param name="y">[N, F], written.</param>
    /// <param name="gateUp">[N, 2F]: the gate, then what it lets through.</param>
    public static void SwiGluForward(Tensor y, Tensor gateUp)
    {
        long f = gateUp.size(-1) / 2, rows = Rows(gateUp, 2 * f);
        float* gate = Floats(gateUp, rows * 2 * f);
        Native.ht_k_swiglu_forward(Floats(y, rows * f), gate, gate + f, rows, f, 2 * f);
    }

    /// <summary>Gradient of SwiGLU.</summary>
    /// <param name="dgateUp">[N, 2F], written; may be gateUp.</param>
    /// <param name="dy">[N, F], gradient of the loss by the output.</param>
    /// <param name="gateUp">[N, 2F], the input of the forward pass.</param>
    public static void SwiGluBackward(Tensor dgateUp, Tensor dy, Tensor gateUp)
    {
        long f = gateUp.size(-1) / 2, rows = Rows(gateUp, 2 * f);
        float* gate = Floats(gateUp, rows * 2 * f);
        float* dgate = Floats(dgateUp, rows * 2 * f);
        Native.ht_k_swiglu_backward(dgate, dgate + f, Floats(dy, rows * f), gate, gate + f, rows, f, 2 * f);
    }

    private static (long Rows, long Columns) Shape(Tensor x, Tensor? bias)
    {
        long f = bias is null ? x.size(-1) : bias.numel();
        return (Rows(x, f), f);
    }
}
