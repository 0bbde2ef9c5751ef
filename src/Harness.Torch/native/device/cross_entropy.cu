// Loss and gradient of rows of logits in place: no fp32 copy of them is ever written. A block a row; two passes over it.
// losses[row] = log sum exp(logits) - logits[target]; with gradient = 1 the row becomes (softmax - one at the target) scale.
KERNEL(cross_entropy)(float* losses, real* logits, const i64* targets, int vocabulary, float scale, int gradient) {
    __shared__ float room[32];
    real* row = logits + blockIdx.x * static_cast<i64>(vocabulary);
    const i64 target = targets[blockIdx.x];
    const int packs = vocabulary / PACK;
    float largest = -3.402823466e38f, sum = 0;  // a running sum, in units of exp(largest)
    for (int p = threadIdx.x; p < packs; p += blockDim.x) {
        const Pack a = load(row, p);
        float here = wide(a.at[0]);
        for (int i = 1; i < PACK; i++) here = fmaxf(here, wide(a.at[i]));
        if (here > largest) { sum *= expf(largest - here); largest = here; }
        for (int i = 0; i < PACK; i++) sum += expf(wide(a.at[i]) - largest);
    }
    const float top = block_max(largest, room);
    const float total = block_sum(sum * expf(largest - top), room);
    const float log_total = top + logf(total);
    if (threadIdx.x == 0) losses[blockIdx.x] = log_total - wide(row[target]);
    if (!gradient) return;
    __syncthreads();  // the target's logit has been read
    for (int p = threadIdx.x; p < packs; p += blockDim.x) {
        Pack a = load(row, p);
        for (int i = 0; i < PACK; i++) set(a.at[i], (expf(wide(a.at[i]) - log_total) - (static_cast<i64>(p) * PACK + i == target ? 1.0f : 0.0f)) * scale);
        store(row, p, a);
    }
}
