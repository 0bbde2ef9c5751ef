// CUDA graphs: a whole training step captured once and replayed without the host.
#include "../shim.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

namespace {

// A graph with the stream that it is warmed up, captured and replayed on. Memory of captured tensors lives in the graph's own pool.
struct Graph {
    explicit Graph(int device) : stream(c10::cuda::getStreamFromPool(true, static_cast<c10::DeviceIndex>(device))), before(stream) {}
    at::cuda::CUDAGraph graph;
    c10::cuda::CUDAStream stream;
    c10::cuda::CUDAStream before;
    bool entered = false;
};

}  // namespace

HT_API void* ht_graph_new(int device) {
    return ht::guarded([&]() -> void* { return new Graph(device); }, nullptr);
}
HT_API void ht_graph_free(void* g) { ht::status([&] { delete static_cast<Graph*>(g); }); }

// Everything of this thread goes to the graph's stream until ht_graph_leave; what was asked before is finished first.
HT_API int ht_graph_enter(void* handle) {
    return ht::status([&] {
        auto* g = static_cast<Graph*>(handle);
        TORCH_CHECK(!g->entered, "the graph's stream is in use already");
        c10::cuda::device_synchronize();
        g->before = c10::cuda::getCurrentCUDAStream(g->stream.device_index());
        c10::cuda::setCurrentCUDAStream(g->stream);
        g->entered = true;
    });
}
HT_API int ht_graph_leave(void* handle) {
    return ht::status([&] {
        auto* g = static_cast<Graph*>(handle);
        TORCH_CHECK(g->entered, "the graph's stream is not in use");
        g->stream.synchronize();
        c10::cuda::setCurrentCUDAStream(g->before);
        g->entered = false;
    });
}
HT_API int ht_graph_capture_begin(void* handle) {
    return ht::status([&] {
        auto* g = static_cast<Graph*>(handle);
        TORCH_CHECK(g->entered, "a graph is captured on its own stream: enter it first");
#if HT_TORCH >= 201
        g->graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
#else
        g->graph.capture_begin();
#endif
    });
}
HT_API int ht_graph_capture_end(void* handle) { return ht::status([&] { static_cast<Graph*>(handle)->graph.capture_end(); }); }
HT_API int ht_graph_replay(void* handle) { return ht::status([&] { static_cast<Graph*>(handle)->graph.replay(); }); }
HT_API int ht_graph_reset(void* handle) { return ht::status([&] { static_cast<Graph*>(handle)->graph.reset(); }); }
