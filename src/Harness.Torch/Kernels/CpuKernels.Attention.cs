using Harness.Torch.Interop;
using static TorchSharp.torch;

namespace Harness.Torch;

public static unsafe partial class CpuKernels
{
    /// <summary>Causal attention (1706.03762, eq. 1) for all heads at once, without a [T, T] matrix in memory.</summary>
    /// <param name="y">[B, T, D], written: the heads' results side by side.</param>
    /// <param name="logSums">[B, H, T], written: log of the sum of exponentials of each row of scores; for the backward pass.</param>
    /// <param name="qkv">[B, T, 3D]: queries, keys and values, the heads side by side in each.</param>
    /// <param name="heads">H, a divisor of D.</param>
    /// <param name="scale">Factor of the scores; 1/sqrt(D/H) in the paper.</param>
    public static void AttentionForward(Tensor y, Tensor logSums, Tensor qkv, int heads, double scale)
    {
        (long b, long t, long hd) = AttentionShape(qkv, heads);
        Native.ht_k_attention_forward(Floats(y, b * t * heads * hd), Floats(logSums, b * heads * t), Floats(qkv, 3 * b * t * heads * hd), b, t, heads, hd, (float)scale);
    }

    /// <summary>Gradient of causal attention.</summary>
    /// <param name="dqkv">[B, T, 3D], written.</param>
    /// <param name="dy">[B, T, D], gradient of the loss by the output.</param>
    /// <param name="y">[B, T, D], of the forward pass.</param>
    /// <param name="logSums">[B, H, T], of the forward pass.</param>
    /// <param name="qkv">[B, T, 3D], the input of the forward pass.</param>
    /// <param name="heads">H, a divisor of D.</param>
    /// <param name="scale">As in the forward pass.</param>
    public static void AttentionBackward(Tensor dqkv, Tensor dy, Tensor y, Tensor logSums, Tensor qkv, int heads, double scale)
    {
        (long b, long t, long hd) = AttentionShape(qkv, heads);
        long n = b * t * heads * hd;
        Native.ht_k_attention_backward(Floats(dqkv, 3 * n), Floats(dy, n), Floats(y, n), Floats(logSums, b * heads * t), Floats(qkv, 3 * n), b, t, heads, hd, (float)scale);
    }

    /// <summary>Rotary positions (2104.09864), in place on the queries and keys of a packed tensor; pairs are (i, i + half) as in Llama.</summary>
    /// <param name="qkv">[B, T, 3D], changed.</param>
    /// <param name="cos">[T, D/H/2].</param>
    /// <param name="sin">[T, D/H/2].</param>
    /// <param name="heads">H, a divisor of D.</param>
    /// <param name="inverse">Turn back. This is also the gradient: apply it to dqkv.</param>
    public static void Rotary(Tensor qkv, Tensor cos, Tensor sin, int heads, bool inverse = false)
    {
        (long b, long t, long hd) = AttentionShape(qkv, heads);
        Native.ht_k_rotary(Floats(qkv, 3 * b * t * heads * hd), Floats(cos, t * hd / 2), Floats(sin, t * hd / 2), b, t, heads, hd, 3, 2, inverse ? 1 : 0);
    }

    private static (long Batch, long Context, long HeadWidth) AttentionShape(Tensor qkv, int heads)
    {
        if (qkv.ndim != 3 || qkv.size(2) % (3 * heads) != 0)
        {
            throw new ArgumentException($"qkv must be [B, T, 3D] with {heads} a divisor of D, but is {qkv}.", nameof(qkv));
        }

        return (qkv.size(0), qkv.size(1), qkv.size(2) / (3 * heads));
    }
}
