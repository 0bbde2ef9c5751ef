// The interface of 2.1 to 2.11; members left out.
#pragma once
#include <ATen/core/Generator.h>
#include <ATen/Tensor.h>
#include <c10/core/Device.h>
#include <c10/cuda/CUDAGraphsC10Utils.h>
#include <c10/cuda/CUDAStream.h>
namespace at::cuda {
#if HT_PLAYED_MINOR >= 9
using MempoolId_t = std::pair<unsigned long long, unsigned long long>;
#else
using c10::cuda::MempoolId_t;
#endif
MempoolId_t graph_pool_handle();
struct CUDAGraph {
#if HT_PLAYED_MINOR >= 8
    CUDAGraph(bool keep_graph = false);
    CUDAGraph(const CUDAGraph&) = delete;
    CUDAGraph& operator=(const CUDAGraph&) = delete;
    CUDAGraph(CUDAGraph&&) = delete;
    CUDAGraph& operator=(CUDAGraph&&) = delete;
    void instantiate();
#else
    CUDAGraph();
#endif
    ~CUDAGraph();
#if HT_PLAYED_MINOR >= 4 && HT_PLAYED_MINOR < 11  // main of early 2026 has only one for a state; which release is the first without this is not known
    void register_generator_state(const at::Generator& generator);
#endif
    void capture_begin(MempoolId_t pool = {0, 0}, cudaStreamCaptureMode capture_mode = cudaStreamCaptureModeGlobal);
    void capture_end();
    void replay();
    void reset();
    MempoolId_t pool();
};
}
