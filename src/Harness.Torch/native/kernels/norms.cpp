// LayerNorm (Ba et al. 2016, 1607.06450) and RMSNorm (Zhang and Sennrich 2019, 1910.07467), forward and backward, with the residual
// addition before them. The variance is computed from the centred row, so that a large mean costs no digits.
#include "vector.h"

HT_KERNEL(void, layer_norm_forward, (float* y, float* sum, float* mean, float* rstd, const float* x, const float* r, const float* rbias,
    const float* w, const float* b, int64_t rows, int64_t d, float eps)) {
    for (int64_t row = 0; row < rows; row++) {
        const float* xr = x + row * d;
        float* yr = y + row * d;
        vf total = {};
        if (r) {
            const float* rr = r + row * d;
            float* sr = sum + row * d;
            if (rbias) HT_EACH(d, { vf s = LOAD(xr) + LOAD(rr) + LOAD(rbias); STORE(sr, s); total += s; });
            else HT_EACH(d, { vf s = LOAD(xr) + LOAD(rr); STORE(sr, s); total += s; });
            xr = sr;
        } else {
            HT_EACH(d, { total += LOAD(xr); });
        }
        const float mu = sum_lanes(total) / d;
        vf squares = {};
        int64_t i = 0;
        for (; i + W <= d; i += W) { vf c = load(xr + i) - mu; squares += c * c; }
        float variance = sum_lanes(squares);
        for (; i < d; i++) variance += (xr[i] - mu) * (xr[i] - mu);
        const float s = 1.0f / sqrtf(variance / d + eps);
        if (b) HT_EACH(d, { STORE(yr, (LOAD(xr) - mu) * s * LOAD(w) + LOAD(b)); });
        else HT_EACH(d, { STORE(yr, (LOAD(xr) - mu) * s * LOAD(w)); });
        mean[row] = mu;
        rstd[row] = s;
    }
}

// dw and db are added to; db may be NULL; dx is set, or added to where accumulate is set.
HT_KERNEL(void, layer_norm_backward, (float* dx, float* dw, float* db, const float* dy, const float* x, const float* mean, const float* rstd,
    const float* w, int64_t rows, int64_t d, int accumulate)) {
    for (int64_t row = 0; row < rows; row++) {
        const float* xr = x + row * d;
        const float* dyr = dy + row * d;
        float* dxr = dx + row * d;
        const float mu = mean[row], s = rstd[row];
        vf sum = {}, dot = {};
        HT_EACH(d, {
            vf g = LOAD(dyr);
            vf normal = (LOAD(xr) - mu) * s;
            STORE(dw, LOAD(dw) + g * normal);
            if (db) STORE(db, LOAD(db) + g);
            vf gw = g * LOAD(w);
            sum += gw;
            dot += gw * normal;
        });
        const float a = sum_lanes(sum) / d, c = sum_lanes(dot) / d;
        if (accumulate) HT_EACH(d, { STORE(dxr, LOAD(dxr) + (LOAD(dyr) * LOAD(w) - a - (LOAD(xr) - mu) * s * c) * s); });
        else HT_EACH(d, { STORE(dxr, (LOAD(dyr) * LOAD(w) - a - (LOAD(xr) - mu) * s * c) * s); });
    }
}

HT_KERNEL(void, rms_norm_forward, (float* y, float* sum, float* rstd, const float* x, const float* r, const float* w, int64_t rows, int64_t d, float eps)) {
    for (int64_t row = 0; row < rows; row++) {
        const float* xr = x + row * d;
        float* yr = y + row * d;
        vf squares = {};
        if (r) {
            const float* rr = r + row * d;
            float* sr = sum + row * d;
            HT_EACH(d, { vf s = LOAD(xr) + LOAD(rr); STORE(sr, s); squares += s * s; });
            xr = sr;
        } else {
            HT_EACH(d, { vf s = LOAD(xr); squares += s * s; });
        }
        const float s = 1.0f / sqrtf(sum_lanes(squares) / d + eps);
        HT_EACH(d, { STORE(yr, LOAD(xr) * s * LOAD(w)); });
        rstd[row] = s;
    }
}

HT_KERNEL(void, rms_norm_backward, (float* dx, float* dw, const float* dy, const float* x, const float* rstd, const float* w, int64_t rows, int64_t d, int accumulate)) {
    for (int64_t row = 0; row < rows; row++) {
        const float* xr = x + row * d;
        const float* dyr = dy + row * d;
        float* dxr = dx + row * d;
        const float s = rstd[row];
        vf dot = {};
        HT_EACH(d, {
            vf g = LOAD(dyr);
            vf normal = LOAD(xr) * s;
            STORE(dw, LOAD(dw) + g * normal);
            dot += g * LOAD(w) * normal;
        });
        const float c = sum_lanes(dot) / d;
        if (accumulate) HT_EACH(d, { STORE(dxr, LOAD(dxr) + (LOAD(dyr) * LOAD(w) - LOAD(xr) * s * c) * s); });
        else HT_EACH(d, { STORE(dxr, (LOAD(dyr) * LOAD(w) - LOAD(xr) * s * c) * s); });
    }
}
