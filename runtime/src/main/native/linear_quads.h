// A whole linear of INT8 weights times 8-bit codes: blocks of rows (quads_block.h) times panels of tokens.
#include "quads_block.h"

/**
 * Whether the last of `panels` panels is sooner done as half a one: where its tokens are all in its low half and the processor's vectors
 * are. Tiles of 4 rows gain more by its being the second one of a pair.
 */
INLINE int ends_in_half(const fg_quads* m, int tokens, int panels) {
  const int last = tokens % PANEL;
  return last > 0 && last <= PANEL / 2 && (m->tile == MOST_ROWS || panels % MOST_PANELS == 1) && fg_half_panels();
}

/** The blocks [from, to) of `panels` panels, two at a time; `half`: and of half a panel behind them. */
INLINE void panels_quads(const fg_quads* m, const uint8_t* codes, const float* steps, float* y, uint8_t* kept, int panels, int half,
                         int from, int to, int rows, int epilogue) {
  for (int block = from; block < to; ++block) {
    for (int p = 0; p < panels; p += MOST_PANELS) {
      const uint8_t* x = codes + p * code_stride(m->columns);
      const float* own = steps + p * 2 * PANEL;
      float* out = y + (size_t)p * m->pitch * PANEL;
      if (p + 1 < panels) block_quads(m, block, x, own, out, kept, rows, MOST_PANELS, epilogue);
      else block_quads(m, block, x, own, out, kept, rows, 1, epilogue);
    }
    if (half)
      fg_half_block_vnni(m, block, codes + panels * code_stride(m->columns), steps + panels * 2 * PANEL,
                         y + (size_t)panels * m->pitch * PANEL, kept, epilogue);
  }
}

void FG_NAME(fg_linear_s8)(const void* matrix, const void* codes, const float* steps, float* y, int32_t tokens, int32_t from, int32_t to,
                           int32_t epilogue, void* scratch) {
  const fg_quads* m = matrix;
  const size_t stride = code_stride(m->columns);
  const int panels = panel_count(tokens), cached = CACHED_INPUTS / (int)stride + 1;
  for (int first = 0; first < panels; first += cached) {
    const int count = smaller(cached, panels - first), half = first + count == panels && ends_in_half(m, tokens, count);
    const uint8_t* x = (const uint8_t*)codes + first * stride;
    const float* own = steps + first * 2 * PANEL;
    float* out = y + (size_t)first * m->pitch * PANEL;
    if (m->tile == MOST_ROWS) WITH_EPILOGUE(panels_quads, m, x, own, out, scratch, count - half, half, from, to, MOST_ROWS);
    else WITH_EPILOGUE(panels_quads, m, x, own, out, scratch, count - half, half, from, to, 4);
  }
}
