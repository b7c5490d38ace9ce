// Word + position + token-type embedding, then LayerNorm: ids -> activations [hidden / 64][ld][64]. One warp per token.
// embed_folded leaves the norm to the layers that read it (folded_norm.cuh): y = gamma times the sum, and its statistics.
// Tables are fp16, row-major [entries][hidden]; ids, positions and types are int32 [tokens].
#include "row_norm.cuh"

using namespace filigree;

__device__ __forceinline__ Row embedding(const int* ids, const int* positions, const int* types, const __half* words,
                                         const __half* places, const __half* kinds, int token, int hidden) {
  const int lane = threadIdx.x & 31;
  const __half* from[3] = {words + size_t(ids[token]) * hidden, places + size_t(positions[token]) * hidden,
                           kinds + size_t(types[token]) * hidden};
  Row row = {};
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i) {
    const int chunk = i * 32 + lane;
    if (chunk >= hidden / 8) continue;
#pragma unroll
    for (int table = 0; table < 3; ++table) add_halves(row.v[i], from[table] + chunk * 8);
  }
  return row;
}

extern "C" __global__ void __launch_bounds__(256) embed_layernorm(
    const int* __restrict__ ids, const int* __restrict__ positions, const int* __restrict__ types, const __half* __restrict__ words,
    const __half* __restrict__ places, const __half* __restrict__ kinds, const float* __restrict__ gamma,
    const float* __restrict__ beta, __half* y, int tokens, int hidden, int ld, float epsilon) {
  allow_next_kernel();
  const int token = blockIdx.x * (blockDim.x >> 5) + (threadIdx.x >> 5);
  wait_for_previous_kernel();
  if (token >= tokens) return;
  Row row = embedding(ids, positions, types, words, places, kinds, token, hidden);
  normalise_and_store(row, gamma, beta, y, token, hidden, ld, epsilon);
}

extern "C" __global__ void __launch_bounds__(256) embed_folded(
    const int* __restrict__ ids, const int* __restrict__ positions, const int* __restrict__ types, const __half* __restrict__ words,
    const __half* __restrict__ places, const __half* __restrict__ kinds, const float* __restrict__ gamma, __half* y, float2* stats,
    int tokens, int hidden, int ld) {
  allow_next_kernel();
  const int token = blockIdx.x * (blockDim.x >> 5) + (threadIdx.x >> 5);
  wait_for_previous_kernel();
  if (token >= tokens) return;
  fold_and_store(embedding(ids, positions, types, words, places, kinds, token, hidden), gamma, y, stats, token, hidden, ld);
}
