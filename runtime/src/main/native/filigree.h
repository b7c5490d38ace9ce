// The kernels' interface to Java. Activations are panels of 16 tokens, [panel][feature][16]: lanes are tokens, so nothing is ever summed
// across lanes. All pointers are to memory that the caller owns; no function allocates, fails or keeps anything.
#pragma once
#include <stdint.h>

enum { PANEL = 16 };

/**
 * A linear layer's weight, dense or pattern-sparse, cut into blocks of rows that keep the same inputs, and the blocks into tiles of
 * `tile` rows (4 or 8). Rows beyond a block's last are there, with weights of zero and output -1.
 */
typedef struct {
  int32_t rows;             // outputs
  int32_t columns;          // inputs
  int32_t tile;             // rows of a tile
  int32_t tiles_per_block;
  int32_t blocks;
  int32_t kept;             // inputs each block keeps; even for int8
  const int32_t* inputs;    // [blocks][kept]
  const void* values;       // fp32 [tiles][kept][tile], or int8 widened to 16 bits [tiles][kept / 2][tile][2]
  const float* scales;      // [tiles * tile], for int8
  const float* bias;        // [tiles * tile]
  const int32_t* outputs;   // [tiles * tile]: the output row, or -1
} fg_matrix;

/** What happens to the product: stored, put through GELU, or added to what is there. */
enum { FG_STORE, FG_GELU, FG_ADD };

/** Which kernels this processor and its operating system can run: 0 none of them, 1 `avx2`, 2 `avx512` too. */
int32_t fg_level(void);

#define FG_DECLARE(name, type, parameters) type name##_avx2 parameters; type name##_avx512 parameters;

/** y = W x + bias for the blocks [from, to) and all tokens, with fp32 weights. */
FG_DECLARE(fg_linear_f32, void, (const fg_matrix* m, const float* x, float* y, int32_t tokens, int32_t from, int32_t to, int32_t epilogue))

/**
 * The same with int8 weights and the codes of fg_quantise; the sums of products are exact.
 *
 * pairs: scratch of kept * 16 numbers.
 */
FG_DECLARE(fg_linear_s8, void,
           (const fg_matrix* m, const int16_t* codes, const float* scales, float* y, int32_t tokens, int32_t from, int32_t to,
            int32_t epilogue, int16_t* pairs))

/**
 * Activations of the panels [from, to) to codes in [-limit, limit], symmetric, one scale a token: x = code * scale.
 */
FG_DECLARE(fg_quantise, void,
           (const float* x, int16_t* codes, float* scales, int32_t features, float limit, int32_t from, int32_t to))

/** LayerNorm (Ba et al. 2016) in place, panels [from, to). */
FG_DECLARE(fg_layer_norm, void,
           (float* x, const float* gamma, const float* beta, int32_t features, float epsilon, int32_t from, int32_t to))

/**
 * Scaled dot-product attention within each sequence (Vaswani et al. 2017, equation 1). An item is a head of a sequence; items
 * [from, to) of sequences * heads are done, the heads of the first sequence first.
 *
 * offsets: first token of each sequence, and the end of the last. scores: scratch of 16 numbers for each token of the longest one.
 */
FG_DECLARE(fg_attention, void,
           (const float* q, const float* k, const float* v, float* out, const int32_t* offsets, int32_t heads, int32_t width, int32_t from,
            int32_t to, float* scores))
