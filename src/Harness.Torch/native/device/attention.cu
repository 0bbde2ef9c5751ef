// Between the packed projection [B, T, 3, HEADS, UNITS] and the attention kernel's queries, keys and values [B, T, HEADS, UNITS] each, with the rotation by
// position where ROTARY=1 (Su et al. 2021, 2104.09864, eq. 15: units i and i + UNITS/2 turn together), and back. A thread a pair of units.
#define HALF (UNITS / 2)

__device__ inline i64 pairs_of(int tokens) { return static_cast<i64>(tokens) * HEADS * HALF; }

// cos and sin are [context, UNITS/2], fp32; tokens = B T.
KERNEL(attention_unpack)(real* q, real* k, real* v, const real* packed, const float* cos, const float* sin, int tokens, int context) {
    for (i64 at = blockIdx.x * static_cast<i64>(blockDim.x) + threadIdx.x; at < pairs_of(tokens); at += static_cast<i64>(gridDim.x) * blockDim.x) {
        const int i = static_cast<int>(at % HALF), head = static_cast<int>(at / HALF % HEADS);
        const i64 token = at / HALF / HEADS;
        const i64 from = (token * 3 * HEADS + head) * UNITS + i, to = (token * HEADS + head) * UNITS + i, stride = HEADS * UNITS;
#if ROTARY
        const float c = cos[token % context * HALF + i], s = sin[token % context * HALF + i];
        const float q0 = wide(packed[from]), q1 = wide(packed[from + HALF]), k0 = wide(packed[from + stride]), k1 = wide(packed[from + stride + HALF]);
        set(q[to], q0 * c - q1 * s);
        set(q[to + HALF], q0 * s + q1 * c);
        set(k[to], k0 * c - k1 * s);
        set(k[to + HALF], k0 * s + k1 * c);
#else
        q[to] = packed[from];
        q[to + HALF] = packed[from + HALF];
        k[to] = packed[from + stride];
        k[to + HALF] = packed[from + stride + HALF];
#endif
        v[to] = packed[from + 2 * stride];
        v[to + HALF] = packed[from + 2 * stride + HALF];
    }
}

// The same for gradients, the rotation turned back.
KERNEL(attention_pack)(real* packed, const real* q, const real* k, const real* v, const float* cos, const float* sin, int tokens, int context) {
    for (i64 at = blockIdx.x * static_cast<i64>(blockDim.x) + threadIdx.x; at < pairs_of(tokens); at += static_cast<i64>(gridDim.x) * blockDim.x) {
        const int i = static_cast<int>(at % HALF), head = static_cast<int>(at / HALF % HEADS);
        const i64 token = at / HALF / HEADS;
        const i64 to = (token * 3 * HEADS + head) * UNITS + i, from = (token * HEADS + head) * UNITS + i, stride = HEADS * UNITS;
#if ROTARY
        const float c = cos[token % context * HALF + i], s = sin[token % context * HALF + i];
        const float q0 = wide(q[from]), q1 = wide(q[from + HALF]), k0 = wide(k[from]), k1 = wide(k[from + HALF]);
        set(packed[to], q0 * c + q1 * s);
        set(packed[to + HALF], q1 * c - q0 * s);
        set(packed[to + stride], k0 * c + k1 * s);
        set(packed[to + stride + HALF], k1 * c - k0 * s);
#else
        packed[to] = q[from];
        packed[to + HALF] = q[from + HALF];
        packed[to + stride] = k[from];
        packed[to + stride + HALF] = k[from + HALF];
#endif
        packed[to + 2 * stride] = v[from];
        packed[to + 2 * stride + HALF] = v[from + HALF];
    }
}
