// GELU (Hendrycks and Gimpel 2016, 1606.08415), exact and by tanh, and SwiGLU (Shazeer 2020, 2002.05202).
#include "vector.h"

// The normal distribution's function and density at x. Half of erfc by Abramowitz and Stegun 7.1.26: absolute error of the function below 1.5e-7.
struct normal { vf below, density; };
HT_INLINE normal normal_at(vf x) {
    vf z = x * 0.70710678118654752f;
    vf a = z < 0.0f ? -z : z;
    vf e = vexp(-z * z);
    vf t = 1.0f / (1.0f + 0.3275911f * a);
    vf p = splat(1.061405429f);
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    vf tail = 0.5f * p * t * e;
    return { x < 0.0f ? tail : 1.0f - tail, e * 0.39894228040143268f };
}
HT_INLINE vf gelu(vf x) { return x * normal_at(x).below; }
HT_INLINE vf gelu_slope(vf x) { normal n = normal_at(x); return n.below + x * n.density; }

// 0.5 x (1 + tanh(u)) = x / (1 + exp(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3)
HT_INLINE vf logistic(vf x) { return 1.0f / (1.0f + vexp(-x)); }
HT_INLINE vf gelu_tanh(vf x) { return x * logistic(1.5957691216057308f * (x + 0.044715f * x * x * x)); }
HT_INLINE vf gelu_tanh_slope(vf x) {
    vf e = vexp(-1.5957691216057308f * (x + 0.044715f * x * x * x));
    vf s = 1.0f / (1.0f + e);  // 1 - s is e s: no digits are lost where s is near 1
    return s + x * (s * (e * s)) * (1.5957691216057308f * (1.0f + 0.134145f * x * x));
}

#define HT_ROWS(body_with_bias, body) do { \
    if (bias) for (int64_t row = 0; row < rows; row++) { const int64_t o = row * f; HT_EACH(f, body_with_bias); } \
    else { const int64_t o = 0; const int64_t all = rows * f; HT_EACH(all, body); } \
} while (0)

HT_KERNEL(void, gelu_forward, (float* y, const float* x, const float* bias, int64_t rows, int64_t f, int tanh)) {
    if (tanh) HT_ROWS({ STORE(y + o, gelu_tanh(LOAD(x + o) + LOAD(bias))); }, { STORE(y + o, gelu_tanh(LOAD(x + o))); });
    else HT_ROWS({ STORE(y + o, gelu(LOAD(x + o) + LOAD(bias))); }, { STORE(y + o, gelu(LOAD(x + o))); });
}

// dbias is added to where a bias is given.
HT_KERNEL(void, gelu_backward, (float* dx, float* dbias, const float* dy, const float* x, const float* bias, int64_t rows, int64_t f, int tanh)) {
    if (tanh)
        HT_ROWS({ vf g = LOAD(dy + o) * gelu_tanh_slope(LOAD(x + o) + LOAD(bias)); STORE(dx + o, g); STORE(dbias, LOAD(dbias) + g); },
            { STORE(dx + o, LOAD(dy + o) * gelu_tanh_slope(LOAD(x + o))); });
    else
        HT_ROWS({ vf g = LOAD(dy + o) * gelu_slope(LOAD(x + o) + LOAD(bias)); STORE(dx + o, g); STORE(dbias, LOAD(dbias) + g); },
            { STORE(dx + o, LOAD(dy + o) * gelu_slope(LOAD(x + o))); });
}

// y [N, F] = silu(gate) * up; gate and up have rows `stride` apart, so that they may be halves of one [N, 2F].
HT_KERNEL(void, swiglu_forward, (float* y, const float* gate, const float* up, int64_t rows, int64_t f, int64_t stride)) {
    for (int64_t row = 0; row < rows; row++) {
        const float *g = gate + row * stride, *u = up + row * stride;
        float* out = y + row * f;
        HT_EACH(f, { vf x = LOAD(g); STORE(out, x * logistic(x) * LOAD(u)); });
    }
}

HT_KERNEL(void, swiglu_backward, (float* dgate, float* dup, const float* dy, const float* gate, const float* up, int64_t rows, int64_t f, int64_t stride)) {
    for (int64_t row = 0; row < rows; row++) {
        const float *g = gate + row * stride, *u = up + row * stride, *d = dy + row * f;
        float *dg = dgate + row * stride, *du = dup + row * stride;
        HT_EACH(f, {
            vf x = LOAD(g);
            vf e = vexp(-x);
            vf s = 1.0f / (1.0f + e);
            vf grad = LOAD(d);
            vf dx = grad * LOAD(u) * (s + x * (s * (e * s)));
            STORE(du, grad * x * s);
            STORE(dg, dx);
        });
    }
}
