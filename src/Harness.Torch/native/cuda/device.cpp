// What a device's allocator holds, streams, and time measured on the device.
#include "../shim.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

namespace {
void check(cudaError_t error) { TORCH_CHECK(error == cudaSuccess, "CUDA error: ", cudaGetErrorString(error)); }
c10::DeviceIndex index_of(int device) { return static_cast<c10::DeviceIndex>(device); }
c10::cuda::CUDAStream stream_of(const int64_t* packed) {
    auto device = c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(packed[1]));
    return c10::cuda::CUDAStream(c10::Stream(c10::Stream::UNSAFE, device, packed[0]));
}
}

// out: bytes in tensors now, their peak, bytes reserved from the device now, their peak, allocations that failed, allocations tried again after
// the cache was emptied. Index 0 of each figure is the sum over pools.
HT_API int ht_cuda_memory(int device, int64_t* out) {
    return ht::status([&] {
        auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(index_of(device));
        out[0] = stats.allocated_bytes[0].current;
        out[1] = stats.allocated_bytes[0].peak;
        out[2] = stats.reserved_bytes[0].current;
        out[3] = stats.reserved_bytes[0].peak;
        out[4] = stats.num_ooms;
        out[5] = stats.num_alloc_retries;
    });
}
HT_API int ht_cuda_memory_reset_peak(int device) { return ht::status([&] { c10::cuda::CUDACachingAllocator::resetPeakStats(index_of(device)); }); }
HT_API int ht_cuda_empty_cache() { return ht::status([] { c10::cuda::CUDACachingAllocator::emptyCache(); }); }
// The share of the device's memory that this process may take, in (0, 1]; beyond it allocations fail as if the device were full.
HT_API int ht_cuda_memory_fraction(double fraction, int device) {
    return ht::status([&] { c10::cuda::CUDACachingAllocator::setMemoryFraction(fraction, index_of(device)); });
}
// out: bytes free on the device, whoever holds the rest, and bytes in all.
HT_API int ht_cuda_memory_free(int device, int64_t* out) {
    return ht::status([&] {
        auto before = c10::cuda::current_device();
        c10::cuda::set_device(index_of(device));
        size_t free = 0, total = 0;
        auto error = cudaMemGetInfo(&free, &total);
        c10::cuda::set_device(before);
        check(error);
        out[0] = static_cast<int64_t>(free);
        out[1] = static_cast<int64_t>(total);
    });
}
HT_API int ht_cuda_set_device(int device) { return ht::status([&] { c10::cuda::set_device(index_of(device)); }); }
HT_API int ht_cuda_current_device(int* device) { return ht::status([&] { *device = c10::cuda::current_device(); }); }

// out: major * 10 + minor of the compute capability, multiprocessors, bytes of L2 cache, bytes of shared memory a block may ask for,
// memory clock in kHz, memory bus width in bits (0 where the driver doesn't say).
HT_API int ht_cuda_properties(int device, int64_t* out) {
    return ht::status([&] {
        auto ask = [&](cudaDeviceAttr attribute) {
            int value = 0;
            if (cudaDeviceGetAttribute(&value, attribute, device) != cudaSuccess) { (void)cudaGetLastError(); value = 0; }
            return value;
        };
        int count = 0;
        check(cudaGetDeviceCount(&count));
        TORCH_CHECK(device >= 0 && device < count, "there is no CUDA device ", device, "; there are ", count);
        out[0] = ask(cudaDevAttrComputeCapabilityMajor) * 10 + ask(cudaDevAttrComputeCapabilityMinor);
        out[1] = ask(cudaDevAttrMultiProcessorCount);
        out[2] = ask(cudaDevAttrL2CacheSize);
        out[3] = ask(cudaDevAttrMaxSharedMemoryPerBlockOptin);
        out[4] = ask(cudaDevAttrMemoryClockRate);
        out[5] = ask(cudaDevAttrGlobalMemoryBusWidth);
    });
}

// A stream of its own, for runs side by side on one device; libtorch has 32 a device and deals them round.
HT_API int ht_stream_new(int device, int high_priority, int64_t* packed) {
    return ht::status([&] {
        auto stream = c10::cuda::getStreamFromPool(high_priority != 0, index_of(device));
        packed[0] = stream.id();
        packed[1] = stream.device_index();
    });
}
HT_API int ht_stream_use(const int64_t* packed) { return ht::status([&] { c10::cuda::setCurrentCUDAStream(stream_of(packed)); }); }
HT_API int ht_stream_current(int device, int64_t* packed) {
    return ht::status([&] {
        packed[0] = c10::cuda::getCurrentCUDAStream(index_of(device)).id();
        packed[1] = device;
    });
}
HT_API int ht_stream_synchronize(int device) { return ht::status([&] { c10::cuda::getCurrentCUDAStream(index_of(device)).synchronize(); }); }
// The driver's handle (a CUstream) of this thread's current stream, for kernels launched beside libtorch; NULL is the default stream, not an error.
HT_API int ht_stream_handle(int device, void** handle) {
    return ht::status([&] { *handle = c10::cuda::getCurrentCUDAStream(index_of(device)).stream(); });
}

// Events on the current stream; milliseconds between two.
HT_API void* ht_event_record(int device) {
    return ht::guarded([&]() -> void* {
        cudaEvent_t event = nullptr;
        check(cudaEventCreateWithFlags(&event, cudaEventDefault));
        auto error = cudaEventRecord(event, c10::cuda::getCurrentCUDAStream(index_of(device)).stream());
        if (error != cudaSuccess) (void)cudaEventDestroy(event);
        check(error);
        return event;
    }, nullptr);
}
// 1 where the device has come by the event, 0 where not yet, -1 on failure.
HT_API int ht_event_passed(void* event) {
    return ht::guarded([&]() -> int {
        auto error = cudaEventQuery(static_cast<cudaEvent_t>(event));
        if (error == cudaErrorNotReady) { (void)cudaGetLastError(); return 0; }
        check(error);
        return 1;
    }, -1);
}
HT_API int ht_event_synchronize(void* event) { return ht::status([&] { check(cudaEventSynchronize(static_cast<cudaEvent_t>(event))); }); }
// The current stream goes on only once the device has come by the event, which may be another stream's; the host doesn't wait.
HT_API int ht_event_await(void* event, int device) {
    return ht::status([&] { check(cudaStreamWaitEvent(c10::cuda::getCurrentCUDAStream(index_of(device)).stream(), static_cast<cudaEvent_t>(event), 0)); });
}
HT_API int ht_event_elapsed(void* from, void* to, double* milliseconds) {
    return ht::status([&] {
        float value = 0;
        check(cudaEventSynchronize(static_cast<cudaEvent_t>(to)));
        check(cudaEventElapsedTime(&value, static_cast<cudaEvent_t>(from), static_cast<cudaEvent_t>(to)));
        *milliseconds = value;
    });
}
HT_API void ht_event_free(void* event) { (void)cudaEventDestroy(static_cast<cudaEvent_t>(event)); }
