// Rows of a table by token, and their gradients without atomics: the same bits each time. WIDTH elements a row.
#define PACKS (WIDTH / PACK)

// x[n] = table[tokens[n]] + positions[n mod context] (positions may be null); a block a token of a member.
KERNEL(embedding_forward)(real* x, const real* table, const real* positions, const i64* tokens, int context) {
    const i64 n = blockIdx.y * static_cast<i64>(gridDim.x) + blockIdx.x; // whole sequences a member
    table += blockIdx.y * static_cast<i64>(STRIDE);
    if (positions) positions += blockIdx.y * static_cast<i64>(STRIDE);
    for (int p = threadIdx.x; p < PACKS; p += blockDim.x) {
        Pack a = load(table + tokens[n] * WIDTH, p);
        if (positions) {
            const Pack b = load(positions + n % context * WIDTH, p);
            for (int i = 0; i < PACK; i++) set(a.at[i], wide(a.at[i]) + wide(b.at[i]));
        }
        store(x + n * WIDTH, p, a);
    }
}

__device__ inline int first_not_below(const i64* sorted, int count, i64 value) {
    int low = 0, high = count;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (sorted[middle] < value) low = middle + 1; else high = middle;
    }
    return low;
}

// Each warp brings its part of PACK sums a lane; the first warp adds them up in the warps' order, and to the pack at `own`. All threads must call; `inside` says whether the lane has a pack.
__device__ inline void add_joined(real* own, int p, const float* sum, float (*room)[32 * PACK], bool inside) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    for (int i = 0; i < PACK; i++) room[warp][lane * PACK + i] = sum[i];
    __syncthreads();
    if (warp != 0 || !inside) return;
    Pack out = load(own, p);
    for (int i = 0; i < PACK; i++) {
        float all = 0;
        for (int w = 0; w < warps; w++) all += room[w][lane * PACK + i];
        set(out.at[i], wide(out.at[i]) + all);
    }
    store(own, p, out);
}

// gradient[v] += the rows of dx whose token is v. sorted holds the tokens in rising order, order where each came from; with several members, a token of member m counts as
// m times the vocabulary more. A block a row of a table and 32 packs of its columns (blockIdx.y); its warps share the token's places.
KERNEL(embedding_backward)(real* gradient, const real* dx, const i64* sorted, const i64* order, int count) {
    __shared__ float room[32][32 * PACK];
    const i64 v = blockIdx.x, vocabulary = gridDim.x / MEMBERS;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32, p = blockIdx.y * 32 + lane;
    const int begin = first_not_below(sorted, count, v), end = first_not_below(sorted, count, v + 1);
    if (begin == end) return;  // the whole block
    float sum[PACK];
    for (int i = 0; i < PACK; i++) sum[i] = 0;
    if (p < PACKS) {
        for (int at = begin + warp; at < end; at += warps) {
            const Pack a = load(dx + order[at] * WIDTH, p);
            for (int i = 0; i < PACK; i++) sum[i] += wide(a.at[i]);
        }
    }
    add_joined(gradient + v / vocabulary * STRIDE + v % vocabulary * WIDTH, p, sum, room, p < PACKS);
}

// gradient[t] += the sum over a member's sequences of dx[b, t]. A block a position and 32 packs of its columns (TILES of them a position); its warps share the sequences.
#define TILES ((PACKS + 31) / 32)
KERNEL(position_backward)(real* gradient, const real* dx, int sequences, int context) {
    __shared__ float room[32][32 * PACK];
    const i64 t = blockIdx.x / TILES;
    const int warp = threadIdx.x / 32, warps = blockDim.x / 32, p = blockIdx.x % TILES * 32 + threadIdx.x % 32;
    dx += blockIdx.y * static_cast<i64>(sequences) * context * WIDTH;
    float sum[PACK];
    for (int i = 0; i < PACK; i++) sum[i] = 0;
    if (p < PACKS) {
        for (i64 b = warp; b < sequences; b += warps) {
            const Pack a = load(dx + (b * context + t) * WIDTH, p);
            for (int i = 0; i < PACK; i++) sum[i] += wide(a.at[i]);
        }
    }
    add_joined(gradient + blockIdx.y * static_cast<i64>(STRIDE) + t * WIDTH, p, sum, room, p < PACKS);
}
