// Every CPU kernel: return type, name, parameters, arguments. All are float32, row-major, single-threaded, and allocate nothing in
// steady state. Each exists once for every level of x86-64 instructions; ../cpu_kernels.cpp picks the best one at run time.
//
// Letters: N rows (batch times context), D width, F hidden width, V vocabulary, B batch, T context, H heads, hd = D / H.
#pragma once
#include <stdint.h>

#define HT_KERNELS(X) \
    /* optimizer.cpp */ \
    X(double, sum_of_squares, (const float* x, int64_t n), (x, n)) \
    X(void, adamw, (float* p, float* g, float* m, float* v, int64_t n, float lr, float beta1, float beta2, float eps, float decay, \
        float correction1, float correction2, float grad_scale, int zero_grad), \
        (p, g, m, v, n, lr, beta1, beta2, eps, decay, correction1, correction2, grad_scale, zero_grad)) \
    X(void, drain, (float* to, float* from, int64_t n), (to, from, n)) \
    /* norms.cpp: x [N, D]; sum = x + r + rbias is normalised and written where r is given */ \
    X(void, layer_norm_forward, (float* y, float* sum, float* mean, float* rstd, const float* x, const float* r, const float* rbias, \
        const float* w, const float* b, int64_t rows, int64_t d, float eps), (y, sum, mean, rstd, x, r, rbias, w, b, rows, d, eps)) \
    X(void, layer_norm_backward, (float* dx, float* dw, float* db, const float* dy, const float* x, const float* mean, const float* rstd, \
        const float* w, int64_t rows, int64_t d, int accumulate), (dx, dw, db, dy, x, mean, rstd, w, rows, d, accumulate)) \
    X(void, rms_norm_forward, (float* y, float* sum, float* rstd, const float* x, const float* r, const float* w, int64_t rows, int64_t d, float eps), \
        (y, sum, rstd, x, r, w, rows, d, eps)) \
    X(void, rms_norm_backward, (float* dx, float* dw, const float* dy, const float* x, const float* rstd, const float* w, int64_t rows, int64_t d, int accumulate), \
        (dx, dw, dy, x, rstd, w, rows, d, accumulate)) \
    /* activations.cpp: x [N, F], bias [F] or NULL is added before the activation; dx may be dy */ \
    X(void, gelu_forward, (float* y, const float* x, const float* bias, int64_t rows, int64_t f, int tanh), (y, x, bias, rows, f, tanh)) \
    X(void, gelu_backward, (float* dx, float* dbias, const float* dy, const float* x, const float* bias, int64_t rows, int64_t f, int tanh), \
        (dx, dbias, dy, x, bias, rows, f, tanh)) \
    X(void, swiglu_forward, (float* y, const float* gate, const float* up, int64_t rows, int64_t f, int64_t stride), (y, gate, up, rows, f, stride)) \
    X(void, swiglu_backward, (float* dgate, float* dup, const float* dy, const float* gate, const float* up, int64_t rows, int64_t f, int64_t stride), \
        (dgate, dup, dy, gate, up, rows, f, stride)) \
    /* attention.cpp: qkv [B, T, 3, H, hd] (plus bias [3, H, hd] before), out [B, T, H, hd], lse [B, H, T]; causal */ \
    X(void, attention_forward, (float* out, float* lse, const float* qkv, int64_t b, int64_t t, int64_t h, int64_t hd, float scale), \
        (out, lse, qkv, b, t, h, hd, scale)) \
    X(void, attention_backward, (float* dqkv, const float* dout, const float* out, const float* lse, const float* qkv, int64_t b, int64_t t, int64_t h, int64_t hd, float scale), \
        (dqkv, dout, out, lse, qkv, b, t, h, hd, scale)) \
    X(void, rotary, (float* qkv, const float* cos, const float* sin, int64_t b, int64_t t, int64_t h, int64_t hd, int64_t parts, int64_t rotated, int inverse), \
        (qkv, cos, sin, b, t, h, hd, parts, rotated, inverse)) \
    /* loss.cpp: logits [N, V]; returns the sum of the losses */ \
    X(double, cross_entropy, (float* losses, float* logits, const int64_t* targets, int64_t rows, int64_t v, float grad_scale, int gradient), \
        (losses, logits, targets, rows, v, grad_scale, gradient)) \
    /* elementwise.cpp */ \
    X(void, embedding_forward, (float* x, const float* table, const float* positions, const int64_t* index, int64_t b, int64_t t, int64_t d), \
        (x, table, positions, index, b, t, d)) \
    X(void, embedding_backward, (float* dtable, float* dpositions, const float* dx, const int64_t* index, int64_t b, int64_t t, int64_t d), \
        (dtable, dpositions, dx, index, b, t, d)) \
    X(void, add_rows, (float* y, const float* x, const float* bias, int64_t rows, int64_t d), (y, x, bias, rows, d)) \
    X(void, add_column_sums, (float* sums, const float* x, int64_t rows, int64_t d), (sums, x, rows, d)) \
    /* matmul.cpp */ \
    X(void, gemm, (float* c, int64_t ldc, const float* a, int64_t ars, int64_t acs, const float* b, int64_t brs, int64_t bcs, \
        int64_t m, int64_t n, int64_t k, float alpha, int accumulate, const float* bias), \
        (c, ldc, a, ars, acs, b, brs, bcs, m, n, k, alpha, accumulate, bias))
