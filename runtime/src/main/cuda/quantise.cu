// Activations to int8 codes, per token and symmetric: scale = max |v| / 127 over all features, code = v / scale rounded to nearest, ties
// to even. One block a token; a row is read twice, the second time from the level-1 cache.
//
// x        fp16 activations of `features` features: v as it is (stats null), or a folded norm's (folded_norm.cuh), of which v is the
//          LayerNorm, with its statistics, gamma and beta
// codes    [features / 128 rounded up][ld][128] (layout.h), padding 0; scales: fp32 [ld]
#include "folded_norm.cuh"
#include "row_norm.cuh"

namespace filigree {

constexpr int kQuantiseWarps = 4;

/** Eight features of a token, normalised where a norm is folded. */
__device__ __forceinline__ void load_eight(float (&v)[8], const __half* from, const float2* stats, float2 norm, const float* gamma,
                                           const float* beta, int feature) {
#pragma unroll
  for (int j = 0; j < 8; ++j) v[j] = 0.0f;
  add_halves(v, from);
  if (stats) unfold(v, norm, gamma, beta, feature);
}

}  // namespace filigree

using namespace filigree;

extern "C" __global__ void __launch_bounds__(32 * kQuantiseWarps) quantise(const __half* x, const float2* stats, const float* __restrict__ gamma,
                                                                           const float* __restrict__ beta, uint8_t* codes, float* scales,
                                                                           int features, int ld, float epsilon) {
  __shared__ float largest[kQuantiseWarps];
  allow_next_kernel();
  const int token = blockIdx.x;
  wait_for_previous_kernel();
  const float2 norm = stats ? norm_of(stats, token, ld, features, epsilon) : make_float2(1.0f, 0.0f);
  float high = 0.0f, v[8];
  for (int feature = threadIdx.x * 8; feature < features; feature += blockDim.x * 8) {
    load_eight(v, x + activation_offset(feature, token, ld), stats, norm, gamma, beta, feature);
#pragma unroll
    for (int j = 0; j < 8; ++j) high = fmaxf(high, fabsf(v[j]));
  }
#pragma unroll
  for (int d = 16; d > 0; d >>= 1) high = fmaxf(high, __shfl_xor_sync(0xffffffffu, high, d));
  if ((threadIdx.x & 31) == 0) largest[threadIdx.x >> 5] = high;
  __syncthreads();
#pragma unroll
  for (int w = 0; w < kQuantiseWarps; ++w) high = fmaxf(high, largest[w]);
  const float steps = high > 1e-30f ? 127.0f / high : 0.0f;
  if (threadIdx.x == 0) scales[token] = high / 127.0f;
  const int padded = chunks_of(features, true) * block_inputs(true);
  for (int feature = threadIdx.x * 8; feature < padded; feature += blockDim.x * 8) {
    uint32_t four[2] = {0, 0};
    if (feature < features) {
      load_eight(v, x + activation_offset(feature, token, ld), stats, norm, gamma, beta, feature);
#pragma unroll
      for (int j = 0; j < 8; ++j) four[j >> 2] |= uint32_t(__float2int_rn(v[j] * steps) & 255) << 8 * (j & 3);
    }
    *reinterpret_cast<uint2*>(codes + code_offset(feature, token, ld)) = make_uint2(four[0], four[1]);
  }
}
