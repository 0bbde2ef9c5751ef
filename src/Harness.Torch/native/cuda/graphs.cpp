// CUDA graphs: a whole training step captured once and replayed without the host.
#include "../shim.h"

#include <ATen/core/Generator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

namespace {

// A graph with the stream that it is warmed up, captured and replayed on. Memory of captured tensors lives in the graph's own pool,
// or in that of another graph which is never replayed at the same time.
struct Graph {
    explicit Graph(int index) : device(static_cast<c10::DeviceIndex>(index)), stream(own_or_new(device)), before(stream) {}
    // A thread that has a stream of its own (one of several runs at once) stays on it: the pool's 32 are dealt round, and one that another run replays on
    // while this one captures would spoil the capture.
    static c10::cuda::CUDAStream own_or_new(c10::DeviceIndex device) {
        auto now = c10::cuda::getCurrentCUDAStream(device);
        return now == c10::cuda::getDefaultCUDAStream(device) ? c10::cuda::getStreamFromPool(true, device) : now;
    }
    c10::DeviceIndex device;
    c10::cuda::CUDAStream stream;
    c10::cuda::CUDAStream before;
    c10::DeviceIndex device_before = 0;
    bool entered = false;
    bool capturing = false;
    decltype(std::declval<at::cuda::CUDAGraph&>().pool()) pool{0, 0};  // its type has moved between namespaces
    int64_t kernels = -1;  // of the captured step; -1 where the runtime doesn't say
    std::unique_ptr<at::cuda::CUDAGraph> graph;  // made on the graph's own stream: its constructor asks for the current one
};

// Kernels recorded so far on the stream that is being captured, which is this thread's.
int64_t kernels_recorded(c10::cuda::CUDAStream stream) {
    cudaStreamCaptureStatus status;
    cudaGraph_t graph = nullptr;
#if CUDART_VERSION >= 13000
    auto error = cudaStreamGetCaptureInfo(stream.stream(), &status, nullptr, &graph);
#elif CUDART_VERSION >= 11030
    auto error = cudaStreamGetCaptureInfo_v2(stream.stream(), &status, nullptr, &graph);
#else
    auto error = cudaErrorNotSupported;
#endif
    size_t count = 0;
    if (error != cudaSuccess || !graph || cudaGraphGetNodes(graph, nullptr, &count) != cudaSuccess) { (void)cudaGetLastError(); return -1; }
    std::vector<cudaGraphNode_t> nodes(count);
    if (cudaGraphGetNodes(graph, nodes.data(), &count) != cudaSuccess) { (void)cudaGetLastError(); return -1; }
    int64_t kernels = 0;
    for (auto node : nodes) {
        cudaGraphNodeType type;
        if (cudaGraphNodeGetType(node, &type) == cudaSuccess && type == cudaGraphNodeTypeKernel) kernels++;
    }
    return kernels;
}

// Whether the graph has been told of a generator beside the default one. Not every version has a function for that.
template <class G> bool draws_from(G& graph, const at::Generator& generator) {
    if constexpr (requires { graph.register_generator_state(generator); }) {
        graph.register_generator_state(generator);
        return true;
    } else {
        return false;
    }
}

at::cuda::CUDAGraph& captured(Graph* g) {
    TORCH_CHECK(g->graph && !g->capturing, "the graph is empty: capture a step first");
    return *g->graph;
}

}  // namespace

HT_API void* ht_graph_new(int device) {
    return ht::guarded([&]() -> void* { return new Graph(device); }, nullptr);
}
HT_API void ht_graph_free(void* handle) {
    ht::status([&] {
        std::unique_ptr<Graph> g(static_cast<Graph*>(handle));
        if (g->graph) c10::cuda::device_synchronize();  // a replay under way, on whatever stream, must not lose its memory
    });
}

