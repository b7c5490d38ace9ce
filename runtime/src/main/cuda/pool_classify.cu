// From the last layer's activations to logits, in fp32.
//
// pool_first  BERT's pooler: tanh(W x[first token] + b). Grid (hidden / 8, sequences), 8 warps, one output each.
// pool_mean   mean over a sequence's tokens. Grid (hidden / 64, sequences), 256 threads.
// pool_cls    the first token as it is. Grid (1, sequences), 128 threads, eight features each.
// classify    logits = W pooled + b. Grid (labels, sequences), one warp.
// The first three read normalised activations (stats null), or a folded norm's with its statistics, gamma and beta.
// Pooled vectors are fp32 [sequences][hidden], logits fp32 [sequences][labels], weights fp16 row-major.
// The pooler is spread over hidden / 8 blocks because one block alone would read its 1.2 MB (BERT-base) at a small share of
// memory bandwidth.
#include "folded_norm.cuh"
#include "row_norm.cuh"

using namespace filigree;

extern "C" __global__ void __launch_bounds__(256) pool_first(const __half* x, const float2* stats, const float* __restrict__ gamma,
                                                             const float* __restrict__ beta, const int* __restrict__ starts,
                                                             const __half* __restrict__ weights, const float* __restrict__ bias,
                                                             float* pooled, int hidden, int ld, float epsilon) {
  allow_next_kernel();
  const int lane = threadIdx.x & 31, output = blockIdx.x * 8 + (threadIdx.x >> 5), token = starts[blockIdx.y];
  Row w = {};
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i)
    if (i * 32 + lane < hidden / 8) add_halves(w.v[i], weights + size_t(output) * hidden + (i * 32 + lane) * 8);
  wait_for_previous_kernel();
  const float2 norm = stats ? norm_of(stats, token, ld, hidden, epsilon) : make_float2(1.0f, 0.0f);
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i) {
    if (i * 32 + lane >= hidden / 8) continue;
    float v[8] = {};
    add_halves(v, x + activation_offset((i * 32 + lane) * 8, token, ld));
    if (stats) unfold(v, norm, gamma, beta, (i * 32 + lane) * 8);
#pragma unroll
    for (int j = 0; j < 8; ++j) sum = fmaf(v[j], w.v[i][j], sum);
  }
  sum = warp_sum(sum);
  if (lane == 0) pooled[size_t(blockIdx.y) * hidden + output] = tanhf(sum + bias[output]);
}

extern "C" __global__ void __launch_bounds__(256, 1) pool_mean(const __half* x, const float2* stats, const float* __restrict__ gamma,
                                                               const float* __restrict__ beta, const int* __restrict__ starts,
                                                               float* pooled, int hidden, int ld, float epsilon) {
  __shared__ float sums[32][64];
  allow_next_kernel();
  const int start = starts[blockIdx.y], end = starts[blockIdx.y + 1], chunk = threadIdx.x & 7, row = threadIdx.x >> 3;
  wait_for_previous_kernel();
  float v[8] = {};
  for (int t = start + row; t < end; t += 32) {
    float u[8] = {};
    add_halves(u, x + activation_offset(blockIdx.x * 64 + chunk * 8, t, ld));
    if (stats) unfold(u, norm_of(stats, t, ld, hidden, epsilon), gamma, beta, blockIdx.x * 64 + chunk * 8);
#pragma unroll
    for (int j = 0; j < 8; ++j) v[j] += u[j];
  }
#pragma unroll
  for (int j = 0; j < 8; ++j) sums[row][chunk * 8 + j] = v[j];
  __syncthreads();
  if (threadIdx.x >= 64) return;
  float sum = 0.0f;
  for (int r = 0; r < 32; ++r) sum += sums[r][threadIdx.x];
  pooled[size_t(blockIdx.y) * hidden + blockIdx.x * 64 + threadIdx.x] = sum / (end - start);
}

extern "C" __global__ void __launch_bounds__(128) pool_cls(const __half* x, const float2* stats, const float* __restrict__ gamma,
                                                           const float* __restrict__ beta, const int* __restrict__ starts,
                                                           float* pooled, int hidden, int ld, float epsilon) {
  allow_next_kernel();
  const int feature = threadIdx.x * 8, token = starts[blockIdx.y];
  wait_for_previous_kernel();
  if (feature >= hidden) return;
  float v[8] = {};
  add_halves(v, x + activation_offset(feature, token, ld));
  if (stats) unfold(v, norm_of(stats, token, ld, hidden, epsilon), gamma, beta, feature);
  float* to = pooled + size_t(blockIdx.y) * hidden + feature;
#pragma unroll
  for (int j = 0; j < 8; ++j) to[j] = v[j];
}

extern "C" __global__ void __launch_bounds__(32) classify(const float* pooled, const __half* __restrict__ weights,
                                                          const float* __restrict__ bias, float* logits, int hidden, int labels) {
  const int lane = threadIdx.x;
  allow_next_kernel();
  Row w = {};
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i)
    if (i * 32 + lane < hidden / 8) add_halves(w.v[i], weights + size_t(blockIdx.x) * hidden + (i * 32 + lane) * 8);
  wait_for_previous_kernel();
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < kRowChunks; ++i) {
    if (i * 32 + lane >= hidden / 8) continue;
    float v[8] = {};
    add_floats(v, pooled + size_t(blockIdx.y) * hidden + (i * 32 + lane) * 8);
#pragma unroll
    for (int j = 0; j < 8; ++j) sum = fmaf(v[j], w.v[i][j], sum);
  }
  sum = warp_sum(sum);
  if (lane == 0) logits[size_t(blockIdx.y) * labels + blockIdx.x] = sum + bias[blockIdx.x];
}
