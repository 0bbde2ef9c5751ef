// Picks the CPU kernels (kernels/*.cpp) that fit this processor, and finds the BLAS that libtorch has loaded.
#include "shim.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/from_blob.h>
#include <dlfcn.h>

#include "kernels/list.h"

#define HT_DECLARE(type, name, parameters, arguments) \
    extern "C" type name##_v2 parameters;
HT_KERNELS(HT_DECLARE)
#undef HT_DECLARE
#if defined(__x86_64__)
#define HT_DECLARE(type, name, parameters, arguments) \
    extern "C" type name##_v3 parameters; \
    extern "C" type name##_v4 parameters;
HT_KERNELS(HT_DECLARE)
#endif

namespace {

#define HT_FIELD(type, name, parameters, arguments) type(*name) parameters;
struct Table { HT_KERNELS(HT_FIELD) };

#define HT_V2(type, name, parameters, arguments) name##_v2,
#define HT_V3(type, name, parameters, arguments) name##_v3,
#define HT_V4(type, name, parameters, arguments) name##_v4,
const Table v2 = { HT_KERNELS(HT_V2) };
#if defined(__x86_64__)
const Table v3 = { HT_KERNELS(HT_V3) };
const Table v4 = { HT_KERNELS(HT_V4) };
#endif

int best() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))) return 2;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd") ? 4 : 3;
#else
    return 2;
#endif
}

const Table* of(int level) {
#if defined(__x86_64__)
    if (level >= 4) return &v4;
    if (level == 3) return &v3;
#endif
    return &v2;
}

int level = best();
const Table* chosen = of(level);

using Gemm = void (*)(const char*, const char*, const int*, const int*, const int*, const float*, const float*, const int*, const float*, const int*, const float*, float*, const int*);
Gemm find_gemm() { return reinterpret_cast<Gemm>(dlsym(RTLD_DEFAULT, "sgemm_")); }

}  // namespace

// The level of x86-64 instructions in use: 2 (SSE4), 3 (AVX2, FMA), 4 (AVX-512). A positive wish sets it, up to what the processor has.
HT_API int ht_kernel_level(int wish) {
    if (wish > 0) { level = wish < best() ? wish : best(); chosen = of(level); }
    return level;
}

#define HT_EXPORT(type, name, parameters, arguments) HT_API type ht_k_##name parameters { return chosen->name arguments; }
HT_KERNELS(HT_EXPORT)

// Whether ht_sgemm calls BLAS itself (Debian: OpenBLAS), and not through libtorch (wheels that hide MKL inside).
HT_API int ht_sgemm_is_blas() { static const bool there = find_gemm() != nullptr; return there; }

// Row-major C [m, n] = alpha op(A) op(B) + beta C, with row lengths lda, ldb, ldc.
HT_API int ht_sgemm(int ta, int tb, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
    static const Gemm gemm = find_gemm();
    if (gemm) {
        // Fortran sees the transposes: C' = op(B)' op(A)'.
        const int im = static_cast<int>(m), in = static_cast<int>(n), ik = static_cast<int>(k), ia = static_cast<int>(lda), ib = static_cast<int>(ldb), ic = static_cast<int>(ldc);
        gemm(tb ? "T" : "N", ta ? "T" : "N", &in, &im, &ik, &alpha, b, &ib, a, &ia, &beta, c, &ic);
        return 0;
    }
    return ht::status([&] {
        auto matrix = [](const float* p, int64_t rows, int64_t columns, int64_t ld, bool transposed) {
            return transposed ? at::from_blob(const_cast<float*>(p), {columns, rows}, {1, ld}, at::kFloat) : at::from_blob(const_cast<float*>(p), {rows, columns}, {ld, 1}, at::kFloat);
        };
        auto out = at::from_blob(c, {m, n}, {ldc, 1}, at::kFloat);
        at::addmm_out(out, out, ta ? matrix(a, k, m, lda, true) : matrix(a, m, k, lda, false), tb ? matrix(b, n, k, ldb, true) : matrix(b, k, n, ldb, false), beta, alpha);
    });
}
