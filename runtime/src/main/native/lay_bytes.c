// INT8 weights laid out for the kernels that meet them with 8-bit codes.
#include <stddef.h>
#include <string.h>

#include "filigree.h"

void fg_sum_rows(const int8_t* stored, int32_t* sums, int32_t rows, int32_t kept) {
  for (int32_t row = 0; row < rows; ++row, stored += kept) {
    int32_t sum = 0;
    for (int32_t i = 0; i < kept; ++i) sum += stored[i];
    sums[row] = sum;
  }
}

void fg_lay_quads(const int8_t* stored, int8_t* laid, int32_t rows, int32_t kept, int32_t block_rows, int32_t tile) {
  enum { QUAD = 4 };
  const int32_t quads = (kept + QUAD - 1) / QUAD, tiles_per_block = (block_rows + tile - 1) / tile;
  for (int32_t row = 0; row < rows; ++row, stored += kept) {
    const int32_t in_block = row % block_rows;
    const size_t first = (size_t)(row / block_rows * tiles_per_block + in_block / tile) * quads;
    for (int32_t quad = 0; quad < quads; ++quad) {
      const int32_t left = kept - quad * QUAD;
      int8_t* to = laid + ((first + quad) * tile + in_block % tile) * QUAD;
      if (left >= QUAD) memcpy(to, stored + quad * QUAD, QUAD);
      else memcpy(to, stored + quad * QUAD, (size_t)left);
    }
  }
}

void fg_lay_paired_tiles(const int8_t* stored, int8_t* laid, int32_t rows, int32_t kept, int32_t depth) {
  enum { ROWS = 16, KEPT = CODE_GROUP / 2, BYTES = ROWS * KEPT };
  for (int32_t row = 0; row < rows; ++row, stored += kept)
    for (int32_t group = 0; group * KEPT < kept; ++group) {
      const size_t tile = ((size_t)(row / (FG_BLOCK_TILES * ROWS)) * depth + group) * FG_BLOCK_TILES + row / ROWS % FG_BLOCK_TILES;
      int8_t* to = laid + tile * BYTES + row % ROWS / 2 * CODE_GROUP + row % 2 * 2;
      const int8_t* from = stored + group * KEPT;
      const int32_t count = kept - group * KEPT < KEPT ? kept - group * KEPT : KEPT;
      for (int32_t i = 0; i < count; ++i) to[i / 2 * 4 + i % 2] = from[i];
    }
}
