#include <stddef.h>
#include <stdlib.h>

#include "filigree.h"

static int32_t magnitude_sum(const int8_t* codes, int32_t count) {
  int32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) sum += abs(codes[i]);
  return sum;
}

int32_t fg_lay_pairs(const int8_t* stored, int16_t* laid, int32_t rows, int32_t kept, int32_t block_rows, int32_t tile) {
  const int32_t pairs = (kept + 1) / 2;
  int16_t* to = laid;
  int32_t largest = 0;
  for (int32_t block = 0; block < rows; block += block_rows) {
    const int32_t block_end = block + block_rows < rows ? block + block_rows : rows;
    for (int32_t first = block; first < block + block_rows; first += tile, to += (size_t)pairs * tile * 2) {
      const int32_t end = first + tile < block_end ? first + tile : block_end;
      // Tile by tile and pair by pair, so that memory is written from its beginning to its end.
      for (int32_t pair = 0; pair < kept / 2; ++pair) {
        for (int32_t row = first; row < end; ++row) {
          const int8_t* from = stored + (size_t)row * kept + 2 * pair;
          int16_t* at = to + ((size_t)pair * tile + row - first) * 2;
          at[0] = from[0];
          at[1] = from[1];
        }
      }
      for (int32_t row = first; row < end; ++row) {
        const int8_t* from = stored + (size_t)row * kept;
        if (kept % 2 == 1) to[((size_t)(pairs - 1) * tile + row - first) * 2] = from[kept - 1];
        const int32_t sum = magnitude_sum(from, kept);
        if (sum > largest) largest = sum;
      }
    }
  }
  return largest;
}
