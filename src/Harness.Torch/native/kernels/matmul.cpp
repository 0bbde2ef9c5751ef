// A matrix product for the shapes of small transformers: thousands of rows against a weight matrix, and the products of two such tall matrices that are
// the weights' gradients. B is packed once, in blocks of panels of at most 4 vectors' width that fit the second-level cache; a transposed A is packed once
// a block in strips as wide as a tile is tall; every tile of 24 vectors stays in registers over the block's depth.
// Measured on an AMD Zen 4 core: experiments/LOG.md, "The matrix product".
#include "gemm.h"
#include "transpose.h"

namespace {

#if defined(__AVX512F__)
constexpr int Widest = 4;
template <int NV> constexpr int Rows = NV == 4 ? 6 : NV == 3 ? 8 : 12;
#else
constexpr int Widest = 2;
template <int NV> constexpr int Rows = 6;
#endif
constexpr int64_t Group = 48;            // rows of A that one panel meets before the next one's turn; a multiple of every Rows
constexpr int64_t BlockFloats = 1 << 17;  // of packed B: half of a second-level cache of 1 MB
constexpr int64_t MostColumns = 512;

// One panel of NV vectors' width, [k, NV * W], times alpha; what lies beyond `width` is zero.
template <int NV>
void pack(float* to, const float* b, int64_t brs, int64_t bcs, int64_t k, int64_t width, float alpha) {
    constexpr int64_t NR = NV * W;
    if (bcs == 1) {
        for (int64_t q = 0; q < k; q++) {
            const float* from = b + q * brs;
            float* row = to + q * NR;
            int64_t c = 0;
            for (; c + W <= width; c += W) store(row + c, load(from + c) * alpha);
            for (; c < width; c++) row[c] = from[c] * alpha;
            for (; c < NR; c++) row[c] = 0;
        }
        return;
    }
    if (brs == 1) {
        int64_t c = 0;
        for (; c < width; c += W) transpose(to + c, NR, b + c * bcs, bcs, width - c < W ? width - c : W, k, alpha);
        for (; c < NR; c += W) for (int64_t q = 0; q < k; q++) store(to + q * NR + c, (vf){});
        return;
    }
    for (int64_t q = 0; q < k; q++)
        for (int64_t c = 0; c < NR; c++) to[q * NR + c] = c < width ? b[q * brs + c * bcs] * alpha : 0.0f;
}

struct Sides { int64_t ldc, k, width; const float* bias; bool accumulate; };

template <int R, int NV>
void tile(float* c, const float* a, int64_t ars, int64_t acs, const float* panel, const Sides& s) {
    constexpr int64_t NR = NV * W;
    if (s.width == NR) {
        gemm_tile<R, NV, true>(c, s.ldc, a, ars, acs, panel, NR, s.k, s.accumulate, s.bias);
        return;
    }
    float partial[R * NR];
    gemm_tile<R, NV>(partial, NR, a, ars, acs, panel, NR, s.k, false);
    for (int i = 0; i < R; i++)
        for (int64_t j = 0; j < s.width; j++)
            c[i * s.ldc + j] = partial[i * NR + j] + (s.accumulate ? c[i * s.ldc + j] : s.bias ? s.bias[j] : 0.0f);
}

// A strip [R columns of A', k] as k runs of R floats.
template <int R>
void pack_strip(float* to, const float* a, int64_t ars, int64_t acs, int64_t k) {
    if (ars == 1) for (int64_t q = 0; q < k; q++) memcpy(to + q * R, a + q * acs, R * sizeof(float));
    else for (int64_t q = 0; q < k; q++) for (int i = 0; i < R; i++) to[q * R + i] = a[i * ars + q * acs];
}

// Every tile row of a group of at most Group rows: as many as fit of R rows, then of 4, then single ones.
template <int R, class Visit>
void each_strip(int64_t rows, Visit visit) {
    int64_t i = 0;
    for (; i + R <= rows; i += R) visit.template operator()<R>(i);
    for (; i + 4 <= rows; i += 4) visit.template operator()<4>(i);
    for (; i < rows; i++) visit.template operator()<1>(i);
}

template <int NV>
void meet(float* c, const float* a, int64_t ars, int64_t acs, const float* strips, int64_t rows, const float* panel, const Sides& s) {
    each_strip<Rows<NV>>(rows, [&]<int R>(int64_t i) {
        if (strips) tile<R, NV>(c + i * s.ldc, strips + i * s.k, 1, R, panel, s);
        else tile<R, NV>(c + i * s.ldc, a + i * ars, ars, acs, panel, s);
    });
}

// Vectors of the panel that begins with so many columns left: 5 vectors are better as 3 and 2.
int vectors_of(int64_t left) {
    const int vectors = (int)((left + W - 1) / W);
    return vectors <= Widest ? vectors : vectors == Widest + 1 && Widest > 2 ? 3 : Widest;
}

#if defined(__AVX512F__)
#define HT_BY_VECTORS(n, F, ...) switch (n) { case 4: F<4>(__VA_ARGS__); break; case 3: F<3>(__VA_ARGS__); break; case 2: F<2>(__VA_ARGS__); break; default: F<1>(__VA_ARGS__); }
#else
#define HT_BY_VECTORS(n, F, ...) switch (n) { case 2: F<2>(__VA_ARGS__); break; default: F<1>(__VA_ARGS__); }
#endif

}  // namespace

