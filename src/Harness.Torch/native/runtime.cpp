// Process-wide state: errors, versions, threads, memory allocator, numerical switches, devices.
#include "shim.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <c10/core/Allocator.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <malloc.h>

#include <string>

namespace {
thread_local std::string last_error;
std::string text;  // the last string handed out by a ht_*_text function; those are called rarely and under C#'s lock
}

void ht::set_error(const char* message) noexcept {
    try { last_error = message; } catch (...) { }
}

HT_API const char* ht_last_error() { return last_error.c_str(); }

// glibc gives freed activations back to the kernel after every step and faults them in again: 15..40 % of a CPU step
// (measured, libtorch 1.13). Keep them in the heap instead.
HT_API int ht_keep_freed_memory() {
    int ok = 1;
    ok &= mallopt(M_MMAP_THRESHOLD, 1 << 30);
    ok &= mallopt(M_TRIM_THRESHOLD, 2147483647);
    ok &= mallopt(M_TOP_PAD, 64 << 20);
    return ok;
}

HT_API int ht_torch_version() { return TORCH_VERSION_MAJOR * 10000 + TORCH_VERSION_MINOR * 100 + TORCH_VERSION_PATCH; }
HT_API const char* ht_torch_version_text() { return TORCH_VERSION; }
HT_API const char* ht_config_text() { ht::status([] { text = at::show_config(); }); return text.c_str(); }
HT_API const char* ht_parallel_text() { ht::status([] { text = at::get_parallel_info(); }); return text.c_str(); }

HT_API int ht_set_num_threads(int n) { return ht::status([&] { at::set_num_threads(n); }); }
HT_API int ht_get_num_threads() { return at::get_num_threads(); }
HT_API int ht_set_num_interop_threads(int n) { return ht::status([&] { at::set_num_interop_threads(n); }); }
HT_API int ht_get_num_interop_threads() { return at::get_num_interop_threads(); }

HT_API int ht_grad_enabled() { return c10::GradMode::is_enabled(); }
HT_API void ht_set_grad_enabled(int on) { c10::GradMode::set_enabled(on != 0); }
HT_API void* ht_inference_begin(int on) { return new c10::InferenceMode(on != 0); }
HT_API void ht_inference_end(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }

HT_API int ht_deterministic() {
    auto& context = at::globalContext();
    return context.deterministicAlgorithms() ? (context.deterministicAlgorithmsWarnOnly() ? 2 : 1) : 0;
}
HT_API int ht_set_deterministic(int on, int warn_only) {
    return ht::status([&] {
        at::globalContext().setDeterministicAlgorithms(on != 0, warn_only != 0);
#if HT_TORCH >= 202
        // In this mode libtorch fills every fresh tensor, to show reads of what nobody wrote: a pass over memory for each. The tests look for such reads instead.
        at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
    });
}

// 0 highest, 1 high, 2 medium: at::Float32MatmulPrecision's order.
HT_API int ht_matmul_precision() { return static_cast<int>(at::globalContext().float32MatmulPrecision()); }
HT_API int ht_set_matmul_precision(int level) {
    static const char* const names[] = {"highest", "high", "medium"};
    return ht::status([&] {
        TORCH_CHECK(level >= 0 && level <= 2, "matmul precision must be 0 (highest), 1 (high) or 2 (medium), but is ", level);
        at::globalContext().setFloat32MatmulPrecision(names[level]);
    });
}

// A switch of the numerical back ends: get with value < 0. Returns the value, or -1 on failure.
#define HT_SWITCH(name, getter, setter)                                        \
    HT_API int name(int value) {                                              \
        return ht::guarded([&]() -> int {                                     \
            if (value >= 0) at::globalContext().setter(value != 0);           \
            return at::globalContext().getter() ? 1 : 0;                      \
        }, -1);                                                               \
    }
