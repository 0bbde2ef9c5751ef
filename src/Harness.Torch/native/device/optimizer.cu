// The end of a step on the flat tensors: the gradient's norm, the judgement of the step, AdamW (Loshchilov and Hutter 2019, 1711.05101, algorithm 2) with
// clipping, decay and the bf16 shadow in one pass. All that changes from step to step lies on the device. Several members lie `count` elements apart, with a row of blocks and
// a row of every table each; constants[member] = {beta1, beta2, epsilon, largest norm (0 for none)}.

// partial[block] = sum of squares of the block's share; count is a multiple of 4. With shadow, the 16-bit gradient is added to the fp32 one first and
// forgotten (set to 0); it may be null.
KERNEL(gradient_squares)(float* partial, float* gradient, u16* shadow, i64 count) {
    __shared__ float room[32];
    gradient += blockIdx.y * count;
    if (shadow) shadow += blockIdx.y * count;
    float sum = 0;
    for (i64 at = 4 * (blockIdx.x * static_cast<i64>(blockDim.x) + threadIdx.x); at < count; at += 4 * static_cast<i64>(gridDim.x) * blockDim.x) {
        float4 g = *reinterpret_cast<float4*>(gradient + at);
        if (shadow) {
            const ushort4 s = *reinterpret_cast<ushort4*>(shadow + at);
            g.x += wide(bf16{s.x}); g.y += wide(bf16{s.y}); g.z += wide(bf16{s.z}); g.w += wide(bf16{s.w});
            *reinterpret_cast<float4*>(gradient + at) = g;
            *reinterpret_cast<ushort4*>(shadow + at) = ushort4{0, 0, 0, 0};
        }
        sum += g.x * g.x + g.y * g.y + g.z * g.z + g.w * g.w;
    }
    sum = block_sum(sum, room);
    if (threadIdx.x == 0) partial[blockIdx.y * static_cast<i64>(gridDim.x) + blockIdx.x] = sum;
}

// A block a member. state[0] becomes the factor on the gradient, state[1] stays 1 while every loss and norm was finite and becomes 0 for good after the first that wasn't.
// Loss and norm go into the ring at the counter's place.
KERNEL(judge_step)(float* state, float* losses, float* norms, const float* partial, int partials, const float* loss, const i64* counter, const float* constants) {
    __shared__ float room[32];
    const i64 member = blockIdx.x, place = *counter * gridDim.x + member;
    state += 2 * member;
    loss += member;
    float sum = 0;
    for (int p = threadIdx.x; p < partials; p += blockDim.x) sum += partial[member * partials + p];
    sum = block_sum(sum, room);
    if (threadIdx.x != 0) return;
    const float norm = sqrtf(sum), limit = constants[4 * member + 3];
    losses[place] = *loss;
    norms[place] = norm;
    state[0] = limit > 0 && norm > limit ? limit / norm : 1.0f;
    if (!is_finite(*loss) || !is_finite(norm)) state[1] = 0.0f;
}

// One update of `count` elements (a multiple of 4), of which those before hidden_end take hidden_scale times the rate and those before decayed_end are
// decayed. The counter's row of the table holds {rate over the first moment's correction, 1 over the root of the second's, 1 - rate decay, 0}.
// Nothing changes where state[1] is 0. shadow (bf16 weights) may be null.
KERNEL(adamw)(float* weights, u16* shadow, const float* gradient, float* first, float* second, const float* state, const float* table, const i64* counter, i64 count, i64 hidden_end, i64 decayed_end, float hidden_scale, const float* constants) {
    const i64 member = blockIdx.y;
    state += 2 * member;
    if (state[1] == 0.0f) return;
    weights += member * count;
    gradient += member * count;
    first += member * count;
    second += member * count;
    if (shadow) shadow += member * count;
    const float clip = state[0], beta1 = constants[4 * member], beta2 = constants[4 * member + 1], epsilon = constants[4 * member + 2];
    const float4 row = reinterpret_cast<const float4*>(table)[*counter * gridDim.y + member];
    for (i64 at = 4 * (blockIdx.x * static_cast<i64>(blockDim.x) + threadIdx.x); at < count; at += 4 * static_cast<i64>(gridDim.x) * blockDim.x) {
        // Groups begin on multiples of 16 elements, so the four share theirs.
        const float rate = at < hidden_end ? row.x * hidden_scale : row.x, keep = at < decayed_end ? row.z : 1.0f;
        const float4 g4 = *reinterpret_cast<const float4*>(gradient + at);
        float4 w4 = *reinterpret_cast<float4*>(weights + at), m4 = *reinterpret_cast<float4*>(first + at), v4 = *reinterpret_cast<float4*>(second + at);
        const float* g = &g4.x;
        float *w = &w4.x, *m = &m4.x, *v = &v4.x;
        for (int i = 0; i < 4; i++) {
            const float clipped = g[i] * clip;
            m[i] = beta1 * m[i] + (1.0f - beta1) * clipped;
            v[i] = beta2 * v[i] + (1.0f - beta2) * clipped * clipped;
            w[i] = w[i] * keep - rate * m[i] / (sqrtf(v[i]) * row.y + epsilon);
        }
        *reinterpret_cast<float4*>(weights + at) = w4;
        *reinterpret_cast<float4*>(first + at) = m4;
        *reinterpret_cast<float4*>(second + at) = v4;
        if (shadow) *reinterpret_cast<ushort4*>(shadow + at) = ushort4{bf16_bits(w[0]), bf16_bits(w[1]), bf16_bits(w[2]), bf16_bits(w[3])};
    }
}
