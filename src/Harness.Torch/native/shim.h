// The C ABI of libtorch that Harness.Torch calls: conventions shared by every file of this folder.
//
//  * A tensor is an at::Tensor* that the caller owns and gives back with ht_tensor_free.
//  * Functions that make a tensor return NULL on failure; the others return 0 on success and 1 on failure.
//    ht_last_error() then holds libtorch's message without its C++ backtrace, for the calling thread.
//  * No C++ exception crosses this border.
//  * Scalars travel as ht_scalar, so that 64-bit integers stay exact and type promotion sees the right kind.
//  * The only conditional compilation is by libtorch version (HT_TORCH); everything else is asked at run time.
#pragma once

#include <torch/version.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Scalar.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// 113 for libtorch 1.13, 211 for 2.11.
#define HT_TORCH (TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR)

#define HT_API extern "C" __attribute__((visibility("default")))

using Tensor = at::Tensor;

struct ht_scalar {
    int64_t bits;  // the double's bits, the integer, or 0/1
    int64_t kind;  // 0 floating point, 1 integer, 2 boolean
};

namespace ht {

#if HT_TORCH >= 204
template <class T> using optional = std::optional<T>;
#else
template <class T> using optional = c10::optional<T>;
#endif

__attribute__((visibility("default"))) void set_error(const char* message) noexcept;

inline at::Scalar scalar(ht_scalar s) {
    if (s.kind == 1) return at::Scalar(s.bits);
    if (s.kind == 2) return at::Scalar(s.bits != 0);
    double value;
    std::memcpy(&value, &s.bits, sizeof value);
    return at::Scalar(value);
}


inline at::TensorOptions options(int dtype, int device_type, int device_index, int requires_grad) {
    at::TensorOptions o;
    if (dtype >= 0) o = o.dtype(static_cast<at::ScalarType>(dtype));
    if (device_type >= 0) o = o.device(c10::Device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index)));
    return o.requires_grad(requires_grad != 0);
}

template <class F> auto guarded(F&& body, decltype(body()) failure) noexcept -> decltype(body()) {
    try {
        return body();
    } catch (const c10::Error& e) {
        set_error(e.what_without_backtrace());
    } catch (const std::exception& e) {
        set_error(e.what());
    } catch (...) {
        set_error("unknown C++ exception");
    }
    return failure;
}

template <class F> Tensor* tensor(F&& body) noexcept {
    return guarded([&]() -> Tensor* { return new Tensor(body()); }, nullptr);
}

template <class F> int status(F&& body) noexcept {
    return guarded([&]() -> int { body(); return 0; }, 1);
}

// An optional tensor argument: NULL means absent.
inline Tensor maybe(const Tensor* t) { return t ? *t : Tensor(); }

}  // namespace ht