HT_SWITCH(ht_switch_cublas_tf32, allowTF32CuBLAS, setAllowTF32CuBLAS)
HT_SWITCH(ht_switch_cudnn_tf32, allowTF32CuDNN, setAllowTF32CuDNN)
HT_SWITCH(ht_switch_flash_sdp, userEnabledFlashSDP, setSDPUseFlash)
HT_SWITCH(ht_switch_math_sdp, userEnabledMathSDP, setSDPUseMath)
#if HT_TORCH >= 200
HT_SWITCH(ht_switch_efficient_sdp, userEnabledMemEfficientSDP, setSDPUseMemEfficient)
#else
HT_API int ht_switch_efficient_sdp(int) { ht::set_error("this libtorch has no memory-efficient attention (2.0 and later)"); return -1; }
#endif
#if HT_TORCH >= 203
HT_SWITCH(ht_switch_cudnn_sdp, userEnabledCuDNNSDP, setSDPUseCuDNN)
#else
HT_API int ht_switch_cudnn_sdp(int) { ht::set_error("this libtorch has no cuDNN attention (2.3 and later)"); return -1; }
#endif
// The getter is a bool before about 2.9 and an enumeration, whose 0 means "allowed, with split-K too", after it.
template <class Context> static bool fp16_reduction(const Context& context) {
    auto value = context.allowFP16ReductionCuBLAS();
    if constexpr (std::is_same_v<decltype(value), bool>) return value;
    else return static_cast<int>(value) == 0;
}
HT_API int ht_switch_fp16_reduction(int value) {
    return ht::guarded([&]() -> int {
        if (value >= 0) at::globalContext().setAllowFP16ReductionCuBLAS(value != 0);
        return fp16_reduction(at::globalContext()) ? 1 : 0;
    }, -1);
}

// Bytes of tensors that this thread makes on the CPU while a tally runs: what lives now beyond the start, and at most.
namespace {
struct Tally final : c10::MemoryReportingInfoBase {
    int64_t now = 0, peak = 0;
    void add(int64_t bytes, c10::Device device) {
        if (!device.is_cpu()) return;
        now += bytes;
        if (now > peak) peak = now;
    }
    // The totals are signed up to 2.1 and unsigned from 2.2 on; one of the two overrides.
    void reportMemoryUsage(void*, int64_t size, int64_t, int64_t, c10::Device device) { add(size, device); }
    void reportMemoryUsage(void*, int64_t size, size_t, size_t, c10::Device device) { add(size, device); }
    bool memoryProfilingEnabled() const override { return true; }
};
struct RunningTally {
    std::shared_ptr<Tally> tally = std::make_shared<Tally>();
    c10::DebugInfoGuard guard{c10::DebugInfoKind::PROFILER_STATE, tally};
};
}
HT_API void* ht_tally_begin() { return ht::guarded([]() -> void* { return new RunningTally; }, nullptr); }
// The peak so far, in bytes.
HT_API int64_t ht_tally_peak(const void* running) { return static_cast<const RunningTally*>(running)->tally->peak; }
// On the thread that began it, innermost first.
HT_API void ht_tally_end(void* running) { delete static_cast<RunningTally*>(running); }

// libtorch_cuda.so is linked in where there is one; everything it does is reached through the dispatcher.
HT_API int ht_cuda_device_count() {  // not by the hooks' getNumGPUs, whose name has changed
    return ht::guarded([]() -> int { return at::hasCUDA() ? c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount() : 0; }, 0);
}
HT_API int ht_cuda_has_cudnn() { return ht::guarded([]() -> int { return at::hasCUDA() && at::detail::getCUDAHooks().hasCuDNN(); }, 0); }
// The device that this thread works on from now on, where none is named; also the one whose context the driver's own calls see.
HT_API int ht_cuda_use(int device) {
    return ht::status([&] {
        auto chosen = c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(device));
        c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).setDevice(chosen);
        // libtorch begins with CUDA at the first tensor: before it, its allocator knows of no device, and the thread has no context.
        at::empty({1}, at::TensorOptions().device(chosen));
    });
}
HT_API int ht_cuda_synchronize(int device) {
    return ht::status([&] { at::detail::getCUDAHooks().deviceSynchronize(static_cast<c10::DeviceIndex>(device < 0 ? 0 : device)); });
}
