// The kernels' interface to Java. Activations are panels of 16 tokens, [panel][feature][16]: lanes are tokens, so nothing is ever summed
// across lanes. All pointers are to memory that the caller owns; no function allocates, fails or keeps anything.
//
// There is a set of functions for each level of the processor: avx2 (AVX2, FMA and F16C), avx512 (AVX-512 F and BW), vnni (with AVX-512 VNNI
// too) and amx (with AMX int8 too). What INT8 weights look like, and the codes that activations are rounded to, differs:
//
//   avx2, avx512   16-bit codes, symmetric, [panel][feature][16]; fg_matrix
//   vnni           8-bit codes from a token's least to its largest activation, four features together, [panel][feature / 4][16][4];
//                  fg_quads
//   amx            the same codes; fg_tiles
//
// The linears of vnni and amx give the same bits, so a caller may choose between them call by call.
//
// Code panels are as long as for a multiple of 64 features; what lies beyond the last feature meets weights of zero only.
#pragma once
#include <stdint.h>

enum { PANEL = 16, CODE_GROUP = 64 };

/**
 * A linear layer's weight, dense or pattern-sparse, cut into blocks of rows that keep the same inputs, and the blocks into tiles of
 * `tile` rows (4, 8 or 16). Rows beyond a block's last are there, with weights of zero and output -1.
 */
