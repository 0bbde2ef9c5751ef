// The global norm and AdamW on flat buffers, one pass over memory each.
#include "vector.h"

// In float over blocks of 4096 elements, in double across them.
HT_KERNEL(double, sum_of_squares, (const float* x, int64_t n)) {
    double total = 0;
    for (int64_t at = 0; at < n; at += 4096) {
        int64_t length = n - at < 4096 ? n - at : 4096;
        const float* p = x + at;
        vf a = {}, b = {}, c = {}, d = {};
        int64_t j = 0;
        for (; j + 4 * W <= length; j += 4 * W) {
            vf s = load(p + j), t = load(p + j + W), u = load(p + j + 2 * W), v = load(p + j + 3 * W);
            a += s * s; b += t * t; c += u * u; d += v * v;
        }
        for (; j < length; j += W) {
            vf s = j + W <= length ? load(p + j) : load_some(p + j, length - j);
            a += s * s;
        }
        total += sum_lanes((a + b) + (c + d));
    }
    return total;
}

// Loshchilov and Hutter 2019 (1711.05101), algorithm 2, in the order of PyTorch's AdamW: decay, moments, update.
// correction1 = 1 - beta1^step, correction2 = 1 - beta2^step; grad_scale multiplies the gradient first (clipping).
HT_KERNEL(void, adamw, (float* p, float* g, float* m, float* v, int64_t n, float lr, float beta1, float beta2, float eps, float decay,
    float correction1, float correction2, float grad_scale, int zero_grad)) {
    const float keep = 1.0f - lr * decay, step = lr / correction1, root = 1.0f / sqrtf(correction2);
    HT_EACH(n, {
        vf grad = LOAD(g) * grad_scale;
        vf mean = LOAD(m);
        mean = mean + (grad - mean) * (1.0f - beta1);
        vf square = LOAD(v) * beta2 + grad * grad * (1.0f - beta2);
        vf deviation;
        for (int l = 0; l < W; l++) deviation[l] = __builtin_sqrtf(square[l]);
        vf x = LOAD(p) * keep - step * mean / (deviation * root + eps);
        STORE(m, mean);
        STORE(v, square);
        STORE(p, x);
        if (zero_grad) STORE(g, (vf){});
    });
}

// to += from, and from is forgotten: one lane's gradient joins another's.
HT_KERNEL(void, drain, (float* to, float* from, int64_t n)) {
    HT_EACH(n, { STORE(to, LOAD(to) + LOAD(from)); STORE(from, (vf){}); });
}
