using System.Runtime.InteropServices;

namespace Harness.Torch.Interop;

/// <summary>native/cpu_kernels.cpp; native/kernels/list.h says what each does.</summary>
internal static unsafe partial class Native
{
    [DllImport(Lib)] internal static extern int ht_kernel_level(int wish);
    [DllImport(Lib)] internal static extern int ht_sgemm_is_blas();
    [DllImport(Lib)] internal static extern int ht_sgemm(int ta, int tb, long m, long n, long k, float alpha, float* a, long lda, float* b, long ldb, float beta, float* c, long ldc);
    [DllImport(Lib)] internal static extern double ht_k_sum_of_squares(float* x, long n);
    [DllImport(Lib)] internal static extern void ht_k_adamw(float* p, float* g, float* m, float* v, long n, float lr, float beta1, float beta2, float eps, float decay, float correction1, float correction2, float grad_scale, int zero_grad);
    [DllImport(Lib)] internal static extern void ht_k_drain(float* to, float* from, long n);
    [DllImport(Lib)] internal static extern void ht_k_layer_norm_forward(float* y, float* sum, float* mean, float* rstd, float* x, float* r, float* rbias, float* w, float* b, long rows, long d, float eps);
    [DllImport(Lib)] internal static extern void ht_k_layer_norm_backward(float* dx, float* dw, float* db, float* dy, float* x, float* mean, float* rstd, float* w, long rows, long d, int accumulate);
    [DllImport(Lib)] internal static extern void ht_k_rms_norm_forward(float* y, float* sum, float* rstd, float* x, float* r, float* w, long rows, long d, float eps);
    [DllImport(Lib)] internal static extern void ht_k_rms_norm_backward(float* dx, float* dw, float* dy, float* x, float* rstd, float* w, long rows, long d, int accumulate);
    [DllImport(Lib)] internal static extern void ht_k_gelu_forward(float* y, float* x, float* bias, long rows, long f, int tanh);
    [DllImport(Lib)] internal static extern void ht_k_gelu_backward(float* dx, float* dbias, float* dy, float* x, float* bias, long rows, long f, int tanh);
    [DllImport(Lib)] internal static extern void ht_k_swiglu_forward(float* y, float* gate, float* up, long rows, long f, long stride);
    [DllImport(Lib)] internal static extern void ht_k_swiglu_backward(float* dgate, float* dup, float* dy, float* gate, float* up, long rows, long f, long stride);
    [DllImport(Lib)] internal static extern void ht_k_attention_forward(float* @out, float* lse, float* qkv, long b, long t, long h, long hd, float scale);
    [DllImport(Lib)] internal static extern void ht_k_attention_backward(float* dqkv, float* dout, float* @out, float* lse, float* qkv, long b, long t, long h, long hd, float scale);
    [DllImport(Lib)] internal static extern void ht_k_rotary(float* qkv, float* cos, float* sin, long b, long t, long h, long hd, long parts, long rotated, int inverse);
    [DllImport(Lib)] internal static extern double ht_k_cross_entropy(float* losses, float* logits, long* targets, long rows, long v, float grad_scale, int gradient);
    [DllImport(Lib)] internal static extern void ht_k_embedding_forward(float* x, float* table, float* positions, long* index, long b, long t, long d);
    [DllImport(Lib)] internal static extern void ht_k_embedding_backward(float* dtable, float* dpositions, float* dx, long* index, long b, long t, long d);
    [DllImport(Lib)] internal static extern void ht_k_add_rows(float* y, float* x, float* bias, long rows, long d);
    [DllImport(Lib)] internal static extern void ht_k_add_column_sums(float* sums, float* x, long rows, long d);
    [DllImport(Lib)] internal static extern void ht_k_gemm(float* c, long ldc, float* a, long ars, long acs, float* b, long brs, long bcs, long m, long n, long k, float alpha, int accumulate, float* bias);
}
