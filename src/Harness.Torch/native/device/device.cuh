// What every kernel of this folder starts with. Nothing is included, so that the run-time compiler needs no headers.
//
//  * BF16=1 makes `real` a bfloat16, else it is a float; arithmetic is in float either way.
//  * PACK elements are read and written at once; rows must begin on a multiple of as many.
//  * A warp has 32 threads; blocks are whole warps. Sums have a fixed order: the same launch gives the same bits.
//  * MEMBERS models of one shape may lie behind one another (a stack): a grid then has a row of blocks a member, "rows" are those of one member, whose rows follow
//    the member before's, and a member's parameters begin STRIDE elements after the member before's.
//  * Kernels are declared as KERNEL(name)(parameters) { ... }: the host reads their number of parameters off that line.
typedef unsigned short u16;
typedef unsigned int u32;
typedef long long i64;

struct bf16 { u16 bits; };

#ifndef BF16
#define BF16 0
#endif
#ifndef PACK
#define PACK 1
#endif
#ifndef MEMBERS
#define MEMBERS 1
#endif
#ifndef STRIDE
#define STRIDE 0
#endif
#if BF16
typedef bf16 real;
#else
typedef float real;
#endif

#ifndef HOST_TWIN
#define KERNEL(name) extern "C" __global__ void name
#define UNROLL _Pragma("unroll")  // so that arrays indexed by the loop stay in registers
#else
#define UNROLL
#endif

struct alignas(sizeof(real) * PACK) Pack { real at[PACK]; };

__device__ inline float wide(float x) { return x; }
__device__ inline float wide(bf16 x) { return __uint_as_float(static_cast<u32>(x.bits) << 16); }

// To the nearest, ties to even, as the hardware and libtorch round.
__device__ inline u16 bf16_bits(float x) {
    u32 bits = __float_as_uint(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<u16>(bits >> 16 | 0x40u);  // stays a NaN
    return static_cast<u16>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}
__device__ inline void set(float& to, float x) { to = x; }
__device__ inline void set(bf16& to, float x) { to.bits = bf16_bits(x); }
__device__ inline bool is_finite(float x) { return (__float_as_uint(x) & 0x7f800000u) != 0x7f800000u; }
__device__ inline float rounded(float x) { real r; set(r, x); return wide(r); }

__device__ inline Pack load(const real* from, i64 pack) { return reinterpret_cast<const Pack*>(from)[pack]; }
__device__ inline void store(real* to, i64 pack, const Pack& value) { reinterpret_cast<Pack*>(to)[pack] = value; }

__device__ inline float warp_sum(float x) {
    for (int mask = 16; mask > 0; mask >>= 1) x += __shfl_xor_sync(0xffffffffu, x, mask);
    return x;
}
__device__ inline float warp_max(float x) {
    for (int mask = 16; mask > 0; mask >>= 1) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, mask));
    return x;
}
// Every thread of the block gets the sum; all must call. `room` holds 32 numbers.
__device__ inline float block_sum(float x, float* room) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    x = warp_sum(x);
    __syncthreads();  // the last call's readers are done with the room
    if (lane == 0) room[warp] = x;
    __syncthreads();
    return warp_sum(lane < warps ? room[lane] : 0.0f);
}
// A column a lane: each warp brings its part of the columns' sums, and all get the sums, added up in the warps' order. All threads must call. Many short chains of additions side by
// side instead of one long one: what a reduction over hundreds of rows waits for is memory.
__device__ inline float join_warps(float x, float (*room)[32]) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    room[warp][lane] = x;
    __syncthreads();
    float sum = 0;
    for (int w = 0; w < warps; w++) sum += room[w][lane];
    __syncthreads();  // the room can be used again
    return sum;
}
__device__ inline float block_max(float x, float* room) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    x = warp_max(x);
    __syncthreads();
    if (lane == 0) room[warp] = x;
    __syncthreads();
    return warp_max(lane < warps ? room[lane] : room[0]);
}
