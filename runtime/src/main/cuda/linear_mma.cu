// Entry points of the linear layer on mma / mma.sp. Grid: (rows / tile rows, tokens / tile tokens, splits of the inputs).
//
// weights   the device layout of layout.h, made by relayout_*
// x         activations [inputs / 64][ld][64], or codes [inputs / 128][ld][128]
// row_scales, token_scales   int8: fp32 [rows] of the weights, [ld] of the codes
// bias      fp32 [rows]; residual and y: activations of `rows` features; partial: fp32 or s32 [splits][rows / 64][ld][64]
// epilogue  0 bias; 1 bias + GELU; 2 bias + residual; 3 partial sums (no scales, no bias), the only one allowed with several splits
#include "linear_mma.cuh"

#define FILIGREE_LINEAR(KIND, SPARSE, NAME, WM, WN, WK, NI)                                                                             \
  extern "C" __global__ void __launch_bounds__(32 * WM * WN * WK) linear_##KIND##_##NAME(                                              \
      const uint8_t* __restrict__ weights, const uint8_t* x, const float* __restrict__ bias, const __half* residual, __half* y,         \
      float* partial, int rows, int inputs, int ld, int epilogue) {                                                                     \
    filigree::LinearMma<SPARSE, false, WM, WN, WK, NI>::run(weights, x, {bias, residual, y, partial, rows, ld, epilogue}, inputs);      \
  }                                                                                                                                     \
  extern "C" __global__ void __launch_bounds__(32 * WM * WN * WK) linear_int8_##KIND##_##NAME(                                         \
      const uint8_t* __restrict__ weights, const uint8_t* x, const float* __restrict__ row_scales, const float* token_scales,           \
      const float* __restrict__ bias, const __half* residual, __half* y, float* partial, int rows, int inputs, int ld, int epilogue) {  \
    filigree::LinearMma<SPARSE, true, WM, WN, WK, NI>::run(                                                                             \
        weights, x, {bias, residual, y, partial, rows, ld, epilogue, row_scales, token_scales}, inputs);                                \
  }
#define FILIGREE_BOTH(NAME, WM, WN, WK, NI)              \
  FILIGREE_LINEAR(sparse, true, NAME, WM, WN, WK, NI)    \
  FILIGREE_LINEAR(dense, false, NAME, WM, WN, WK, NI)

FILIGREE_MMA_SHAPES(FILIGREE_BOTH)
