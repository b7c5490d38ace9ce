// CUDA's words for a host compiler: what the kernels use beside intrinsics.cuh. Built with -DFILIGREE_EMULATED.
#pragma once
#include <stdint.h>

#include <cmath>

#include "../half.h"
#include "machine.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static  // fixed-size shared memory is for kernels without clusters, whose blocks run one after the other
#define __align__(n) __attribute__((aligned(n)))

struct float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct uint2 {
  uint32_t x, y;
};
struct alignas(8) int2 {
  int x, y;
};
struct alignas(16) uint4 {
  uint32_t x, y, z, w;
};
inline uint2 make_uint2(uint32_t x, uint32_t y) { return {x, y}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) { return {x, y, z, w}; }

struct __half {
  uint16_t bits;
  __half() = default;
  explicit __half(float f) : bits(filigree::half_of(f)) {}
};
struct alignas(4) __half2 {
  __half x, y;
};
inline float __half2float(__half h) { return filigree::float_of(h.bits); }
inline float2 __half22float2(__half2 h) { return {__half2float(h.x), __half2float(h.y)}; }
inline __half2 __floats2half2_rn(float x, float y) { return {__half(x), __half(y)}; }

inline float __int_as_float(int x) {
  float f;
  memcpy(&f, &x, 4);
  return f;
}
inline int __float_as_int(float f) {
  int x;
  memcpy(&x, &f, 4);
  return x;
}
inline int __float2int_rn(float f) { return int(std::nearbyint(f)); }
inline int __ffs(unsigned x) { return __builtin_ffs(int(x)); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }

#define threadIdx (filigree::emulator::current().thread)
#define blockIdx (filigree::emulator::machine().here().place)
#define blockDim (filigree::emulator::machine().block_size)
#define gridDim (filigree::emulator::machine().grid)

inline void __syncthreads() { filigree::emulator::machine().block_barrier(); }

inline float __shfl_xor_sync(unsigned mask, float x, int distance) {
  if (mask != 0xffffffffu) throw std::runtime_error("the emulator has no shuffles of part of a warp");
  return filigree::emulator::collective<float>("shfl.xor", x, [distance](const float* in, float* out) {
    for (int lane = 0; lane < 32; ++lane) out[lane] = in[lane ^ distance];
  });
}

inline unsigned __shfl_sync(unsigned mask, unsigned x, int from) {
  if (mask != 0xffffffffu) throw std::runtime_error("the emulator has no shuffles of part of a warp");
  return filigree::emulator::collective<unsigned>("shfl.idx", x, [from](const unsigned* in, unsigned* out) {
    for (int lane = 0; lane < 32; ++lane) out[lane] = in[from];
  });
}
