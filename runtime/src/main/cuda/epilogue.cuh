// What happens to the sums of a linear layer before they leave registers. A lane holds two consecutive outputs
// of a token (see layout.h); bias, exact GELU and residual are applied to them in fp32 and one store writes them.
#pragma once
#include "intrinsics.cuh"
#include "layout.h"

namespace filigree {

enum Epilogue : int { kBias = 0, kBiasGelu = 1, kBiasResidual = 2, kPartial = 3 };

/** Where a linear layer's results go and what is added on the way. Pointers not used by the epilogue may be null. */
struct Sink {
  const float* bias;       // [rows]
  const __half* residual;  // activations, same shape as y
  __half* y;               // activations
  float* partial;          // this split's partial sums
  int rows, ld, epilogue;
};

/**
 * GELU(x) = x/2 (1 + erf(x / sqrt 2)); 1 - erf(z) by Abramowitz and Stegun 7.1.28, absolute error below 3e-7 (fp16 resolves
 * 5e-4 of a result). The powers of 1 / sqrt 2 are folded into the coefficients.
 * Tried: 7.1.26, the same accuracy with two special-function instructions instead of one, which bound large tiles.
 */
__device__ __forceinline__ float gelu(float x) {
  const float z = fabsf(x);
  float p = fmaf(5.3829750e-6f, z, 4.8890636e-5f);
  p = fmaf(p, z, 3.8003575e-5f);
  p = fmaf(p, z, 3.2776264e-3f);
  p = fmaf(p, z, 2.1141006e-2f);
  p = fmaf(p, z, 4.9867347e-2f);
  p = fmaf(p, z, 1.0f);
  p *= p, p *= p, p *= p, p *= p;
  const float half_x = 0.5f * x, less = half_x * fast_reciprocal(p);
  return x >= 0.0f ? x - less : less;
}

/** Two consecutive outputs of one token. */
__device__ __forceinline__ void store2(const Sink& s, int feature, int token, float v0, float v1) {
  if (feature >= s.rows) return;
  if (s.epilogue == kPartial) {
    *reinterpret_cast<float2*>(s.partial + partial_offset(feature, token, s.ld)) = make_float2(v0, v1);
    return;
  }
  const size_t at = activation_offset(feature, token, s.ld);
  const float2 b = *reinterpret_cast<const float2*>(s.bias + feature);
  v0 += b.x, v1 += b.y;
  if (s.epilogue == kBiasGelu) {
    v0 = gelu(v0), v1 = gelu(v1);
  } else if (s.epilogue == kBiasResidual) {
    const float2 r = __half22float2(*reinterpret_cast<const __half2*>(s.residual + at));
    v0 += r.x, v1 += r.y;
  }
  *reinterpret_cast<__half2*>(s.y + at) = __floats2half2_rn(v0, v1);
}

/** Stores the 16 outputs (from `feature`) x 8 tokens (from `token`) of one accumulator tile of a warp. */
__device__ __forceinline__ void store_tile(const Sink& s, int feature, int token, const float (&c)[4]) {
  const int lane = threadIdx.x & 31;
  const int f = feature + (lane >> 2) * 2, t = token + (lane & 3) * 2;
  store2(s, f, t, c[0], c[2]);
  store2(s, f, t + 1, c[1], c[3]);
}

}  // namespace filigree
