// What happens to the sums of a linear layer before they leave registers. A lane holds two consecutive outputs
// of a token (see layout.h); bias, exact GELU and residual are applied to them in fp32 and one store writes them.
#pragma once
#include "intrinsics.cuh"
#include "layout.h"

namespace filigree {

enum Epilogue : int { kBias = 0, kBiasGelu = 1, kBiasResidual = 2, kPartial = 3 };

// A sum between threads or on its way to memory: s32 sums travel as the bits of a float.
__device__ __forceinline__ float carried(float x) { return x; }
__device__ __forceinline__ float carried(int x) { return __int_as_float(x); }
__device__ __forceinline__ void add_carried(float& x, float y) { x += y; }
__device__ __forceinline__ void add_carried(int& x, float y) { x += __float_as_int(y); }

/** Where a linear layer's results go and what is added on the way. Pointers not used by the epilogue may be null. */
struct Sink {
  const float* bias;       // [rows]
  const __half* residual;  // activations, same shape as y
  __half* y;               // activations
  float* partial;          // this split's partial sums; in int8 the s32 sums as they are
  int rows, ld, epilogue;
  const float* row_scales = nullptr;    // [rows], int8: of the weights
  const float* token_scales = nullptr;  // [ld], int8: of the activations
};

/** x / (1 + 2^-t), t an odd polynomial of x: 2^-t, at most 2^60. */
__device__ __forceinline__ float gelu_odds(float x) {
  const float square = x * x;
  float t = fmaf(3.21036845e-6f, square, -8.79095963e-5f);
  t = fmaf(t, square, -3.62048755e-4f);
  t = fmaf(t, square, 1.05229979e-1f);
  t = fmaf(t, square, 2.30204378f);
  return fast_exp2(fminf(-x * t, 60.0f));
}

/**
 * GELU(x) = x P(x), P the normal distribution, of two values. log2(P / (1 - P)) is an odd polynomial (minimax of the absolute
 * error of x P(x), which stays below 4e-6; fp16 resolves 5e-4 of a result), so P = 1 / (1 + odds); both reciprocals are made of one.
 * Tried: 1 - erf(z) by Abramowitz and Stegun 7.1.28, 3e-7, a third more instructions; their number bounds FFN up's epilogue.
 */
__device__ __forceinline__ void gelu(float& x, float& y) {
  const float p = 1.0f + gelu_odds(x), q = 1.0f + gelu_odds(y), r = fast_reciprocal(p * q);
  x *= q * r, y *= p * r;
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
    gelu(v0, v1);
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
__device__ __forceinline__ void store_tile(const Sink& s, int feature, int token, const int (&c)[4]) {
  const int lane = threadIdx.x & 31;
  const int f = feature + (lane >> 2) * 2, t = token + (lane & 3) * 2;
  if (f >= s.rows) return;
  if (s.epilogue == kPartial) {
    store2(s, f, t, carried(c[0]), carried(c[2]));
    store2(s, f, t + 1, carried(c[1]), carried(c[3]));
    return;
  }
  const float2 row = *reinterpret_cast<const float2*>(s.row_scales + f), scale = *reinterpret_cast<const float2*>(s.token_scales + t);
  store2(s, f, t, c[0] * (row.x * scale.x), c[2] * (row.y * scale.x));
  store2(s, f, t + 1, c[1] * (row.x * scale.y), c[3] * (row.y * scale.y));
}

}  // namespace filigree
