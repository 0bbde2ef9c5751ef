// The free functions of 2.1 to 2.11 that are used: device numbers became c10::DeviceIndex in 2.3, the figures moved to c10::CachingDeviceAllocator
// in 2.5, emptyCache learned of pools in 2.8.
#pragma once
#include <c10/core/Device.h>
#include <c10/cuda/CUDAGraphsC10Utils.h>
#include <array>
namespace c10::CachingDeviceAllocator {
struct Stat { int64_t current = 0, peak = 0, allocated = 0, freed = 0; };
using StatArray = std::array<Stat, 3>;
struct DeviceStats { StatArray allocated_bytes, reserved_bytes; int64_t num_alloc_retries = 0, num_ooms = 0; };
}
namespace c10::cuda::CUDACachingAllocator {
#if HT_PLAYED_MINOR >= 3
using Index = c10::DeviceIndex;
#else
using Index = int;
#endif
c10::CachingDeviceAllocator::DeviceStats getDeviceStats(Index device);
void resetPeakStats(Index device);
void setMemoryFraction(double fraction, Index device);
#if HT_PLAYED_MINOR >= 6
void endAllocateToPool(Index device, c10::cuda::MempoolId_t pool);
void releasePool(Index device, c10::cuda::MempoolId_t pool);
#endif
#if HT_PLAYED_MINOR >= 8
void emptyCache(c10::cuda::MempoolId_t pool = {0, 0});
#else
void emptyCache();
#endif
}
