// Blocks of W x W floats, rows to columns, in registers: log2(W) rounds that swap halves, quarters and so on between pairs of rows.
#pragma once
#include "vector.h"

template <int Half> HT_INLINE void swap_parts(vf& a, vf& b) {
    vi first, second;
    for (int l = 0; l < W; l++) {
        first[l] = l & Half ? W + l - Half : l;
        second[l] = l & Half ? W + l : l + Half;
    }
    const vf x = __builtin_shuffle(a, b, first);
    b = __builtin_shuffle(a, b, second);
    a = x;
}

template <int Half> HT_INLINE void transpose_round(vf (&r)[W]) {
#pragma GCC unroll 16
    for (int i = 0; i < W; i++)
        if (!(i & Half)) swap_parts<Half>(r[i], r[i + Half]);
}

HT_INLINE void transpose_block(vf (&r)[W]) {
    if constexpr (W > 8) transpose_round<8>(r);
    if constexpr (W > 4) transpose_round<4>(r);
    transpose_round<2>(r);
    transpose_round<1>(r);
}

// to [columns, ldto] = scale times the transpose of from [rows, columns] with rows ldfrom apart. Whole vectors of `to` are written: what lies beyond `rows`
// becomes zero, so that ldto must be `rows` rounded up to W or more.
static void transpose(float* to, int64_t ldto, const float* from, int64_t ldfrom, int64_t rows, int64_t columns, float scale = 1) {
    for (int64_t i = 0; i < rows; i += W) {
        const int64_t tall = rows - i < W ? rows - i : W;
        int64_t j = 0;
        for (; j + W <= columns && tall == W; j += W) {
            vf r[W];
#pragma GCC unroll 16
            for (int l = 0; l < W; l++) r[l] = load(from + (i + l) * ldfrom + j) * scale;
            transpose_block(r);
#pragma GCC unroll 16
            for (int l = 0; l < W; l++) store(to + (j + l) * ldto + i, r[l]);
        }
        for (; j < columns; j++) {
            float column[W] = {};
            for (int64_t l = 0; l < tall; l++) column[l] = from[(i + l) * ldfrom + j];
            store(to + j * ldto + i, load(column) * scale);
        }
    }
}
