// A block of rows times the low half of a panel: the same code as for a whole one, on vectors of half a panel.
//
// MEASURED on a Zen 4, microseconds of a linear of 384 inputs and 1152 rows, 2:4@16, before and since: 8 tokens 16.8 and 12.4, 24 tokens
// 32.5 and 28.9; dense, 1536 rows, 41.3 and 26.9, 82.9 and 65.6. Halves do twice the products a cycle, but each product needs a load for
// its weights, and there are two loads a cycle. Tiles of 16 rows would need 10.5 cycles of them for 16 products in place of 11.5.
#include "quads_block.h"

void fg_half_block_vnni(const fg_quads* m, int32_t block, const uint8_t* codes, const float* steps, float* y, uint8_t* kept,
                        int32_t epilogue) {
  if (m->tile == MOST_ROWS) WITH_EPILOGUE(block_quads, m, block, codes, steps, y, kept, MOST_ROWS, 1);
  else WITH_EPILOGUE(block_quads, m, block, codes, steps, y, kept, 4, 1);
}
