// What a device's allocator holds, streams, and time measured on the device.
#include "../shim.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

namespace {
void check(cudaError_t error) { TORCH_CHECK(error == cudaSuccess, "CUDA: ", cudaGetErrorString(error)); }
}

// out: bytes in tensors now, their peak, bytes reserved from the device now, their peak. Index 0 of each figure is the sum over pools.
HT_API int ht_cuda_memory(int device, int64_t* out) {
    return ht::status([&] {
        auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device));
        out[0] = stats.allocated_bytes[0].current;
        out[1] = stats.allocated_bytes[0].peak;
        out[2] = stats.reserved_bytes[0].current;
        out[3] = stats.reserved_bytes[0].peak;
    });
}
HT_API int ht_cuda_memory_reset_peak(int device) { return ht::status([&] { c10::cuda::CUDACachingAllocator::resetPeakStats(static_cast<c10::DeviceIndex>(device)); }); }
HT_API int ht_cuda_empty_cache() { return ht::status([] { c10::cuda::CUDACachingAllocator::emptyCache(); }); }
HT_API int ht_cuda_set_device(int device) { return ht::status([&] { c10::cuda::set_device(static_cast<c10::DeviceIndex>(device)); }); }

// A stream of its own, for runs side by side on one device; the id fits ht_stream_use.
HT_API int ht_stream_new(int device, int64_t* packed) {
    return ht::status([&] {
        auto stream = c10::cuda::getStreamFromPool(false, static_cast<c10::DeviceIndex>(device));
        packed[0] = stream.id();
        packed[1] = device;
    });
}
HT_API int ht_stream_use(const int64_t* packed) {
    return ht::status([&] {
        auto device = c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(packed[1]));
        c10::cuda::setCurrentCUDAStream(c10::cuda::CUDAStream(c10::Stream(c10::Stream::UNSAFE, device, packed[0])));
    });
}
HT_API int ht_stream_current(int device, int64_t* packed) {
    return ht::status([&] {
        packed[0] = c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(device)).id();
        packed[1] = device;
    });
}
HT_API int ht_stream_synchronize(int device) { return ht::status([&] { c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(device)).synchronize(); }); }

// Events on the current stream; milliseconds between two.
HT_API void* ht_event_record(int device) {
    return ht::guarded([&]() -> void* {
        cudaEvent_t event = nullptr;
        check(cudaEventCreateWithFlags(&event, 0));
        check(cudaEventRecord(event, c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(device)).stream()));
        return event;
    }, nullptr);
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