// C [m, n] = bias [n] or 0, or C where accumulate is set, plus alpha A B. A(i, q) = a[i * ars + q * acs], B(q, j) = b[q * brs + j * bcs];
// C has contiguous rows.
HT_KERNEL(void, gemm, (float* c, int64_t ldc, const float* a, int64_t ars, int64_t acs, const float* b, int64_t brs, int64_t bcs,
    int64_t m, int64_t n, int64_t k, float alpha, int accumulate, const float* bias)) {
    if (k == 0 && !accumulate)
        for (int64_t i = 0; i < m; i++) for (int64_t j = 0; j < n; j++) c[i * ldc + j] = bias ? bias[j] : 0.0f;
    for (int64_t first = 0; first < n; first += MostColumns) {
        const int64_t columns = n - first < MostColumns ? n - first : MostColumns, wide = (columns + W - 1) / W * W;
        const int64_t most = BlockFloats / wide, depth = most > 512 ? 512 : most / 16 * 16;
        // Columns of A are read where they lie when a single panel meets them, or when their rows are close enough not to evict each other (measured).
        const bool in_strips = acs != 1 && columns > Widest * W && acs >= 512;
        // One panel of B whose rows lie as packing would lay them.
        const bool as_it_is = bcs == 1 && brs == columns && columns == Widest * W && alpha == 1;
        for (int64_t q = 0; q < k; q += depth) {
            const bool onto = accumulate || q > 0;  // the bias comes once, with the first block
            const int64_t deep = k - q < depth ? k - q : depth;
            float* packed = as_it_is ? NULL : scratch(0, depth * wide);
            const float* block = as_it_is ? b + q * brs + first : packed;
            for (int64_t j = 0; j < columns && !as_it_is;) {
                const int vectors = vectors_of(columns - j);
                const int64_t width = columns - j < vectors * W ? columns - j : vectors * W;
                const float* with = b + q * brs + (first + j) * bcs;
                HT_BY_VECTORS(vectors, pack, packed + j * deep, with, brs, bcs, deep, width, alpha);
                j += vectors * W;
            }
            for (int64_t from = 0; from < m; from += Group) {
                const int64_t rows = m - from < Group ? m - from : Group;
                const float *left = a + from * ars + q * acs, *strips = NULL;
                int packed_for = 0;  // vectors of the panel: strips are as wide as its tiles are tall
                for (int64_t j = 0; j < columns;) {
                    const int vectors = vectors_of(columns - j);
                    const int64_t width = columns - j < vectors * W ? columns - j : vectors * W;
                    const Sides s = { ldc, deep, width, bias && !onto ? bias + first + j : NULL, onto };
                    if (in_strips && packed_for != vectors) {
                        float* to = scratch(1, Group * depth);
                        auto strip = [&]<int R>(int64_t i) { pack_strip<R>(to + i * deep, left + i * ars, ars, acs, deep); };
                        switch (vectors) {
#if defined(__AVX512F__)
                            case 4: each_strip<Rows<4>>(rows, strip); break;
                            case 3: each_strip<Rows<3>>(rows, strip); break;
#endif
                            case 2: each_strip<Rows<2>>(rows, strip); break;
                            default: each_strip<Rows<1>>(rows, strip); break;
                        }
                        strips = to;
                        packed_for = vectors;
                    }
                    HT_BY_VECTORS(vectors, meet, c + from * ldc + first + j, left, ars, acs, strips, rows, block + j * deep, s);
                    j += vectors * W;
                }
            }
        }
    }
}
