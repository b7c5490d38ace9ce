// LayerNorm after attention output and after the FFN. One warp per token, any number of warps in a block.
//
// Used with the mma kernels; the wgmma kernels fold the norm into the linears (folded_norm.cuh), which at BERT-base saves 24
// kernels of about 2.8 us each at few tokens.
//
// layernorm          x (which already holds bias and residual) -> y, fp16 activations; x and y may be the same buffer
// layernorm_partial  sum of `splits` fp32 partial results + bias + residual, then LayerNorm
#include "row_norm.cuh"

using namespace filigree;

extern "C" __global__ void __launch_bounds__(256) layernorm(const __half* x, const float* __restrict__ gamma,
                                                            const float* __restrict__ beta, __half* y, int tokens, int hidden,
                                                            int ld, float epsilon) {
  allow_next_kernel();
  const int token = blockIdx.x * (blockDim.x >> 5) + (threadIdx.x >> 5), lane = threadIdx.x & 31;
  wait_for_previous_kernel();
  if (token >= tokens) return;
  Row row = {};
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i) {
    const int chunk = i * 32 + lane;
    if (chunk < hidden / 8) add_halves(row.v[i], x + activation_offset(chunk * 8, token, ld));
  }
  normalise_and_store(row, gamma, beta, y, token, hidden, ld, epsilon);
}

extern "C" __global__ void __launch_bounds__(256) layernorm_partial(const float* partial, const float* __restrict__ bias,
                                                                    const __half* residual, const float* __restrict__ gamma,
                                                                    const float* __restrict__ beta, __half* y, int tokens,
                                                                    int hidden, int ld, int splits, float epsilon) {
  allow_next_kernel();
  const int token = blockIdx.x * (blockDim.x >> 5) + (threadIdx.x >> 5), lane = threadIdx.x & 31;
  Row row = {};
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i) {
    const int chunk = i * 32 + lane;
    if (chunk < hidden / 8) add_floats(row.v[i], bias + chunk * 8);
  }
  wait_for_previous_kernel();
  if (token >= tokens) return;
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i) {
    const int chunk = i * 32 + lane;
    if (chunk < hidden / 8) add_halves(row.v[i], residual + activation_offset(chunk * 8, token, ld));
  }
#pragma unroll 4
  for (int s = 0; s < splits; ++s) {
    const float* part = partial + size_t(s) * (hidden / 64) * ld * 64;
#pragma unroll
    for (int i = 0; i < kRowChunks; ++i) {
      const int chunk = i * 32 + lane;
      if (chunk < hidden / 8) add_floats(row.v[i], part + partial_offset(chunk * 8, token, ld));
    }
  }
  normalise_and_store(row, gamma, beta, y, token, hidden, ld, epsilon);
}
