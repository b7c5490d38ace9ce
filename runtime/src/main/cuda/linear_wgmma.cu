// Entry points of the linear layer on wgmma / wgmma.sp, sm_90a. Grid: (rows / tile rows, tokens / tile tokens, splits),
// cluster (1, 1, splits).
//
// weights, x   as in linear_mma.cu
// epilogue     0: y = W x + bias     1: y = GELU(W x + bias)     2: h = W x + bias + LN(residual), y = gamma_out h, stats_out
//              with stats and row_sums not null, 0 and 1 read x as a folded norm (folded_norm.cuh)
// stats        [stat_pairs(hidden)][ld] pairs, of x (0, 1) or of the residual (2); stats_out: [stat_pairs(rows)][ld]
#include "linear_wgmma.cuh"

#define FILIGREE_LINEAR_WGMMA(KIND, SPARSE, NAME, ROWS, TOKENS)                                                          \
  extern "C" __global__ void __launch_bounds__(filigree::wgmma_threads(ROWS, TOKENS), 2) linear_##KIND##_##NAME(                                          \
      const uint8_t* __restrict__ weights, const __half* x, const float* __restrict__ bias,                              \
      const float* __restrict__ row_sums, const float2* stats, const __half* residual, const float* __restrict__ gamma,  \
      const float* __restrict__ beta, const float* __restrict__ gamma_out, __half* y, float2* stats_out, int rows,       \
      int inputs, int ld, int hidden, float epsilon, int epilogue, int tokens) {                                         \
    filigree::LinearWgmma<SPARSE, ROWS, TOKENS>::run(weights, x,                                                         \
                                               {bias, row_sums, stats, residual, gamma, beta, gamma_out, y, stats_out, \
                                                rows, ld, hidden, epsilon, epilogue},                                   \
                                               inputs, tokens);                                                          \
  }
#define FILIGREE_BOTH_WGMMA(NAME, ROWS, TOKENS)           \
  FILIGREE_LINEAR_WGMMA(sparse, true, NAME, ROWS, TOKENS) \
  FILIGREE_LINEAR_WGMMA(dense, false, NAME, ROWS, TOKENS)

FILIGREE_WGMMA_SHAPES(FILIGREE_BOTH_WGMMA)
