// One warp normalises one token: lane l holds the 8-feature chunks l, l + 32, ... of its row in fp32 registers.
#pragma once
#include "intrinsics.cuh"
#include "layout.h"

namespace filigree {

constexpr int kMaxHidden = 1024;
constexpr int kRowChunks = kMaxHidden / 8 / 32;

struct Row {
  float v[kRowChunks][8];
};

__device__ __forceinline__ float warp_sum(float x) {
#pragma unroll
  for (int d = 16; d > 0; d >>= 1) x += __shfl_xor_sync(0xffffffffu, x, d);
  return x;
}

__device__ __forceinline__ void add_halves(float (&v)[8], const __half* from) {
  const uint4 q = *reinterpret_cast<const uint4*>(from);
  const __half2* h = reinterpret_cast<const __half2*>(&q);
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float2 f = __half22float2(h[i]);
    v[2 * i] += f.x, v[2 * i + 1] += f.y;
  }
}

__device__ __forceinline__ void add_floats(float (&v)[8], const float* from) {
  const float4 a = *reinterpret_cast<const float4*>(from), b = *reinterpret_cast<const float4*>(from + 4);
  v[0] += a.x, v[1] += a.y, v[2] += a.z, v[3] += a.w, v[4] += b.x, v[5] += b.y, v[6] += b.z, v[7] += b.w;
}

/** Two-pass LayerNorm (Ba et al. 2016, eq. 3, biased variance) of a row in registers, stored as fp16 activations. */
__device__ __forceinline__ void normalise_and_store(Row& row, const float* gamma, const float* beta, __half* y, int token, int hidden,
                                                    int ld, float epsilon) {
  const int lane = threadIdx.x & 31, chunks = hidden / 8;
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i)
    if (i * 32 + lane < chunks)
#pragma unroll
      for (int j = 0; j < 8; ++j) sum += row.v[i][j];
  const float mean = warp_sum(sum) / hidden;
  float squares = 0.0f;
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i)
    if (i * 32 + lane < chunks)
#pragma unroll
      for (int j = 0; j < 8; ++j) squares += (row.v[i][j] - mean) * (row.v[i][j] - mean);
  const float scale = rsqrtf(warp_sum(squares) / hidden + epsilon);
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i) {
    const int chunk = i * 32 + lane;
    if (chunk >= chunks) continue;
    float g[8] = {}, b[8] = {};
    add_floats(g, gamma + chunk * 8);
    add_floats(b, beta + chunk * 8);
    uint4 out;
    __half2* h = reinterpret_cast<__half2*>(&out);
#pragma unroll
    for (int j = 0; j < 4; ++j)
      h[j] = __floats2half2_rn(fmaf((row.v[i][2 * j] - mean) * scale, g[2 * j], b[2 * j]),
                               fmaf((row.v[i][2 * j + 1] - mean) * scale, g[2 * j + 1], b[2 * j + 1]));
    *reinterpret_cast<uint4*>(y + activation_offset(chunk * 8, token, ld)) = out;
  }
}

/** The folded form (folded_norm.cuh): stores gamma times the row, and its sums as the first pair of statistics, the others 0. */
__device__ __forceinline__ void fold_and_store(const Row& row, const float* gamma, __half* y, float2* stats, int token, int hidden, int ld) {
  const int lane = threadIdx.x & 31, chunks = hidden / 8;
  float sum = 0.0f, squares = 0.0f;
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i) {
    const int chunk = i * 32 + lane;
    if (chunk >= chunks) continue;
    float g[8] = {};
    add_floats(g, gamma + chunk * 8);
    uint4 out;
    __half2* h = reinterpret_cast<__half2*>(&out);
#pragma unroll
    for (int j = 0; j < 8; ++j) sum += row.v[i][j], squares = fmaf(row.v[i][j], row.v[i][j], squares);
#pragma unroll
    for (int j = 0; j < 4; ++j) h[j] = __floats2half2_rn(row.v[i][2 * j] * g[2 * j], row.v[i][2 * j + 1] * g[2 * j + 1]);
    *reinterpret_cast<uint4*>(y + activation_offset(chunk * 8, token, ld)) = out;
  }
  sum = warp_sum(sum), squares = warp_sum(squares);
  if (lane < stat_pairs(hidden)) stats[size_t(lane) * ld + token] = lane == 0 ? make_float2(sum, squares) : make_float2(0.0f, 0.0f);
}

}  // namespace filigree
