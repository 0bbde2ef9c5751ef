// A branch joins the residual stream and the sum is normalised, in one pass: LayerNorm (Ba et al. 2016, 1607.06450) or, with RMS=1, RMSNorm (Zhang and
// Sennrich 2019, 1910.07467). One warp a row of WIDTH elements, which it holds in registers.
#define PACKS (WIDTH / PACK)
#define HELD ((PACKS + 31) / 32)

// sum = x + branch (branch may be null, and then sum too); y = normal(sum) gain + bias (bias may be null). mean and inverse (of the deviation) are kept for
// the backward pass; mean is not written under RMS.
KERNEL(add_norm_forward)(real* sum, real* y, float* mean, float* inverse, const real* x, const real* branch, const real* gain, const real* bias, int rows, float epsilon) {
    const int lane = threadIdx.x % 32;
    const i64 of_member = blockIdx.x * static_cast<i64>(blockDim.x / 32) + threadIdx.x / 32, row = blockIdx.y * static_cast<i64>(rows) + of_member;
    if (of_member >= rows) return;
    gain += blockIdx.y * static_cast<i64>(STRIDE);
    if (bias) bias += blockIdx.y * static_cast<i64>(STRIDE);
    float held[HELD][PACK];
    float total = 0;
    UNROLL for (int h = 0; h < HELD; h++) {
        const int p = h * 32 + lane;
        if (p >= PACKS) break;
        Pack a = load(x + row * WIDTH, p);
        if (branch) {
            const Pack b = load(branch + row * WIDTH, p);
            for (int i = 0; i < PACK; i++) set(a.at[i], wide(a.at[i]) + wide(b.at[i]));
            store(sum + row * WIDTH, p, a);
        }
        for (int i = 0; i < PACK; i++) total += held[h][i] = wide(a.at[i]);
    }
    const float center = RMS ? 0.0f : warp_sum(total) / WIDTH;
    float squares = 0;
    UNROLL for (int h = 0; h < HELD; h++) {
        if (h * 32 + lane >= PACKS) break;
        for (int i = 0; i < PACK; i++) squares += (held[h][i] - center) * (held[h][i] - center);
    }
    const float scale = 1.0f / sqrtf(warp_sum(squares) / WIDTH + epsilon);
    UNROLL for (int h = 0; h < HELD; h++) {
        const int p = h * 32 + lane;
        if (p >= PACKS) break;
        const Pack g = load(gain, p);
        Pack out;
        if (bias) {
            const Pack b = load(bias, p);
            for (int i = 0; i < PACK; i++) set(out.at[i], (held[h][i] - center) * scale * wide(g.at[i]) + wide(b.at[i]));
        } else {
            for (int i = 0; i < PACK; i++) set(out.at[i], (held[h][i] - center) * scale * wide(g.at[i]));
        }
        store(y + row * WIDTH, p, out);
    }
    if (lane == 0) {
        if (!RMS) mean[row] = center;
        inverse[row] = scale;
    }
}

// dx (= or +=) the gradient by the sum, from dy, the one by y. Each block adds up its rows' gradients by gain and bias into a row of the partial sums
// [gridDim.y, gridDim.x, WIDTH], which add_norm_parameters finishes; partial_bias may be null.
KERNEL(add_norm_backward)(real* dx, const real* dy, const real* x, const float* mean, const float* inverse, const real* gain, float* partial_gain, float* partial_bias, int rows, int accumulate) {
    __shared__ float shared_gain[WIDTH];
    __shared__ float shared_bias[WIDTH];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    float by_gain[HELD][PACK], by_bias[HELD][PACK];
    UNROLL for (int h = 0; h < HELD; h++) for (int i = 0; i < PACK; i++) by_gain[h][i] = by_bias[h][i] = 0;
    gain += blockIdx.y * static_cast<i64>(STRIDE);
    const i64 begin = blockIdx.y * static_cast<i64>(rows), place = blockIdx.y * static_cast<i64>(gridDim.x) + blockIdx.x;
    for (i64 row = begin + blockIdx.x * static_cast<i64>(warps) + warp; row < begin + rows; row += static_cast<i64>(gridDim.x) * warps) {
        const float center = RMS ? 0.0f : mean[row], scale = inverse[row];
        float normal[HELD][PACK], flow[HELD][PACK];
        float sum = 0, dot = 0;
        UNROLL for (int h = 0; h < HELD; h++) {
            const int p = h * 32 + lane;
            if (p >= PACKS) break;
            const Pack a = load(x + row * WIDTH, p), d = load(dy + row * WIDTH, p), g = load(gain, p);
            for (int i = 0; i < PACK; i++) {
                const float out = wide(d.at[i]);
                normal[h][i] = (wide(a.at[i]) - center) * scale;
                flow[h][i] = out * wide(g.at[i]);
                sum += flow[h][i];
                dot += flow[h][i] * normal[h][i];
                by_gain[h][i] += out * normal[h][i];
                by_bias[h][i] += out;
            }
        }
        const float mean_flow = RMS ? 0.0f : warp_sum(sum) / WIDTH, mean_dot = warp_sum(dot) / WIDTH;
        UNROLL for (int h = 0; h < HELD; h++) {
            const int p = h * 32 + lane;
            if (p >= PACKS) break;
            Pack out;
            if (accumulate) out = load(dx + row * WIDTH, p);
            for (int i = 0; i < PACK; i++) {
                const float here = scale * (flow[h][i] - mean_flow - normal[h][i] * mean_dot);
                set(out.at[i], accumulate ? wide(out.at[i]) + here : here);
            }
            store(dx + row * WIDTH, p, out);
        }
    }
    for (int turn = 0; turn < warps; turn++) {  // one warp after another: the same order each time
        if (warp == turn) {
            UNROLL for (int h = 0; h < HELD; h++) {
                const int p = h * 32 + lane;
                if (p >= PACKS) break;
                for (int i = 0; i < PACK; i++) {
                    shared_gain[p * PACK + i] = by_gain[h][i] + (turn ? shared_gain[p * PACK + i] : 0.0f);
                    shared_bias[p * PACK + i] = by_bias[h][i] + (turn ? shared_bias[p * PACK + i] : 0.0f);
                }
            }
        }
        __syncthreads();
    }
    for (int i = threadIdx.x; i < WIDTH; i += blockDim.x) {
        partial_gain[place * WIDTH + i] = shared_gain[i];
        if (partial_bias) partial_bias[place * WIDTH + i] = shared_bias[i];
    }
}

// Adds the partial sums up into the parameters' gradients; 32 columns a block, whose warps share the partial sums. bias and its partial sums may be null.
KERNEL(add_norm_parameters)(real* gain, real* bias, const float* partial_gain, const float* partial_bias, int partials) {
    __shared__ float room[32][32];
    const int warp = threadIdx.x / 32, warps = blockDim.x / 32, column = blockIdx.x * 32 + threadIdx.x % 32;
    const i64 first = blockIdx.y * static_cast<i64>(partials), at = blockIdx.y * static_cast<i64>(STRIDE) + column;
    float by_gain = 0, by_bias = 0;
    if (column < WIDTH) {
        for (int p = warp; p < partials; p += warps) {
            by_gain += partial_gain[(first + p) * WIDTH + column];
            if (bias) by_bias += partial_bias[(first + p) * WIDTH + column];
        }
    }
    by_gain = join_warps(by_gain, room);
    by_bias = join_warps(by_bias, room);
    if (warp != 0 || column >= WIDTH) return;
    set(gain[at], wide(gain[at]) + by_gain);
    if (bias) set(bias[at], wide(bias[at]) + by_bias);
}