typedef struct {
  int32_t rows;             // outputs
  int32_t pitch;            // features from one panel of outputs to the next
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

/**
 * An INT8 weight for products of four bytes. Kept inputs come in fours. A four is picked from `sources` neighbouring fours of inputs. Where
 * they are `aligned`, each source fills the same bytes of every four (2:4: the first two and the last two), and one shuffle serves all of
 * them; otherwise each has one of its own, whose result has zeros where another source's bytes go.
 */
typedef struct {
  int32_t rows;             // outputs
  int32_t pitch;            // features from one panel of outputs to the next
  int32_t columns;          // inputs
  int32_t tile;             // rows of a tile: 4 or 8
  int32_t tiles_per_block;
  int32_t blocks;
  int32_t quads;            // fours of kept inputs
  int32_t sources;          // 1 (dense), 2 or 4
  int32_t aligned;
  const uint8_t* choices;   // [blocks][quads][aligned ? 1 : sources]: which of the shuffles; not read for dense
  const uint8_t* shuffles;  // [at most 256][64]: byte to take within a token's four, for all 16 tokens, or 0x80 for a zero
  const int8_t* values;     // [tiles][quads][tile][4]
  const float* scales;      // [tiles * tile]
  const float* sums;        // [tiles * tile]: a row's codes, summed up, times its scale
  const float* bias;        // [tiles * tile]
  const int32_t* outputs;   // [tiles * tile]: the output row, or -1
} fg_quads;

/** Whether half a panel in vectors of 256 bits takes less time than in vectors of 512 bits. */
int32_t fg_half_panels(void);

/** The outputs of one block of fg_linear_s8_vnni for a panel whose tokens are all in its low half. */
void fg_half_block_vnni(const fg_quads* m, int32_t block, const uint8_t* codes, const float* steps, float* y, uint8_t* kept,
                        int32_t epilogue);

/**
 * An INT8 weight for AMX: tiles of 16 rows by 64 inputs, without the zeros, which the kernel puts back: they take no memory and no
 * bandwidth.
 */
typedef struct {
  int32_t rows;             // outputs
  int32_t pitch;            // features from one panel of outputs to the next
  int32_t columns;          // inputs
  int32_t blocks;           // of FG_BLOCK_TILES tiles
  int32_t depth;            // groups of 64 inputs
  int32_t rows_per_mask;    // rows that keep the same inputs: 16, 8, 4 or 1; 0 for dense
  int32_t paired;           // whether four rows or more keep the same inputs, two of every four at most
  const uint64_t* masks;    // [blocks][depth][FG_BLOCK_TILES][16 / rows_per_mask]
  const int64_t* starts;    // [blocks]: where a block's first value is
  // [blocks][depth][FG_BLOCK_TILES][16][kept of the 64], with 64 bytes to spare behind the last; if `paired`
  // [blocks][depth][FG_BLOCK_TILES][8][16][2][2]: for each of 16 fours what one row keeps, then what the next does.
  const int8_t* values;
  const float* scales;      // [blocks * FG_BLOCK_TILES * 16]
  const float* sums;        // as long: a row's codes, summed up, times its scale
  const float* bias;        // as long
  const int32_t* outputs;   // as long: the output row, or -1
} fg_tiles;

enum { FG_BLOCK_TILES = 2 };

/** Types of stored word embeddings; FG_INT4 has an fp16 scale for every 32 columns, FG_INT8 an fp32 one for a row. */
enum { FG_FP32, FG_FP16, FG_INT8, FG_INT4 };

/** The embeddings of a model. */
typedef struct {
  int32_t columns;
  int32_t dtype;            // of the words
  int32_t row_bytes;        // of a word
  int32_t scale_bytes;      // of a word's scales
  const float* positions;   // [positions][columns]
  const float* types;       // [token types][columns]
} fg_embedding;

/** What happens to the product: stored, put through GELU, or added to what is there. */
enum { FG_STORE, FG_GELU, FG_ADD };

/** The best level that this processor and its operating system can run: 0 none, 1 avx2, 2 avx512, 3 vnni, 4 amx; it includes those below. */
int32_t fg_level(void);

/**
 * Lays out the codes of INT8 weights for fg_matrix: `stored` is [rows][kept], `laid` zeroed memory for `values`. Returns the largest sum of
 * the magnitudes of a row's codes, which bounds a sum of products.
 */
int32_t fg_lay_pairs(const int8_t* stored, int16_t* laid, int32_t rows, int32_t kept, int32_t block_rows, int32_t tile);

/** The same for fg_quads. */
void fg_lay_quads(const int8_t* stored, int8_t* laid, int32_t rows, int32_t kept, int32_t block_rows, int32_t tile);

/** The same for fg_tiles that are `paired`: every four of inputs keeps two, but the last may keep one. */
void fg_lay_paired_tiles(const int8_t* stored, int8_t* laid, int32_t rows, int32_t kept, int32_t depth);

/**
 * Lists the inputs that blocks of rows keep, [blocks][groups * kept], rising. `ids` has for each block and group of m inputs the number of
 * its pattern, `width` bits each, the least significant first; `patterns` has so many masks of m bits. Returns whether every number is
 * that of a pattern, and every pattern has `kept` ones.
 */
int32_t fg_list_inputs(const uint8_t* ids, int32_t width, const uint32_t* patterns, int32_t count, int32_t m, int32_t kept, int32_t blocks,
                       int32_t groups, int32_t* inputs);

/** Codes and a scale for each row to fp32, [rows][columns]. */
void fg_scale_rows(const int8_t* codes, const float* scales, int32_t rows, int32_t columns, float* values);

/** The sum of each row's codes. */
void fg_sum_rows(const int8_t* stored, int32_t* sums, int32_t rows, int32_t kept);

/**
 * The kernels of one level.
 *
 * fg_linear_f32: y = W x + bias for the blocks [from, to) and all tokens, with fp32 weights.
 *
 * fg_linear_s8: the same with INT8 weights (`m` is what the level takes) and the codes of fg_quantise; the sums of products are exact.
 * `scratch` holds for avx2 and avx512 kept * 16 numbers of 16 bits, for vnni quads * 128 bytes, for amx FG_BLOCK_TILES * depth * 1024.
 *
 * fg_quantise: activations of the panels [from, to) to codes up to `limit`; steps is [panel][2][16]: x = code * step + offset.
 *
 * fg_embed: the sums of the three embeddings for the panels [from, to), zero in lanes beyond the last token. `rows` and `scales` hold
 * each token's word as it is stored, `places` its position and type.
 *
 * fg_pool: the mean of each sequence's tokens, or its first one, to panels of sequences. fg_tanh: in place.
 *
 * fg_layer_norm: LayerNorm (Ba et al. 2016) in place, panels [from, to).
 *
 * fg_attention: scaled dot-product attention within each sequence (Vaswani et al. 2017, equation 1). An item is a head of a sequence;
 * items [from, to) of sequences * heads are done, the heads of the first sequence first. `queries`, `keys`: first row of each sequence in
 * q and out, in k and v, and the end of the last: the same for all tokens to attend, others where only some do. `pitch`: features from one
 * panel of q, k and v to the next; `out` has heads * width. `scores`: scratch of 16 numbers for each token of the longest sequence.
 */
#define FG_DECLARE(level)                                                                                                           \
  void fg_linear_f32_##level(const fg_matrix* m, const float* x, float* y, int32_t tokens, int32_t from, int32_t to,                \
                             int32_t epilogue);                                                                                     \
  void fg_linear_s8_##level(const void* m, const void* codes, const float* steps, float* y, int32_t tokens, int32_t from,           \
                            int32_t to, int32_t epilogue, void* scratch);                                                           \
  void fg_quantise_##level(const float* x, void* codes, float* steps, int32_t features, float limit, int32_t from, int32_t to);     \
  void fg_embed_##level(const fg_embedding* e, const uint8_t* rows, const uint8_t* scales, const int32_t* places, float* x,          \
                        int32_t tokens, int32_t from, int32_t to);                                                                  \
  void fg_pool_##level(const float* x, const int32_t* offsets, int32_t features, int32_t first_only, float* pooled,                 \
                       int32_t sequences);                                                                                          \
  void fg_tanh_##level(float* x, int32_t features, int32_t panels);                                                                 \
  void fg_layer_norm_##level(float* x, const float* gamma, const float* beta, int32_t features, float epsilon, int32_t from,        \
                             int32_t to);                                                                                           \
  void fg_attention_##level(const float* q, const float* k, const float* v, float* out, const int32_t* queries, const int32_t* keys, \
                            int32_t heads, int32_t width, int32_t pitch, int32_t from, int32_t to, float* scores);

/** For layers with INT8 weights: the same attention in 16-bit codes, and the bytes of scratch it needs. */
#define FG_DECLARE_S16(level)                                                                                                       \
  void fg_attention_s16_##level(const float* q, const float* k, const float* v, float* out, const int32_t* queries,                 \
                                const int32_t* keys, int32_t heads, int32_t width, int32_t pitch, int32_t from, int32_t to,         \
                                float* scratch);                                                                                    \
  int64_t fg_attention_s16_scratch_##level(int32_t keys, int32_t width);

FG_DECLARE(avx2)
FG_DECLARE(avx512)
FG_DECLARE(vnni)
FG_DECLARE(amx)
FG_DECLARE_S16(vnni)
FG_DECLARE_S16(amx)