// Everything of this thread goes to the graph's stream until ht_graph_leave; what was asked before is finished first.
HT_API int ht_graph_enter(void* handle) {
    return ht::status([&] {
        auto* g = static_cast<Graph*>(handle);
        TORCH_CHECK(!g->entered, "the graph's stream is in use already");
        g->device_before = c10::cuda::current_device();
        if (g->device_before != g->device) c10::cuda::set_device(g->device);
        g->before = c10::cuda::getCurrentCUDAStream(g->device);
        g->before.synchronize();
        c10::cuda::setCurrentCUDAStream(g->stream);
        g->entered = true;
    });
}
HT_API int ht_graph_leave(void* handle) {
    return ht::status([&] {
        auto* g = static_cast<Graph*>(handle);
        TORCH_CHECK(g->entered, "the graph's stream is not in use");
        g->entered = false;  // also where the device has failed and synchronising throws
        c10::cuda::setCurrentCUDAStream(g->before);
        if (g->device_before != g->device) c10::cuda::set_device(g->device_before);
        g->stream.synchronize();
    });
}

// Begins to record. shared: another graph whose pool of memory is used too, or NULL for an own one. generator: one that the step draws from
// beside the default one (2.4 and later), or NULL.
HT_API int ht_graph_capture_begin(void* handle, void* shared, const at::Generator* generator) {
    return ht::status([&] {
        auto* g = static_cast<Graph*>(handle);
        TORCH_CHECK(g->entered || (shared && static_cast<Graph*>(shared)->entered), "a graph is captured on its own stream, or on that of the graph whose memory it shares: enter it first");
        TORCH_CHECK(!g->graph, "the graph holds a step already: reset it first");
        auto graph = std::make_unique<at::cuda::CUDAGraph>();
        if (generator) {
            TORCH_CHECK(draws_from(*graph, *generator), "this libtorch (", TORCH_VERSION, ") captures draws from the default generator only; others came with 2.4 and went again later");
        }
        if (shared) g->pool = captured(static_cast<Graph*>(shared)).pool();
#if HT_TORCH >= 206
        else g->pool = at::cuda::graph_pool_handle();  // known from the beginning, also to one that has to clear away a capture that failed
#else
        else g->pool = {0, 0};
#endif
        // Thread-local: what other threads ask of the device meanwhile (another run's worker, a monitor) neither fails nor spoils this capture.
#if HT_TORCH >= 201
        graph->capture_begin(g->pool, cudaStreamCaptureModeThreadLocal);
#else
        graph->capture_begin(g->pool);
#endif
        g->graph = std::move(graph);
        g->capturing = true;
    });
}
HT_API int ht_graph_capture_end(void* handle) {
    return ht::status([&] {
        auto* g = static_cast<Graph*>(handle);
        TORCH_CHECK(g->capturing, "nothing is being captured");
        g->kernels = kernels_recorded(c10::cuda::getCurrentCUDAStream(g->device));
        g->graph->capture_end();
        g->capturing = false;  // after a failure ht_graph_abandon has more to do
    });
}
// Kernels of the captured step, or -1.
HT_API int64_t ht_graph_kernels(const void* handle) { return static_cast<const Graph*>(handle)->kernels; }
// Ends a capture that failed and forgets it; the stream can be used again. Never fails: what went wrong has been said already.
HT_API void ht_graph_abandon(void* handle) {
    auto* g = static_cast<Graph*>(handle);
    const bool failed = g->capturing && ht::status([&] { g->graph->capture_end(); }) != 0;
    g->capturing = false;
#if HT_TORCH >= 206
    // Where CUDA has invalidated the capture, capture_end throws before the allocator hears of its end. It would go on asking a graph that is gone, and never again try to free cached
    // memory before it gives up on a request.
    if (failed) {
        ht::status([&] {
            c10::cuda::CUDACachingAllocator::endAllocateToPool(g->device, g->pool);
            c10::cuda::CUDACachingAllocator::releasePool(g->device, g->pool);
        });
    }
#else
    (void)failed;
#endif
    ht::status([&] { g->graph.reset(); });
    (void)cudaGetLastError();  // an invalidated capture leaves an error behind that is no fault of the device
}
HT_API int ht_graph_replay(void* handle) { return ht::status([&] { captured(static_cast<Graph*>(handle)).replay(); }); }
// Forgets the captured step and frees its memory.
HT_API int ht_graph_reset(void* handle) {
    return ht::status([&] {
        auto* g = static_cast<Graph*>(handle);
        TORCH_CHECK(!g->capturing, "the graph is being captured");
        c10::cuda::device_synchronize();
        g->graph.reset();
    });
}
