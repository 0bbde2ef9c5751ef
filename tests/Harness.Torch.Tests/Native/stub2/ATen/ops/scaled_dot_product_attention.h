#pragma once
#include <ATen/core/Tensor.h>
#include <c10/util/Optional.h>
namespace at {
#if HT_PLAYED_MINOR >= 5
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value, const c10::optional<Tensor>& attn_mask = {}, double dropout_p = 0.0,
    bool is_causal = false, c10::optional<double> scale = c10::nullopt, bool enable_gqa = false);
#elif HT_PLAYED_MINOR >= 1
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value, const c10::optional<Tensor>& attn_mask = {}, double dropout_p = 0.0,
    bool is_causal = false, c10::optional<double> scale = c10::nullopt);
#else
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value, const c10::optional<Tensor>& attn_mask = {}, double dropout_p = 0.0,
    bool is_causal = false);
#endif
}
