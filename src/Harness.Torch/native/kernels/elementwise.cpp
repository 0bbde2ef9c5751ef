// Embeddings, rotary positions, biases.
#include "vector.h"

// x [B, T, D] = table [V, D] at index [B, T], plus positions [T, D] where given.
HT_KERNEL(void, embedding_forward, (float* x, const float* table, const float* positions, const int64_t* index, int64_t b, int64_t t, int64_t d)) {
    for (int64_t row = 0; row < b * t; row++) {
        const float* from = table + index[row] * d;
        float* to = x + row * d;
        if (positions) { const float* p = positions + row % t * d; HT_EACH(d, { STORE(to, LOAD(from) + LOAD(p)); }); }
        else memcpy(to, from, d * sizeof(float));
    }
}

// Adds to both gradients, always in the same order.
HT_KERNEL(void, embedding_backward, (float* dtable, float* dpositions, const float* dx, const int64_t* index, int64_t b, int64_t t, int64_t d)) {
    for (int64_t row = 0; row < b * t; row++) {
        const float* g = dx + row * d;
        float* to = dtable + index[row] * d;
        HT_EACH(d, { STORE(to, LOAD(to) + LOAD(g)); });
        if (dpositions) { float* p = dpositions + row % t * d; HT_EACH(d, { STORE(p, LOAD(p) + LOAD(g)); }); }
    }
}

// Rotary positions (Su et al. 2021, 2104.09864) in place on the first `rotated` of `parts` blocks of each row [B, T, parts, H, hd]: pairs are
// (i, i + hd/2), as in Llama's published weights. cos and sin are [T, hd/2]. inverse turns back, which is also the gradient.
HT_KERNEL(void, rotary, (float* qkv, const float* cos, const float* sin, int64_t b, int64_t t, int64_t h, int64_t hd, int64_t parts, int64_t rotated, int inverse)) {
    const int64_t half = hd / 2;
    const float sign = inverse ? -1.0f : 1.0f;
    for (int64_t row = 0; row < b * t; row++) {
        const float *c = cos + row % t * half, *s = sin + row % t * half;
        for (int64_t head = 0; head < rotated * h; head++) {
            float *x = qkv + (row * parts * h + head) * hd, *y = x + half;
            HT_EACH(half, {
                vf p = LOAD(x);
                vf q = LOAD(y);
                vf co = LOAD(c);
                vf si = LOAD(s) * sign;
                STORE(x, p * co - q * si);
                STORE(y, q * co + p * si);
            });
        }
    }
}

// y [N, D] = x + bias [D]; y may be x.
HT_KERNEL(void, add_rows, (float* y, const float* x, const float* bias, int64_t rows, int64_t d)) {
    for (int64_t row = 0; row < rows; row++) HT_EACH(d, { STORE(y + row * d, LOAD(x + row * d) + LOAD(bias)); });
}

// Adds the sum of the rows of x [N, D] to sums [D].
HT_KERNEL(void, add_column_sums, (float* sums, const float* x, int64_t rows, int64_t d)) {
    for (int64_t row = 0; row < rows; row++) HT_EACH(d, { STORE(sums, LOAD(sums) + LOAD(x + row * d)); });
}
