#pragma once
#include <ATen/core/Tensor.h>
#include <c10/util/Optional.h>
namespace at {
// Overloads of native_functions.yaml: 2.0 has the first, 2.1 both.
void _fused_adamw_(TensorList self, TensorList grads, TensorList exp_avgs, TensorList exp_avg_sqs, TensorList max_exp_avg_sqs, TensorList state_steps, double lr,
    double beta1, double beta2, double weight_decay, double eps, bool amsgrad, bool maximize, const c10::optional<Tensor>& grad_scale = {}, const c10::optional<Tensor>& found_inf = {});
#if HT_PLAYED_MINOR >= 1
void _fused_adamw_(TensorList self, TensorList grads, TensorList exp_avgs, TensorList exp_avg_sqs, TensorList max_exp_avg_sqs, TensorList state_steps, const Tensor& lr,
    double beta1, double beta2, double weight_decay, double eps, bool amsgrad, bool maximize, const c10::optional<Tensor>& grad_scale = {}, const c10::optional<Tensor>& found_inf = {});
#endif
}
