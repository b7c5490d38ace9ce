// Entry points of the linear layer on wgmma / wgmma.sp, sm_90a. Grid: (rows / tile rows, tokens / tile tokens, splits),
// cluster (1, 1, splits).
//
// weights, x, row_scales, token_scales   as in linear_mma.cu
// epilogue     0: y = W x + bias     1: y = GELU(W x + bias)     2: h = W x + bias + LN(residual), y = gamma_out h, stats_out
//              with stats and row_sums not null, 0 and 1 read x as a folded norm (folded_norm.cuh); not in int8
//              int8, 3: y = the s32 sums of codes, [rows / 64][ld][64], without scales and bias, for checks
// stats        [stat_pairs(hidden)][ld] pairs, of x (0, 1) or of the residual (2); stats_out: [stat_pairs(rows)][ld]
#include "linear_wgmma.cuh"

#define FILIGREE_LINEAR_WGMMA(KIND, SPARSE, NAME, ROWS, TOKENS)                                                                         \
  extern "C" __global__ void __launch_bounds__(filigree::wgmma_threads(ROWS, TOKENS), 2) linear_##KIND##_##NAME(                        \
      const uint8_t* __restrict__ weights, const uint8_t* x, const float* __restrict__ bias, const float* __restrict__ row_sums,        \
      const float2* stats, const __half* residual, const float* __restrict__ gamma, const float* __restrict__ beta,                     \
      const float* __restrict__ gamma_out, __half* y, float2* stats_out, int rows, int inputs, int ld, int hidden, float epsilon,       \
      int epilogue, int tokens) {                                                                                                       \
    filigree::LinearWgmma<SPARSE, false, ROWS, TOKENS>::run(                                                                            \
        weights, x, {bias, row_sums, stats, residual, gamma, beta, gamma_out, y, stats_out, rows, ld, hidden, epsilon, epilogue},       \
        inputs, tokens);                                                                                                                \
  }                                                                                                                                     \
  extern "C" __global__ void __launch_bounds__(filigree::wgmma_threads(ROWS, TOKENS), 2) linear_int8_##KIND##_##NAME(                   \
      const uint8_t* __restrict__ weights, const uint8_t* x, const float* __restrict__ row_scales, const float* token_scales,           \
      const float* __restrict__ bias, const float2* stats, const __half* residual, const float* __restrict__ gamma,                     \
      const float* __restrict__ beta, const float* __restrict__ gamma_out, __half* y, float2* stats_out, int rows, int inputs, int ld,  \
      int hidden, float epsilon, int epilogue, int tokens) {                                                                            \
    filigree::LinearWgmma<SPARSE, true, ROWS, TOKENS>::run(                                                                             \
        weights, x,                                                                                                                     \
        {bias, nullptr, stats, residual, gamma, beta, gamma_out, y, stats_out, rows, ld, hidden, epsilon, epilogue, row_scales,         \
         token_scales},                                                                                                                 \
        inputs, tokens);                                                                                                                \
  }
#define FILIGREE_BOTH_WGMMA(NAME, ROWS, TOKENS)           \
  FILIGREE_LINEAR_WGMMA(sparse, true, NAME, ROWS, TOKENS) \
  FILIGREE_LINEAR_WGMMA(dense, false, NAME, ROWS, TOKENS)

FILIGREE_WGMMA_SHAPES(FILIGREE_BOTH_WGMMA)
