// What neural networks are made of, and the fused optimiser of libtorch 2.
#include "shim.h"

#include <cmath>

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/nll_loss_nd.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sort.h>
#if HT_TORCH >= 200
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/_fused_adamw.h>
#else
#include <ATen/ops/_scaled_dot_product_attention.h>
#endif

static ht::optional<Tensor> absent_or(const Tensor* t) { return t ? ht::optional<Tensor>(*t) : ht::optional<Tensor>(); }
static ht::optional<at::ScalarType> type(int dtype) {
    return dtype >= 0 ? ht::optional<at::ScalarType>(static_cast<at::ScalarType>(dtype)) : ht::optional<at::ScalarType>();
}

HT_API Tensor* ht_linear(const Tensor* x, const Tensor* weight, const Tensor* bias) { return ht::tensor([&] { return at::linear(*x, *weight, absent_or(bias)); }); }
HT_API Tensor* ht_layer_norm(const Tensor* x, const int64_t* shape, int n, const Tensor* weight, const Tensor* bias, double eps) {
    return ht::tensor([&] { return at::layer_norm(*x, at::IntArrayRef(shape, n), absent_or(weight), absent_or(bias), eps); });
}
HT_API Tensor* ht_gelu(const Tensor* x, int tanh) { return ht::tensor([&] { return at::gelu(*x, tanh ? "tanh" : "none"); }); }
HT_API Tensor* ht_silu(const Tensor* x) { return ht::tensor([&] { return at::silu(*x); }); }
HT_API Tensor* ht_softmax(const Tensor* x, int64_t dim, int dtype) { return ht::tensor([&] { return x->softmax(dim, type(dtype)); }); }
HT_API Tensor* ht_log_softmax(const Tensor* x, int64_t dim, int dtype) { return ht::tensor([&] { return x->log_softmax(dim, type(dtype)); }); }
HT_API Tensor* ht_cross_entropy(const Tensor* x, const Tensor* target, const Tensor* weight, int64_t ignore_index, int reduction, double smoothing) {
    return ht::tensor([&] { return at::cross_entropy_loss(*x, *target, absent_or(weight), reduction, ignore_index, smoothing); });
}
HT_API Tensor* ht_nll_loss(const Tensor* x, const Tensor* target, const Tensor* weight, int64_t ignore_index, int reduction) {
    return ht::tensor([&] { return at::nll_loss_nd(*x, *target, absent_or(weight), reduction, ignore_index); });
}
HT_API Tensor* ht_dropout(const Tensor* x, double p, int training) { return ht::tensor([&] { return at::dropout(*x, p, training != 0); }); }
HT_API Tensor* ht_one_hot(const Tensor* x, int64_t classes) { return ht::tensor([&] { return at::one_hot(*x, classes); }); }
HT_API Tensor* ht_embedding(const Tensor* weight, const Tensor* index) { return ht::tensor([&] { return at::embedding(*weight, *index); }); }
HT_API Tensor* ht_attention(const Tensor* q, const Tensor* k, const Tensor* v, const Tensor* mask, double dropout, int causal) {
    return ht::tensor([&] {
#if HT_TORCH >= 200
        return at::scaled_dot_product_attention(*q, *k, *v, absent_or(mask), dropout, causal != 0);
#else
        return std::get<0>(at::_scaled_dot_product_attention(*q, *k, *v, absent_or(mask), dropout, false, causal != 0));
#endif
    });
}

// The same with its own factor on the products instead of 1/sqrt(head_dim).
HT_API Tensor* ht_attention_scaled(const Tensor* q, const Tensor* k, const Tensor* v, int causal, double scale) {
    return ht::tensor([&] {
#if HT_TORCH >= 201
        return at::scaled_dot_product_attention(*q, *k, *v, {}, 0.0, causal != 0, ht::optional<double>(scale));
#else
        auto scaled = q->mul(scale * std::sqrt(static_cast<double>(q->size(-1))));
#if HT_TORCH >= 200
        return at::scaled_dot_product_attention(scaled, *k, *v, {}, 0.0, causal != 0);
#else
        return std::get<0>(at::_scaled_dot_product_attention(scaled, *k, *v, {}, 0.0, false, causal != 0));
#endif
#endif
    });
}

// Rising order along the last dimension, equal elements in the order in which they stood: values and places.
HT_API int ht_sort_stable(const Tensor* t, Tensor** out) {
    return ht::status([&] {
        auto r = at::sort(*t, ht::optional<bool>(true), -1, false);
        out[0] = new Tensor(std::get<0>(r));
        out[1] = new Tensor(std::get<1>(r));
    });
}

// Whether ht_fused_adamw exists in this libtorch for a device: 2.0 and later on CUDA, 2.4 and later on the CPU.
HT_API int ht_has_fused_adamw(int device_type) { return device_type == 0 ? HT_TORCH >= 204 : HT_TORCH >= 201; }
// One flat parameter tensor; lr and step (the number of this update, from 1) are one-element float tensors on its device, so that a CUDA graph can
// replay it. grad_scale, where it isn't NULL, divides the gradient first; found_inf, where it isn't NULL, leaves everything alone if it is not 0.
HT_API int ht_fused_adamw(Tensor* p, Tensor* g, Tensor* m, Tensor* v, Tensor* step, const Tensor* lr, double b1, double b2, double decay, double eps,
    const Tensor* grad_scale, const Tensor* found_inf) {
    return ht::status([&] {
#if HT_TORCH >= 201
        at::_fused_adamw_({*p}, {*g}, {*m}, {*v}, {}, {*step}, *lr, b1, b2, decay, eps, false, false, absent_or(grad_scale), absent_or(found_inf));
#else
        TORCH_CHECK(false, "this libtorch (", TORCH_VERSION, ") has no fused AdamW; it came with 2.1");
#endif
    });
}
