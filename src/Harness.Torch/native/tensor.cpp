// A tensor's life, its properties, its place in autograd, and its bytes.
#include "shim.h"

#include <ATen/ops/from_blob.h>

HT_API void ht_tensor_free(Tensor* t) { delete t; }
HT_API Tensor* ht_tensor_alias(const Tensor* t) { return ht::tensor([&] { return *t; }); }

HT_API int64_t ht_ndim(const Tensor* t) { return t->dim(); }
HT_API int64_t ht_numel(const Tensor* t) { return t->numel(); }
HT_API const int64_t* ht_sizes(const Tensor* t) { return t->sizes().data(); }
HT_API int ht_dtype(const Tensor* t) { return static_cast<int>(t->scalar_type()); }
HT_API int ht_element_size(const Tensor* t) { return static_cast<int>(t->element_size()); }
HT_API int ht_device_type(const Tensor* t) { return static_cast<int>(t->device().type()); }
HT_API int ht_device_index(const Tensor* t) { return t->device().index(); }
HT_API int ht_is_contiguous(const Tensor* t) { return t->is_contiguous(); }
HT_API int ht_requires_grad(const Tensor* t) { return t->requires_grad(); }
HT_API int ht_is_leaf(const Tensor* t) { return t->is_leaf(); }
HT_API int64_t ht_storage_offset(const Tensor* t) { return t->storage_offset(); }
HT_API int ht_same_impl(const Tensor* a, const Tensor* b) { return a->is_same(*b); }
HT_API int ht_strides(const Tensor* t, int64_t* out) {
    return ht::status([&] { auto s = t->strides(); std::copy(s.begin(), s.end(), out); });
}
// NULL for an empty tensor.
HT_API void* ht_data_ptr(const Tensor* t) { return ht::guarded([&]() -> void* { return t->data_ptr(); }, nullptr); }
HT_API int ht_is_pinned(const Tensor* t) { return ht::guarded([&]() -> int { return t->is_pinned(); }, 0); }
HT_API Tensor* ht_pin_memory(const Tensor* t) { return ht::tensor([&] { return t->pin_memory(); }); }

HT_API int ht_set_requires_grad(Tensor* t, int on) { return ht::status([&] { t->requires_grad_(on != 0); }); }
HT_API int ht_retain_grad(Tensor* t) { return ht::status([&] { t->retain_grad(); }); }
// NULL where there is no gradient (not an error).
HT_API Tensor* ht_grad(const Tensor* t) {
    return ht::guarded([&]() -> Tensor* { const auto& g = t->grad(); return g.defined() ? new Tensor(g) : nullptr; }, nullptr);
}
HT_API int ht_set_grad(Tensor* t, const Tensor* grad) { return ht::status([&] { t->mutable_grad() = ht::maybe(grad); }); }
HT_API int ht_backward(const Tensor* t, const Tensor* grad, int retain_graph, int create_graph, Tensor* const* inputs, int input_count) {
    return ht::status([&] {
        std::vector<Tensor> in;
        for (int i = 0; i < input_count; i++) in.push_back(*inputs[i]);
        t->backward(ht::maybe(grad), retain_graph != 0, create_graph != 0,
            input_count > 0 ? ht::optional<at::TensorList>(at::TensorList(in)) : ht::optional<at::TensorList>());
    });
}

HT_API Tensor* ht_detach(const Tensor* t) { return ht::tensor([&] { return t->detach(); }); }
HT_API int ht_detach_(Tensor* t) { return ht::status([&] { t->detach_(); }); }
HT_API Tensor* ht_alias_op(const Tensor* t) { return ht::tensor([&] { return t->alias(); }); }
HT_API Tensor* ht_clone(const Tensor* t) { return ht::tensor([&] { return t->clone(); }); }
HT_API Tensor* ht_contiguous(const Tensor* t) { return ht::tensor([&] { return t->contiguous(); }); }
HT_API int ht_copy_(Tensor* t, const Tensor* source, int non_blocking) { return ht::status([&] { t->copy_(*source, non_blocking != 0); }); }
HT_API Tensor* ht_to(const Tensor* t, int dtype, int device_type, int device_index, int non_blocking, int copy) {
    return ht::tensor([&] {
        auto type = dtype >= 0 ? static_cast<at::ScalarType>(dtype) : t->scalar_type();
        auto device = device_type >= 0
            ? c10::Device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index)) : t->device();
        return t->to(device, type, non_blocking != 0, copy != 0);
    });
}

// The value of a one-element tensor.
HT_API int ht_item_double(const Tensor* t, double* out) { return ht::status([&] { *out = t->item().toDouble(); }); }
HT_API int ht_item_int64(const Tensor* t, int64_t* out) { return ht::status([&] { *out = t->item().toLong(); }); }

// Copies `bytes` bytes to or from a tensor of any layout and device, in row-major order.
HT_API int ht_read_bytes(const Tensor* t, void* out, int64_t bytes) {
    return ht::status([&] {
        TORCH_CHECK(bytes == static_cast<int64_t>(t->nbytes()), "the buffer holds ", bytes, " bytes, but the tensor has ", t->nbytes());
        auto host = t->detach().to(c10::kCPU).contiguous();
        std::memcpy(out, host.data_ptr(), bytes);
    });
}
HT_API int ht_write_bytes(Tensor* t, const void* in, int64_t bytes) {
    return ht::status([&] {
        TORCH_CHECK(bytes == static_cast<int64_t>(t->nbytes()), "the buffer holds ", bytes, " bytes, but the tensor has ", t->nbytes());
        auto target = t->detach();
        if (target.device().is_cpu() && target.is_contiguous()) { std::memcpy(target.data_ptr(), in, bytes); return; }
        target.copy_(at::from_blob(const_cast<void*>(in), target.sizes(), at::TensorOptions(target.scalar_type())));
    });
}
