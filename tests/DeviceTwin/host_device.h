// Lets g++ compile the kernels of native/device and run them on the CPU, faithfully enough to test their arithmetic, their barriers and their indexing:
// every thread of a block is a fiber of its own, __syncthreads and warp shuffles are real barriers between them. Blocks run one after another.
// A thread that leaves early doesn't count at later barriers, as on a device since Volta's __syncthreads would not allow; the twin is stricter where it can
// be: a barrier that some threads never reach, while others wait, aborts.
#pragma once
#include <setjmp.h>
#include <ucontext.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#define HOST_TWIN 1
#define __global__
#define __device__
#define __shared__ static
#define KERNEL(name) extern "C" void name

struct uint3 { unsigned x, y, z; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) ushort4 { unsigned short x, y, z, w; };

namespace twin {

// A fiber begins as a ucontext; after that it is switched by jumps, which ask the kernel nothing.
struct Fiber {
    ucontext_t context;
    jmp_buf place;
    std::unique_ptr<char[]> stack;
    bool begun = false, done = false;
};
inline constexpr size_t StackBytes = 64 << 10;
inline ucontext_t returned;
inline jmp_buf scheduler;
inline std::vector<Fiber> fibers;
inline unsigned current, threads;
inline void (*body)(void*);
inline void* closure;

// Barriers count arrivals; a generation ends when the last one arrives.
struct Barrier { unsigned arrived = 0, generation = 0; };
inline Barrier block_barrier;
inline Barrier warp_barriers[32];
inline uint32_t exchanged[32][32];

inline void yield() { if (!_setjmp(fibers[current].place)) _longjmp(scheduler, 1); }
inline void resume(Fiber& fiber) {
    if (_setjmp(scheduler)) return;
    if (fiber.begun) _longjmp(fiber.place, 1);
    fiber.begun = true;
    swapcontext(&returned, &fiber.context);
}

inline unsigned alive(unsigned from, unsigned to) {
    unsigned count = 0;
    for (unsigned i = from; i < to && i < threads; i++) count += !fibers[i].done;
    return count;
}
inline void wait(Barrier& barrier, unsigned from, unsigned to) {
    const unsigned mine = barrier.generation;
    barrier.arrived++;
    for (unsigned turns = 0; barrier.generation == mine; turns++) {
        if (barrier.arrived >= alive(from, to)) { barrier.arrived = 0; barrier.generation++; break; }
        if (turns > 100000) { std::fprintf(stderr, "twin: a barrier that not all threads reach\n"); std::abort(); }
        yield();
    }
}
inline void enter() {
    body(closure);
    fibers[current].done = true;
    yield();
}

}  // namespace twin

struct ThreadIndex {
    struct X { operator unsigned() const { return twin::current; } } x;
} inline threadIdx;
inline uint3 blockIdx, blockDim, gridDim;

inline void __syncthreads() { twin::wait(twin::block_barrier, 0, twin::threads); }
inline float __uint_as_float(uint32_t bits) { float x; std::memcpy(&x, &bits, 4); return x; }
inline uint32_t __float_as_uint(float x) { uint32_t bits; std::memcpy(&bits, &x, 4); return bits; }
inline float __shfl_xor_sync(uint32_t, float x, int mask) {
    const unsigned warp = twin::current / 32, lane = twin::current % 32, from = warp * 32;
    twin::exchanged[warp][lane] = __float_as_uint(x);
    twin::wait(twin::warp_barriers[warp], from, from + 32);
    const float got = __uint_as_float(twin::exchanged[warp][lane ^ mask]);
    twin::wait(twin::warp_barriers[warp], from, from + 32);
    return got;
}

namespace twin {

template <class Body> void run(unsigned grid_x, unsigned grid_y, unsigned block, Body&& each) {
    threads = block;
    blockDim = {block, 1, 1};
    gridDim = {grid_x, grid_y, 1};
    if (fibers.size() < block) fibers.resize(block);
    for (auto& fiber : fibers) if (!fiber.stack) fiber.stack.reset(new char[StackBytes]);
    closure = &each;
    body = [](void* c) { (*static_cast<std::remove_reference_t<Body>*>(c))(); };
    for (unsigned y = 0; y < grid_y; y++) {
        for (unsigned x = 0; x < grid_x; x++) {
            blockIdx = {x, y, 0};
            block_barrier = {};
            for (auto& barrier : warp_barriers) barrier = {};
            for (unsigned i = 0; i < block; i++) {
                auto& fiber = fibers[i];
                fiber.done = fiber.begun = false;
                getcontext(&fiber.context);
                fiber.context.uc_stack.ss_sp = fiber.stack.get();
                fiber.context.uc_stack.ss_size = StackBytes;
                fiber.context.uc_link = nullptr;
                makecontext(&fiber.context, enter, 0);
            }
            for (unsigned left = block; left > 0;) {
                left = 0;
                for (current = 0; current < block; current++) {
                    if (fibers[current].done) continue;
                    resume(fibers[current]);
                    left += !fibers[current].done;
                }
            }
        }
    }
}

// A kernel whose threads never wait for each other needs no fibers.
template <class Body> void run_freely(unsigned grid_x, unsigned grid_y, unsigned block, Body&& each) {
    blockDim = {block, 1, 1};
    gridDim = {grid_x, grid_y, 1};
    for (unsigned y = 0; y < grid_y; y++) {
        for (unsigned x = 0; x < grid_x; x++) {
            blockIdx = {x, y, 0};
            for (current = 0; current < block; current++) each();
        }
    }
}

// Calls a kernel with arguments read from where the driver's launch would read them.
template <class... A, size_t... I> void apply(void (*kernel)(A...), void** arguments, std::index_sequence<I...>) { kernel(*static_cast<std::remove_const_t<A>*>(arguments[I])...); }
template <class... A> void launch(void (*kernel)(A...), unsigned grid_x, unsigned grid_y, unsigned block, void** arguments) {
    run(grid_x, grid_y, block, [&] { apply(kernel, arguments, std::index_sequence_for<A...>()); });
}
template <class... A> void launch_freely(void (*kernel)(A...), unsigned grid_x, unsigned grid_y, unsigned block, void** arguments) {
    run_freely(grid_x, grid_y, block, [&] { apply(kernel, arguments, std::index_sequence_for<A...>()); });
}

}  // namespace twin

#define HOST_LAUNCH(name) \
    extern "C" void name##_launch(unsigned x, unsigned y, unsigned block, void** arguments) { twin::launch(name, x, y, block, arguments); }
#define HOST_LAUNCH_FREELY(name) \
    extern "C" void name##_launch(unsigned x, unsigned y, unsigned block, void** arguments) { twin::launch_freely(name, x, y, block, arguments); }
