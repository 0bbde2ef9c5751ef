// Tensors out of nothing, and generators of random numbers.
#include "shim.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#define HT_PLACE int dtype, int device_type, int device_index, int requires_grad
#define HT_OPTIONS ht::options(dtype, device_type, device_index, requires_grad)
#define HT_SIZE at::IntArrayRef(size, n)

HT_API Tensor* ht_zeros(const int64_t* size, int n, HT_PLACE) { return ht::tensor([&] { return at::zeros(HT_SIZE, HT_OPTIONS); }); }
HT_API Tensor* ht_ones(const int64_t* size, int n, HT_PLACE) { return ht::tensor([&] { return at::ones(HT_SIZE, HT_OPTIONS); }); }
HT_API Tensor* ht_empty(const int64_t* size, int n, HT_PLACE) { return ht::tensor([&] { return at::empty(HT_SIZE, HT_OPTIONS); }); }
HT_API Tensor* ht_empty_pinned(const int64_t* size, int n, int dtype) {
    return ht::tensor([&] { return at::empty(HT_SIZE, ht::options(dtype, 0, -1, 0).pinned_memory(true)); });
}
HT_API Tensor* ht_full(const int64_t* size, int n, ht_scalar value, HT_PLACE) {
    return ht::tensor([&] { return at::full(HT_SIZE, ht::scalar(value), HT_OPTIONS); });
}
HT_API Tensor* ht_zeros_like(const Tensor* t, HT_PLACE) { return ht::tensor([&] { return at::zeros_like(*t, HT_OPTIONS); }); }
HT_API Tensor* ht_ones_like(const Tensor* t, HT_PLACE) { return ht::tensor([&] { return at::ones_like(*t, HT_OPTIONS); }); }
HT_API Tensor* ht_empty_like(const Tensor* t, HT_PLACE) { return ht::tensor([&] { return at::empty_like(*t, HT_OPTIONS); }); }
HT_API Tensor* ht_arange(ht_scalar start, ht_scalar stop, ht_scalar step, HT_PLACE) {
    return ht::tensor([&] { return at::arange(ht::scalar(start), ht::scalar(stop), ht::scalar(step), HT_OPTIONS); });
}

static ht::optional<at::Generator> maybe_generator(const at::Generator* g) {
    return g ? ht::optional<at::Generator>(*g) : ht::optional<at::Generator>();
}

HT_API Tensor* ht_rand(const int64_t* size, int n, const at::Generator* g, HT_PLACE) {
    return ht::tensor([&] { return at::rand(HT_SIZE, maybe_generator(g), HT_OPTIONS); });
}
HT_API Tensor* ht_randn(const int64_t* size, int n, const at::Generator* g, HT_PLACE) {
    return ht::tensor([&] { return at::randn(HT_SIZE, maybe_generator(g), HT_OPTIONS); });
}
HT_API Tensor* ht_randint(int64_t low, int64_t high, const int64_t* size, int n, const at::Generator* g, HT_PLACE) {
    return ht::tensor([&] { return at::randint(low, high, HT_SIZE, maybe_generator(g), HT_OPTIONS); });
}
HT_API Tensor* ht_randperm(int64_t count, const at::Generator* g, HT_PLACE) {
    return ht::tensor([&] { return at::randperm(count, maybe_generator(g), HT_OPTIONS); });
}
HT_API int ht_normal_(Tensor* t, double mean, double std, const at::Generator* g) { return ht::status([&] { t->normal_(mean, std, maybe_generator(g)); }); }
HT_API int ht_uniform_(Tensor* t, double from, double to, const at::Generator* g) { return ht::status([&] { t->uniform_(from, to, maybe_generator(g)); }); }
HT_API Tensor* ht_multinomial(const Tensor* t, int64_t count, int replacement, const at::Generator* g) {
    return ht::tensor([&] { return t->multinomial(count, replacement != 0, maybe_generator(g)); });
}

// A copy of the bytes, on the CPU.
HT_API Tensor* ht_from_bytes(const void* data, const int64_t* size, int n, int dtype) {
    return ht::tensor([&] { return at::from_blob(const_cast<void*>(data), HT_SIZE, at::TensorOptions(static_cast<at::ScalarType>(dtype))).clone(); });
}

// A generator of its own on any device (device_type 0 CPU, 1 CUDA), independent of the default one.
HT_API at::Generator* ht_generator_new(uint64_t seed, int device_type, int device_index) {
    return ht::guarded([&]() -> at::Generator* {
        auto device = c10::Device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
        auto g = device.is_cpu() ? at::detail::createCPUGenerator(seed) : at::globalContext().defaultGenerator(device).clone();
        g.set_current_seed(seed);
        return new at::Generator(std::move(g));
    }, nullptr);
}
HT_API at::Generator* ht_generator_default(int device_type, int device_index) {
    return ht::guarded([&]() -> at::Generator* {
        auto device = c10::Device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
        return new at::Generator(at::globalContext().defaultGenerator(device));
    }, nullptr);
}
HT_API void ht_generator_free(at::Generator* g) { delete g; }
HT_API int ht_generator_seed(at::Generator* g, uint64_t seed) { return ht::status([&] { std::lock_guard<std::mutex> lock(g->mutex()); g->set_current_seed(seed); }); }
HT_API uint64_t ht_generator_initial_seed(const at::Generator* g) { return g->current_seed(); }
HT_API Tensor* ht_generator_state(const at::Generator* g) { return ht::tensor([&] { return g->get_state(); }); }
HT_API int ht_generator_set_state(at::Generator* g, const Tensor* state) { return ht::status([&] { std::lock_guard<std::mutex> lock(g->mutex()); g->set_state(*state); }); }
HT_API int ht_manual_seed_all(uint64_t seed) { return ht::status([&] { at::manual_seed(seed); }); }
