// Where every number lies on the device. Shared by kernels, by the re-layout step and by hosts; plain C++, no CUDA types.
//
// Activations, fp16: [features / 64][ld tokens][64 features]. A row of 64 features is 128 bytes, eight 16-byte chunks, and
//   chunk c of token t is stored at place c ^ (t & 7). So a tile of tokens x 64 features is one contiguous run of bytes
//   that can be copied into shared memory as it lies, is read by ldmatrix without bank conflicts, and is at the same time the
//   128-byte-swizzled K-major operand of wgmma. One block of 64 features is one attention head of size 64, or two of 32.
// Partial sums, fp32: [split][features / 64][ld tokens][64], not swizzled.
//
// Statistics of a folded LayerNorm (folded_norm.cuh), fp32 pairs (sum, sum of squares): [features / 64][ld tokens], of the
//   features of one m64 operand of the weights below: pair 2 b + i has features 128 b + 32 w + 16 i .. + 15, w = 0..3.
//
// Weights: blocks of 128 rows (outputs) x 64 inputs, [rows / 128][inputs / 64][block]; rows are padded to 128 with zeros.
//   A block is eight m16 tiles. Row f of the block (0..127), with w = f / 32, i = f / 16 % 2, lies in tile 4 i + w at row
//   (f % 2) * 8 + f % 16 / 2. After mma a lane therefore holds two consecutive outputs of a token, eight lanes a whole 32-byte
//   sector; tiles 4 i .. 4 i + 3 are one m64 operand of wgmma, of which warp w computes outputs 32 w + 16 i .. + 15.
//   A tile is two groups of 8 rows, each a run of 8 x 8 core matrices (8 rows of 16 bytes): what ldmatrix reads without
//   conflicts and what wgmma takes as its unswizzled K-major layout.
//   Sparse: a tile holds the 32 kept values of each row (1024 bytes); after the eight tiles come eight times 32 metadata
//   words, one a lane: lane 4 g + 2 s + h holds, for the 32-input step s and its half h, four nibbles (two 2-bit indices,
//   ascending) of row g in bits 0..15 and of row g + 8 in bits 16..31. This is the order both mma.sp (selector = s) and
//   wgmma.sp expect (PTX ISA, "sparse mma.m16n8k32" and "sparse wgmma m64nNk32").
//
// int8: the same bytes with twice the features. Activations are codes, [features / 128][ld tokens][128 features], chunks placed as
//   above, with one fp32 scale a token: value = code * scale. Weights are blocks of 128 rows x 128 inputs, tiles of the same bytes,
//   with one fp32 scale a row; inputs are padded to 128 with zeros. A sparse tile has two words of metadata a lane, 32 for each
//   64-input step: lane 4 g + 2 h + j holds the eight nibbles of half h (32 inputs) of row g + 8 j (PTX ISA, "sparse mma.m16n8k64
//   with .s8" and "sparse wgmma m64nNk64"; the selector is 0).
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __CUDACC__
#define FILIGREE_HD __host__ __device__ __forceinline__
#else
#define FILIGREE_HD inline
#endif

namespace filigree {

constexpr int kBlockRows = 128;
constexpr int kBlockInputs = 64;
constexpr int kTokenRowBytes = 128;  // of a token in a block of activations
constexpr int kSparseTileBytes = 1024;
constexpr int kDenseTileBytes = 2048;

/** Inputs of a block of weights, and features of a block of activations. */
FILIGREE_HD constexpr int block_inputs(bool int8) { return int8 ? 2 * kBlockInputs : kBlockInputs; }
/** Blocks that hold so many features. */
FILIGREE_HD constexpr int chunks_of(int features, bool int8) { return (features + block_inputs(int8) - 1) / block_inputs(int8); }
/** Metadata of a sparse tile, and all of a tile. */
FILIGREE_HD constexpr int tile_meta_bytes(bool int8) { return int8 ? 256 : 128; }
FILIGREE_HD constexpr int tile_bytes(bool sparse, bool int8) { return sparse ? kSparseTileBytes + tile_meta_bytes(int8) : kDenseTileBytes; }
FILIGREE_HD constexpr int block_bytes(bool sparse, bool int8) { return 8 * tile_bytes(sparse, int8); }

/** Offset, in halves, of one feature of one token in an activation buffer whose rows are `ld` tokens apart. */
FILIGREE_HD size_t activation_offset(int feature, int token, int ld) {
  return (size_t(feature >> 6) * ld + token) * 64 + ((((feature >> 3) & 7) ^ (token & 7)) << 3) + (feature & 7);
}

/** The same in a buffer of codes, which are bytes. */
FILIGREE_HD size_t code_offset(int feature, int token, int ld) {
  return (size_t(feature >> 7) * ld + token) * 128 + ((((feature >> 4) & 7) ^ (token & 7)) << 4) + (feature & 15);
}

/** Offset, in floats, of one feature of one token within one split of a partial-sum buffer. */
FILIGREE_HD size_t partial_offset(int feature, int token, int ld) {
  return (size_t(feature >> 6) * ld + token) * 64 + (feature & 63);
}

FILIGREE_HD int padded_rows(int rows) { return (rows + kBlockRows - 1) / kBlockRows * kBlockRows; }

/** Pairs of statistics of a token. */
FILIGREE_HD int stat_pairs(int features) { return padded_rows(features) / 64; }

/** Tile (0..7) of a row within its block. */
FILIGREE_HD int tile_of_row(int row) { return ((row >> 4) & 1) * 4 + ((row & 127) >> 5); }
/** Row (0..15) within its tile. */
FILIGREE_HD int row_in_tile(int row) { return (row & 1) * 8 + ((row & 15) >> 1); }

FILIGREE_HD size_t weight_bytes(int rows, int inputs, bool sparse, bool int8 = false) {
  return size_t(padded_rows(rows) / kBlockRows) * chunks_of(inputs, int8) * block_bytes(sparse, int8);
}

/** Byte offset within a sparse block of byte `at` (0..63) of a row's kept values. */
FILIGREE_HD int sparse_value_offset(int row, int at) {
  const int r = row_in_tile(row);
  return tile_of_row(row) * kSparseTileBytes + (r >> 3) * 512 + (at >> 4) * 128 + (r & 7) * 16 + (at & 15);
}

/** Byte offset within a sparse block of the 16 metadata bits that cover inputs 16 n .. 16 n + 15 of a row. */
FILIGREE_HD int sparse_meta_offset(int row, int n, bool int8) {
  const int r = row_in_tile(row), tile = 8 * kSparseTileBytes + tile_of_row(row) * tile_meta_bytes(int8);
  if (!int8) return tile + ((r & 7) * 4 + n) * 4 + (r >> 3) * 2;
  return tile + (n >> 2) * 128 + ((r & 7) * 4 + (n >> 1 & 1) * 2 + (r >> 3)) * 4 + (n & 1) * 2;
}

/** Byte offset within a dense block of byte `at` (0..127) of a row. */
FILIGREE_HD int dense_value_offset(int row, int at) {
  const int r = row_in_tile(row);
  return tile_of_row(row) * kDenseTileBytes + (r >> 3) * 1024 + (at >> 4) * 128 + (r & 7) * 16 + (at & 15);
}

}  // namespace filigree
