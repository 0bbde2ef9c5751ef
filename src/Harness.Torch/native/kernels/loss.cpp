// Cross-entropy of softmax, its gradient written over the logits.
#include "vector.h"

// Loss of each row in nats into losses (may be NULL); a target below 0 counts nothing. Where gradient is set, logits become
// (softmax - one-hot) * grad_scale. Returns the sum of the losses.
HT_KERNEL(double, cross_entropy, (float* losses, float* logits, const int64_t* targets, int64_t rows, int64_t v, float grad_scale, int gradient)) {
    double total = 0;
    for (int64_t row = 0; row < rows; row++) {
        float* x = logits + row * v;
        const int64_t target = targets[row];
        if (target < 0) {
            if (losses) losses[row] = 0;
            if (gradient) memset(x, 0, v * sizeof(float));
            continue;
        }
        vf best = splat(x[0]);
        int64_t i = 0;
        for (; i + W <= v; i += W) best = larger(load(x + i), best);
        float top = max_lanes(best);
        for (; i < v; i++) top = x[i] > top ? x[i] : top;
        const float aim = x[target];
        float sum;
        if (gradient) {
            vf sums = {};
            i = 0;
            for (; i + W <= v; i += W) { vf e = vexp(load(x + i) - top); store(x + i, e); sums += e; }
            sum = sum_lanes(sums);
            if (i < v) {
                vf e = vexp(load_some(x + i, v - i) - top);
                for (int64_t j = 0; i + j < v; j++) { x[i + j] = e[j]; sum += e[j]; }
            }
            const float scale = grad_scale / sum;
            HT_EACH(v, { STORE(x, LOAD(x) * scale); });
            x[target] -= grad_scale;
        } else {
            vf sums = {};
            i = 0;
            for (; i + W <= v; i += W) sums += vexp(load(x + i) - top);
            sum = sum_lanes(sums);
            if (i < v) {
                vf e = vexp(load_some(x + i, v - i) - top);
                for (int64_t j = 0; i + j < v; j++) sum += e[j];
            }
        }
        const float loss = logf(sum) + top - aim;
        if (losses) losses[row] = loss;
        total += loss;
    }
    return total;
}
