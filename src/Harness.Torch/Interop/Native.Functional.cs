using System.Runtime.InteropServices;

namespace Harness.Torch.Interop;

/// <summary>native/functional.cpp.</summary>
internal static unsafe partial class Native
{
    [DllImport(Lib)] internal static extern nint ht_linear(nint x, nint weight, nint bias);
    [DllImport(Lib)] internal static extern nint ht_layer_norm(nint x, long* shape, int n, nint weight, nint bias, double eps);
    [DllImport(Lib)] internal static extern nint ht_gelu(nint x, int tanh);
    [DllImport(Lib)] internal static extern nint ht_silu(nint x);
    [DllImport(Lib)] internal static extern nint ht_softmax(nint x, long dim, int dtype);
    [DllImport(Lib)] internal static extern nint ht_log_softmax(nint x, long dim, int dtype);
    [DllImport(Lib)] internal static extern nint ht_cross_entropy(nint x, nint target, nint weight, long ignore_index, int reduction, double smoothing);
    [DllImport(Lib)] internal static extern nint ht_nll_loss(nint x, nint target, nint weight, long ignore_index, int reduction);
    [DllImport(Lib)] internal static extern nint ht_dropout(nint x, double p, int training);
    [DllImport(Lib)] internal static extern nint ht_one_hot(nint x, long classes);
    [DllImport(Lib)] internal static extern nint ht_embedding(nint weight, nint index);
    [DllImport(Lib)] internal static extern nint ht_attention(nint q, nint k, nint v, nint mask, double dropout, int causal);
    [DllImport(Lib)] internal static extern nint ht_attention_scaled(nint q, nint k, nint v, int causal, double scale);
    [DllImport(Lib)] internal static extern int ht_sort_stable(nint t, nint* parts);
    [DllImport(Lib)] internal static extern int ht_has_fused_adamw(int device_type);
    [DllImport(Lib)] internal static extern int ht_fused_adamw(nint p, nint g, nint m, nint v, nint step, nint lr, double b1, double b2, double decay, double eps, nint grad_scale, nint found_inf);
}
