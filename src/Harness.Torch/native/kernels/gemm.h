// A matrix product for small operands that are in cache already: C [m, n] (+)= A [m, k] B [k, n], without packing.
// A has any strides, B and C have contiguous rows, and n is a multiple of W (the callers pad).
#pragma once
#include "vector.h"

// FarC: C may lie outside the nearest caches, and comes while the tile is summed up.
template <int MR, int NV, bool FarC = false>
static inline __attribute__((always_inline)) void gemm_tile(
    float* c, int64_t ldc, const float* a, int64_t ars, int64_t acs, const float* b, int64_t ldb, int64_t k, bool accumulate, const float* bias = NULL) {
    vf sum[MR][NV];
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++)
#pragma GCC unroll 8
        for (int j = 0; j < NV; j++) {
            if (FarC) __builtin_prefetch(c + i * ldc + j * W, 1);
            sum[i][j] = bias ? load(bias + j * W) : (vf){};
        }
    for (int64_t q = 0; q < k; q++) {
        vf row[NV];
#pragma GCC unroll 8
        for (int j = 0; j < NV; j++) row[j] = load(b + q * ldb + j * W);
#pragma GCC unroll 16
        for (int i = 0; i < MR; i++) {
            vf x = splat(a[i * ars + q * acs]);
#pragma GCC unroll 8
            for (int j = 0; j < NV; j++) sum[i][j] += x * row[j];
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++)
#pragma GCC unroll 8
        for (int j = 0; j < NV; j++) store(c + i * ldc + j * W, accumulate ? load(c + i * ldc + j * W) + sum[i][j] : sum[i][j]);
}

template <int MR, int NV>
static void gemm_columns(float* c, int64_t ldc, const float* a, int64_t ars, int64_t acs, const float* b, int64_t ldb, int64_t m, int64_t k, bool accumulate) {
    int64_t i = 0;
    for (; i + MR <= m; i += MR) gemm_tile<MR, NV>(c + i * ldc, ldc, a + i * ars, ars, acs, b, ldb, k, accumulate);
    for (; i + 2 <= m; i += 2) gemm_tile<2, NV>(c + i * ldc, ldc, a + i * ars, ars, acs, b, ldb, k, accumulate);
    for (; i < m; i++) gemm_tile<1, NV>(c + i * ldc, ldc, a + i * ars, ars, acs, b, ldb, k, accumulate);
}

static void gemm(float* c, int64_t ldc, const float* a, int64_t ars, int64_t acs, const float* b, int64_t ldb, int64_t m, int64_t n, int64_t k, bool accumulate) {
    int64_t j = 0;
#if defined(__AVX512F__)
    for (; j + 4 * W <= n; j += 4 * W) gemm_columns<6, 4>(c + j, ldc, a, ars, acs, b + j, ldb, m, k, accumulate);
    for (; j + 2 * W <= n; j += 2 * W) gemm_columns<12, 2>(c + j, ldc, a, ars, acs, b + j, ldb, m, k, accumulate);
    for (; j + W <= n; j += W) gemm_columns<12, 1>(c + j, ldc, a, ars, acs, b + j, ldb, m, k, accumulate);
#else
    for (; j + 2 * W <= n; j += 2 * W) gemm_columns<6, 2>(c + j, ldc, a, ars, acs, b + j, ldb, m, k, accumulate);
    for (; j + W <= n; j += W) gemm_columns<6, 1>(c + j, ldc, a, ars, acs, b + j, ldb, m, k, accumulate);
#endif
}
