// A vector of floats as wide as the instructions this file is compiled for, and the functions that the kernels need of it.
// Everything here has internal linkage, and nothing here uses the C++ library: an inline function of the library, compiled for AVX-512
// and shared by the linker, would crash on a processor without it.
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

#define HT_JOIN_(a, b) a##_##b
#define HT_JOIN(a, b) HT_JOIN_(a, b)
#define HT_KERNEL(type, name, parameters) extern "C" type HT_JOIN(name, HT_LEVEL) parameters
#define HT_INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__)
enum { W = 16 };
#elif defined(__AVX__)
enum { W = 8 };
#else
enum { W = 4 };
#endif
typedef float vf __attribute__((vector_size(4 * W)));
typedef int32_t vi __attribute__((vector_size(4 * W)));
typedef float vf_unaligned __attribute__((vector_size(4 * W), aligned(4), may_alias));

HT_INLINE vf load(const float* p) { return *(const vf_unaligned*)p; }
HT_INLINE void store(float* p, vf v) { *(vf_unaligned*)p = v; }
HT_INLINE vf splat(float x) { return x - (vf){}; }

// The first n < W elements; the others are zero, or left alone.
HT_INLINE vf load_some(const float* p, int64_t n) { float t[W] = {}; for (int64_t i = 0; i < n; i++) t[i] = p[i]; return load(t); }
HT_INLINE void store_some(float* p, vf v, int64_t n) { float t[W]; store(t, v); for (int64_t i = 0; i < n; i++) p[i] = t[i]; }

// Lanes in pairs, so that the result doesn't depend on the compiler's mood.
HT_INLINE float sum_lanes(vf v) {
    float t[W];
    store(t, v);
    for (int n = W / 2; n > 0; n /= 2) for (int i = 0; i < n; i++) t[i] += t[i + n];
    return t[0];
}
HT_INLINE vf larger(vf a, vf b) { return a > b ? a : b; }
HT_INLINE float max_lanes(vf v) {
    float t[W];
    store(t, v);
    for (int n = W / 2; n > 0; n /= 2) for (int i = 0; i < n; i++) t[i] = t[i] > t[i + n] ? t[i] : t[i + n];
    return t[0];
}

// Runs a body over n elements, whole vectors first. In the body, LOAD(p) and STORE(p, v) are relative to the place reached.
#define HT_EACH(n, ...) do { \
    int64_t ht_at = 0; \
    { auto LOAD = [&](const float* p) __attribute__((always_inline)) { return load(p + ht_at); }; \
      auto STORE = [&](float* p, vf v) __attribute__((always_inline)) { store(p + ht_at, v); }; \
      (void)STORE; \
      for (; ht_at + W <= (n); ht_at += W) { __VA_ARGS__ } } \
    if (ht_at < (n)) { int64_t rest = (n) - ht_at; \
      auto LOAD = [&](const float* p) __attribute__((always_inline)) { return load_some(p + ht_at, rest); }; \
      auto STORE = [&](float* p, vf v) __attribute__((always_inline)) { store_some(p + ht_at, v, rest); }; \
      (void)STORE; \
      __VA_ARGS__ } \
} while (0)

// e^x by Cody and Waite's reduction and a polynomial of degree 6 (coefficients of Moshier's Cephes, expf): relative error below 2e-7
// for |x| < 87; below -87.3 it stays at the smallest normal number, above 88.3 at 2.4e38. NaN stays NaN.
HT_INLINE vf vexp(vf x) {
    x = x < -87.33654f ? splat(-87.33654f) : x;
    x = x > 88.37626f ? splat(88.37626f) : x;
    const vf shift = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number
    vf n = (x * 1.44269504088896341f + shift) - shift;
    vf r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    vf p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    vi e = (__builtin_convertvector(n, vi) + 127) << 23;
    return p * (vf)e;
}

// Scratch memory of this thread, at least n floats, aligned; it only grows. slot: one per buffer that is in use at the same time.
HT_INLINE float* scratch(int slot, int64_t n) {
    static thread_local struct { float* p; int64_t n; } held[8];
    if (held[slot].n < n) {
        free(held[slot].p);
        held[slot].n = (n + 1023) / 1024 * 1024;
        held[slot].p = (float*)aligned_alloc(64, held[slot].n * sizeof(float));
        if (!held[slot].p) abort();
    }
    return held[slot].p;
}
