// LayerNorm without a kernel of its own. With h the sum before a norm, mean m and inverse deviation r of a token:
//   LN(h) = r (gamma h - m gamma) + beta,   so   W LN(h) + b = r (W a - m W gamma) + (W beta + b)   with   a = gamma h.
// The layer that makes h stores a (fp16) and, per token and 64 features, the sums of h and h^2 (fp32); the layer that reads
// it multiplies a as it is and corrects its sums: W gamma and W beta + b are computed once at load (fold_norm.cu). A residual
// or a pooler corrects a itself. That saves, per layer, two kernels and writing and reading every hidden state once more.
// Statistics are summed in a fixed order, so results do not change from run to run.
#pragma once
#include "intrinsics.cuh"
#include "layout.h"

namespace filigree {

constexpr int kMaxStats = 16;

/** (r, m r) of one token, from its statistics. */
__device__ __forceinline__ float2 norm_of(const float2* stats, int token, int ld, int hidden, float epsilon) {
  const int pairs = stat_pairs(hidden);
  float2 v[kMaxStats];
#pragma unroll
  for (int i = 0; i < kMaxStats; ++i) v[i] = stats[size_t(i < pairs ? i : 0) * ld + token];  // all under way at once, with no branch
  float sum = 0.0f, squares = 0.0f;
#pragma unroll
  for (int i = 0; i < kMaxStats; ++i) sum += i < pairs ? v[i].x : 0.0f, squares += i < pairs ? v[i].y : 0.0f;
  const float mean = sum / hidden;
  const float r = rsqrtf(fmaxf(squares / hidden - mean * mean, 0.0f) + epsilon);
  return make_float2(r, mean * r);
}

/** v = LN of eight features of a token, given its (r, m r). */
__device__ __forceinline__ void unfold(float (&v)[8], float2 norm, const float* gamma, const float* beta, int feature) {
#pragma unroll
  for (int j = 0; j < 8; ++j) v[j] = fmaf(norm.x, v[j], fmaf(-norm.y, gamma[feature + j], beta[feature + j]));
}

}  // namespace filigree
