// Causal attention (Vaswani et al. 2017, 1706.03762, eq. 1), forward and backward, without the [T, T] matrix in memory: a band of query rows
// at a time, keys up to the band's last row only, probabilities recomputed in the backward pass from the stored log-sum-exp
// (the idea of Dao et al. 2022, 2205.14135; a whole row of keys fits the cache here, so that no online softmax is needed).
#include "gemm.h"
#include "transpose.h"

enum { Band = 48 };

HT_INLINE int64_t padded(int64_t n) { return (n + W - 1) / W * W; }

// to [T, ld] = from [T, hd] with rows `stride` apart; columns beyond hd are zero.
static void gather(float* to, int64_t ld, const float* from, int64_t stride, int64_t t, int64_t hd) {
    for (int64_t i = 0; i < t; i++) {
        memcpy(to + i * ld, from + i * stride, hd * sizeof(float));
        for (int64_t c = hd; c < ld; c++) to[i * ld + c] = 0;
    }
}

HT_KERNEL(void, attention_forward, (float* out, float* lse, const float* qkv, int64_t b, int64_t t, int64_t h, int64_t hd, float scale)) {
    const int64_t row = 3 * h * hd, tp = padded(t), hp = padded(hd);
    float *kt = scratch(0, hd * tp), *v = scratch(1, t * hp), *s = scratch(2, Band * tp), *o = scratch(3, Band * hp);
    for (int64_t head = 0; head < b * h; head++) {
        const float* q = qkv + head / h * t * row + head % h * hd;
        transpose(kt, tp, q + h * hd, row, t, hd);
        gather(v, hp, q + 2 * h * hd, row, t, hd);
        for (int64_t from = 0; from < t; from += Band) {
            const int64_t rows = t - from < Band ? t - from : Band, keys = from + rows, kp = padded(keys);
            gemm(s, tp, q + from * row, row, 1, kt, tp, rows, kp, hd, false);
            float inverse[Band];
            for (int64_t i = 0; i < rows; i++) {
                float* p = s + i * tp;
                const int64_t n = from + i + 1;
                for (int64_t j = n; j < kp; j++) p[j] = -INFINITY;
                vf best = load(p);
                for (int64_t j = W; j < n; j += W) best = larger(load(p + j), best);
                const float top = max_lanes(best) * scale;
                vf sums = {};
                for (int64_t j = 0; j < n; j += W) {
                    vf x = load(p + j);
                    vf e = vexp(x * scale - top);
                    e = x == -INFINITY ? (vf){} : e;
                    store(p + j, e);
                    sums += e;
                }
                for (int64_t j = padded(n); j < kp; j++) p[j] = 0;
                const float sum = sum_lanes(sums);
                inverse[i] = 1.0f / sum;
                lse[head * t + from + i] = top + logf(sum);
            }
            gemm(o, hp, s, tp, 1, v, hp, rows, hp, keys, false);
            for (int64_t i = 0; i < rows; i++) {
                float* to = out + (head / h * t + from + i) * h * hd + head % h * hd;
                const float* x = o + i * hp;
                HT_EACH(hd, { STORE(to, LOAD(x) * inverse[i]); });
            }
        }
    }
}

HT_KERNEL(void, attention_backward, (float* dqkv, const float* dout, const float* out, const float* lse, const float* qkv, int64_t b, int64_t t, int64_t h, int64_t hd, float scale)) {
    const int64_t row = 3 * h * hd, orow = h * hd, tp = padded(t), hp = padded(hd);
    float *kt = scratch(0, 2 * hd * tp), *vt = kt + hd * tp;
    float *k = scratch(1, 3 * t * hp), *q = k + t * hp, *go = q + t * hp;
    float *p = scratch(2, 2 * Band * tp), *ds = p + Band * tp;
    float *dk = scratch(3, (2 * t + Band) * hp), *dv = dk + t * hp, *dq = dv + t * hp;
    for (int64_t head = 0; head < b * h; head++) {
        const float* base = qkv + head / h * t * row + head % h * hd;
        const float* g = dout + head / h * t * orow + head % h * hd;
        const float* o = out + head / h * t * orow + head % h * hd;
        transpose(kt, tp, base + orow, row, t, hd);
        transpose(vt, tp, base + 2 * orow, row, t, hd);
        gather(q, hp, base, row, t, hd);
        gather(k, hp, base + orow, row, t, hd);
        gather(go, hp, g, orow, t, hd);
        memset(dk, 0, 2 * t * hp * sizeof(float));
        float* to = dqkv + head / h * t * row + head % h * hd;
        for (int64_t from = 0; from < t; from += Band) {
            const int64_t rows = t - from < Band ? t - from : Band, keys = from + rows, kp = padded(keys);
            gemm(p, tp, q + from * hp, hp, 1, kt, tp, rows, kp, hd, false);
            gemm(ds, tp, go + from * hp, hp, 1, vt, tp, rows, kp, hd, false);
            for (int64_t i = 0; i < rows; i++) {
                vf dots = {};
                const float *gi = g + (from + i) * orow, *oi = o + (from + i) * orow;
                HT_EACH(hd, { dots += LOAD(gi) * LOAD(oi); });
                const float dot = sum_lanes(dots), l = lse[head * t + from + i];
                float *pi = p + i * tp, *di = ds + i * tp;
                const int64_t n = from + i + 1;
                for (int64_t j = n; j < kp; j++) pi[j] = -INFINITY;
                for (int64_t j = 0; j < kp; j += W) {
                    vf x = load(pi + j);
                    vf e = vexp(x * scale - l);
                    e = x == -INFINITY ? (vf){} : e;
                    store(pi + j, e);
                    store(di + j, e * (load(di + j) - dot) * scale);
                }
            }
            gemm(dq, hp, ds, tp, 1, k, hp, rows, hp, keys, false);
            for (int64_t i = 0; i < rows; i++) memcpy(to + (from + i) * row, dq + i * hp, hd * sizeof(float));
            gemm(dk, hp, ds, 1, tp, q + from * hp, hp, keys, hp, rows, true);
            gemm(dv, hp, p, 1, tp, go + from * hp, hp, keys, hp, rows, true);
        }
        for (int64_t i = 0; i < t; i++) {
            memcpy(to + orow + i * row, dk + i * hp, hd * sizeof(float));
            memcpy(to + 2 * orow + i * row, dv + i * hp, hd * sizeof(float));
        }
    }
}
