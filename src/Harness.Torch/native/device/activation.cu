// The feed-forward block's non-linearities, forward and backward, PACK elements a thread at a time.
//  gelu: x Phi(x) with the exact error function (Hendrycks and Gimpel 2016, 1606.08415).
//  swiglu: silu(gate) value over rows of [gate, value], `hidden` elements each (Shazeer 2020, 2002.05202).
__device__ inline float normal_below(float x) { return 0.5f * (1.0f + erff(x * 0.70710678118654752f)); }
__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

KERNEL(gelu_forward)(real* y, const real* x, i64 packs) {
    for (i64 p = blockIdx.x * static_cast<i64>(blockDim.x) + threadIdx.x; p < packs; p += static_cast<i64>(gridDim.x) * blockDim.x) {
        Pack a = load(x, p);
        for (int i = 0; i < PACK; i++) { const float v = wide(a.at[i]); set(a.at[i], v * normal_below(v)); }
        store(y, p, a);
    }
}

// dx may be dy.
KERNEL(gelu_backward)(real* dx, const real* dy, const real* x, i64 packs) {
    for (i64 p = blockIdx.x * static_cast<i64>(blockDim.x) + threadIdx.x; p < packs; p += static_cast<i64>(gridDim.x) * blockDim.x) {
        const Pack a = load(x, p);
        Pack d = load(dy, p);
        for (int i = 0; i < PACK; i++) {
            const float v = wide(a.at[i]);
            const float density = 0.39894228040143268f * expf(-0.5f * v * v);
            set(d.at[i], wide(d.at[i]) * (normal_below(v) + v * density));
        }
        store(dx, p, d);
    }
}

// x [rows, 2 hidden], y [rows, hidden]; hidden is a multiple of PACK.
KERNEL(swiglu_forward)(real* y, const real* x, int rows, int hidden) {
    const int packs = hidden / PACK;
    const i64 all = static_cast<i64>(rows) * packs;
    for (i64 at = blockIdx.x * static_cast<i64>(blockDim.x) + threadIdx.x; at < all; at += static_cast<i64>(gridDim.x) * blockDim.x) {
        const i64 row = at / packs, p = at % packs;
        const Pack gate = load(x + row * 2 * hidden, p), value = load(x + row * 2 * hidden + hidden, p);
        Pack out;
        for (int i = 0; i < PACK; i++) { const float g = wide(gate.at[i]); set(out.at[i], rounded(g * sigmoid(g)) * wide(value.at[i])); }
        store(y, at, out);
    }
}

// dx [rows, 2 hidden] from dy [rows, hidden]; dx may be x.
KERNEL(swiglu_backward)(real* dx, const real* dy, const real* x, int rows, int hidden) {
    const int packs = hidden / PACK;
    const i64 all = static_cast<i64>(rows) * packs;
    for (i64 at = blockIdx.x * static_cast<i64>(blockDim.x) + threadIdx.x; at < all; at += static_cast<i64>(gridDim.x) * blockDim.x) {
        const i64 row = at / packs, p = at % packs;
        const Pack gate = load(x + row * 2 * hidden, p), value = load(x + row * 2 * hidden + hidden, p), d = load(dy, at);
        Pack by_gate, by_value;
        for (int i = 0; i < PACK; i++) {
            const float g = wide(gate.at[i]), s = sigmoid(g), out = wide(d.at[i]);
            set(by_value.at[i], out * rounded(g * s));
            set(by_gate.at[i], out * wide(value.at[i]) * s * (1.0f + g * (1.0f - s)));
        }
        store(dx + row * 2 * hidden, p, by_gate);
        store(dx + row * 2 * hidden + hidden, p, by_value);
    }
}

// Adds the column sums of dy [rows, columns] to a bias's gradient, in two passes: partial sums [gridDim.y, columns] by blocks of rows, 32 columns a block whose warps share its rows,
// gridDim.y / MEMBERS of them a member; then their sum, a row of blocks a member, whose warps share the partial sums.
KERNEL(bias_partial)(float* partial, const real* dy, int rows, int columns) {
    __shared__ float room[32][32];
    const int warp = threadIdx.x / 32, warps = blockDim.x / 32, column = blockIdx.x * 32 + threadIdx.x % 32;
    const int partials = gridDim.y / MEMBERS, first = blockIdx.y % partials;
    const real* own = dy + blockIdx.y / partials * static_cast<i64>(rows) * columns;
    float sum = 0;
    if (column < columns) {
        for (i64 row = first * static_cast<i64>(warps) + warp; row < rows; row += partials * static_cast<i64>(warps)) sum += wide(own[row * columns + column]);
    }
    sum = join_warps(sum, room);
    if (warp == 0 && column < columns) partial[blockIdx.y * static_cast<i64>(columns) + column] = sum;
}
KERNEL(bias_finish)(real* gradient, const float* partial, int partials, int columns) {
    __shared__ float room[32][32];
    const int warp = threadIdx.x / 32, warps = blockDim.x / 32, column = blockIdx.x * 32 + threadIdx.x % 32;
    float sum = 0;
    if (column < columns) {
        for (int p = warp; p < partials; p += warps) sum += partial[(blockIdx.y * static_cast<i64>(partials) + p) * columns + column];
    }
    sum = join_warps(sum, room);
    if (warp != 0 || column >= columns) return;
    real* own = gradient + blockIdx.y * static_cast<i64>(STRIDE);
    set(own[column], wide(own[column]) + sum);
}
