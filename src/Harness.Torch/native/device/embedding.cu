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

// gradient[v] += the rows of dx whose token is v. sorted holds the tokens in rising order, order where each came from; with several members, a token of member m counts as
// m times the vocabulary more. A block a row of a table and 32 packs of its columns (blockIdx.y); its warps share the token's places and join their sums in order.
KERNEL(embedding_backward)(real* gradient, const real* dx, const i64* sorted, const i64* order, int count) {
    __shared__ float room[32][32 * PACK];
    const i64 v = blockIdx.x;
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
    for (int i = 0; i < PACK; i++) room[warp][lane * PACK + i] = sum[i];
    __syncthreads();
    if (warp != 0 || p >= PACKS) return;
    const i64 vocabulary = gridDim.x / MEMBERS;
    real* own = gradient + v / vocabulary * STRIDE + v % vocabulary * WIDTH;
    Pack out = load(own, p);
    for (int i = 0; i < PACK; i++) {
        float all = 0;
        for (int w = 0; w < warps; w++) all += room[w][lane * PACK + i];
        set(out.at[i], wide(out.at[i]) + all);
    }
    store(own, p, out);
}

// gradient[t] += the sum over a member's sequences of dx[b, t]; a block a position.
KERNEL(position_backward)(real* gradient, const real* dx, int sequences, int context) {
    const i64 t = blockIdx.x;
    gradient += blockIdx.y * static_cast<i64>(STRIDE);
    dx += blockIdx.y * static_cast<i64>(sequences) * context * WIDTH;
    for (int p = threadIdx.x; p < PACKS; p += blockDim.x) {
        float sum[PACK];
        for (int i = 0; i < PACK; i++) sum[i] = 0;
        for (i64 b = 0; b < sequences; b++) {
            const Pack a = load(dx + (b * context + t) * WIDTH, p);
            for (int i = 0; i < PACK; i++) sum[i] += wide(a.at[i]);
        }
        Pack out = load(gradient + t * WIDTH, p);
        for (int i = 0; i < PACK; i++) set(out.at[i], wide(out.at[i]) + sum[i]);
        store(gradient + t * WIDTH, p, out);
    }
}
