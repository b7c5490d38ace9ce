// What a linear layer that reads a folded LayerNorm (folded_norm.cuh) needs beside its weight, once at load: per row the sum
// of W gamma, and bias + sum of W beta, in fp32 from the same fp16 weights the tensor cores use. One warp per row.
// patterns (null: dense), values, row_order, v, per_four: the packed form, as for relayout_sparse and relayout_dense.
#include "row_norm.cuh"

using namespace filigree;

extern "C" __global__ void __launch_bounds__(128) fold_norm(const uint8_t* __restrict__ patterns, const __half* __restrict__ values,
                                                            const int* __restrict__ row_order, const float* __restrict__ gamma,
                                                            const float* __restrict__ beta, const float* __restrict__ bias, float* row_sums, float* folded_bias,
                                                            int rows, int inputs, int v, int per_four) {
  const int row = blockIdx.x * 4 + (threadIdx.x >> 5), lane = threadIdx.x & 31;
  if (row >= rows) return;
  float with_gamma = 0.0f, with_beta = 0.0f;
  for (int group = lane; group < inputs / 4; group += 32) {
    const unsigned mask = patterns ? patterns[size_t(row / v) * (inputs / 4) + group] : 15u;
    const __half* kept = values + (size_t(row) * (inputs / 4) + group) * (patterns ? per_four : 4);
    for (int i = 0; i < 4; ++i)
      if (mask >> i & 1) {
        const float w = __half2float(*kept++);
        with_gamma = fmaf(w, gamma[group * 4 + i], with_gamma);
        with_beta = fmaf(w, beta[group * 4 + i], with_beta);
      }
  }
  with_gamma = warp_sum(with_gamma), with_beta = warp_sum(with_beta);
  const int output = row_order ? row_order[row] : row;
  if (lane == 0) row_sums[output] = with_gamma, folded_bias[output] = bias[output] + with_beta;
}
