// INT8 weights times 8-bit codes, four products at a time (vpdpbusd): the codes of 16 tokens in a register, a row's four weights
// broadcast from memory. The pattern costs a byte shuffle for each source of a four, shared by the rows of a block.
//
// Versions tried, in cycles for a product of 16 tokens and a row, half a cycle being the peak. PREDICTED by llvm-mca 19 for Ice Lake (whose
// Sapphire Rapids has a client's single port for vpdpbusd) from gcc 12's assembly of the inner loop, not measured but for the first line;
// tests/src/cpu/predict.py does it:
//
//   2:4@16, 16 rows x 1 panel, two shuffles from a table each, OR: 22 loads for 16 products        0.88 (measured on a Xeon: 0.80 to 0.83)
//   one control for both sources, the second shuffle merged under a mask                           0.75
//   pairs of all six choices laid out beforehand, OR: no shuffles, but six times the codes to read 0.68
//   8 rows x 2 panels, a weight loaded once for both, what is picked kept for the other 8 rows     0.65
//   the same with 3 panels: 0.60 in assembly by hand, but gcc copies sums                          0.66
//
// The fourth is what follows. Others: 2:4@8 from 0.82 to 0.71, 2:4@4 from 0.96 to 0.88, dense 0.57 as before; with one panel 2:4@16 from
// 0.88 to 0.71, 2:4@8 from 1.01 to 0.82, 2:4@4 from 1.39 to 1.07, dense from 0.57 to 0.60.
#include "finish_bytes.h"

enum { QUAD_BYTES = 4 * PANEL, MOST_PANELS = 2, MOST_ROWS = 8 };

/** How a tile comes to its fours of codes: constants of an inlined call. */
typedef struct {
  int sources;  // 1: they lie ready
  int aligned;  // as in fg_quads
  int keep;     // whether the next tiles read what this one has picked
} fg_picking;

/** Codes of some panels. */
typedef struct {
  const uint8_t* first;
  size_t panel;  // bytes from one panel to the next
  size_t four;   // bytes from a panel's codes for one product to those for the next
} fg_codes;

INLINE vi pick(const uint8_t* shuffles, fg_picking how, const uint8_t* x, const uint8_t* choices) {
  vi picked = vi_zero();
  if (how.sources == 1) return vi_load(x);
  if (how.aligned) {
    const vi control = vi_load(shuffles + (size_t)choices[0] * QUAD_BYTES);
    picked = vi_shuffle_bytes(vi_load(x), control);
    UNROLL for (int s = 1; s < how.sources; ++s) {
      const uint64_t bytes = how.sources == 2 ? 0xCCCCCCCCCCCCCCCCU : 0x1111111111111111U << s;
      picked = vi_merge_shuffled(picked, bytes, vi_load(x + s * QUAD_BYTES), control);
    }
    return picked;
  }
  UNROLL for (int s = 0; s < how.sources; ++s) {
    const vi part = vi_shuffle_bytes(vi_load(x + s * QUAD_BYTES), vi_load(shuffles + (size_t)choices[s] * QUAD_BYTES));
    picked = s == 0 ? part : vi_or(picked, part);
  }
  return picked;
}

/** One four of codes of each panel, times the weights of `rows` rows. */
INLINE void multiply(vi sums[MOST_ROWS][MOST_PANELS], const vi* codes, const int8_t* w, int rows, int panels) {
  if (panels == 1) {
    UNROLL for (int r = 0; r < rows; ++r) sums[r][0] = vi_dot4(sums[r][0], codes[0], w + 4 * r);
  } else {
    UNROLL for (int r = 0; r < rows; r += 4) vi_dot4_4x2(sums + r, codes, w + 4 * r);
  }
}

/** Sums of products of a tile of `rows` rows and `panels` panels, to `products`, [panels][MOST_ROWS][16]. */
INLINE void tile_quads(const fg_quads* m, const int8_t* w, const uint8_t* choices, fg_codes x, uint8_t* kept,
                       int32_t* products, int rows, int panels, fg_picking how) {
  // With one panel two fours at a time, or a sum would wait for its last product.
  enum { CHAINS = 2 };
  const int chains = panels == 1 ? CHAINS : 1, quads = m->quads;
  const uint8_t* shuffles = m->shuffles;
  vi sums[CHAINS][MOST_ROWS][MOST_PANELS];
  UNROLL for (int c = 0; c < chains; ++c)
    UNROLL for (int r = 0; r < rows; ++r)
      UNROLL for (int p = 0; p < panels; ++p) sums[c][r][p] = vi_own_zero();
  for (int quad = 0; quad < quads;) {
    PREFETCH(w);
    UNROLL for (int c = 0; c < chains; ++c) {
      vi codes[MOST_PANELS];
      UNROLL for (int p = 0; p < panels; ++p) {
        codes[p] = pick(shuffles, how, x.first + p * x.panel, choices);
        if (how.keep) vi_store(kept + p * QUAD_BYTES, codes[p]);
      }
      multiply(sums[c], codes, w, rows, panels);
      w += 4 * rows, x.first += x.four, kept += panels * QUAD_BYTES, choices += how.aligned ? 1 : how.sources, ++quad;
      if (c + 1 < chains && quad == quads) break;
    }
  }
  UNROLL for (int p = 0; p < panels; ++p)
    UNROLL for (int r = 0; r < rows; ++r)
      vi_store(products + (p * MOST_ROWS + r) * PANEL, chains == 1 ? sums[0][r][p] : vi_add(sums[0][r][p], sums[1][r][p]));
}

/** The same for a tile of any kind; `ready` if its codes are picked already. */
INLINE void products_quads(const fg_quads* m, const int8_t* w, const uint8_t* choices, fg_codes x, uint8_t* kept,
                           int32_t* products, int rows, int panels, int ready) {
#define PICKING(sources, aligned, keep) \
  tile_quads(m, w, choices, x, kept, products, rows, panels, (fg_picking){sources, aligned, keep})
  if (ready) PICKING(1, 0, 0);
  else if (m->aligned && m->sources == 2 && m->tiles_per_block > 1) PICKING(2, 1, 1);
  else if (m->aligned && m->sources == 2) PICKING(2, 1, 0);
  else if (m->aligned) PICKING(4, 1, 1);
  else if (m->sources == 2) PICKING(2, 0, 1);
  else PICKING(4, 0, 1);
#undef PICKING
}

/** A block's outputs of `panels` panels. */
INLINE void block_quads(const fg_quads* m, int block, const uint8_t* codes, const float* steps, float* y, uint8_t* kept, int rows,
                        int panels, int epilogue) {
  const uint8_t* choices = m->choices + (size_t)block * m->quads * (m->aligned ? 1 : m->sources);
  int32_t products[MOST_PANELS * MOST_ROWS * PANEL] __attribute__((aligned(64)));
  const fg_codes input = {codes, code_stride(m->columns), (size_t)m->sources * QUAD_BYTES};
  const fg_codes picked = {kept, QUAD_BYTES, (size_t)panels * QUAD_BYTES};
  for (int tile = 0; tile < m->tiles_per_block; ++tile) {
    const int first = (block * m->tiles_per_block + tile) * rows, again = m->sources > 1 && tile > 0;
    products_quads(m, m->values + (size_t)first * m->quads * 4, choices, again ? picked : input, kept, products, rows, panels,
                   again || m->sources == 1);
    const fg_rows finished = {m->scales + first, m->sums + first, m->bias + first, m->outputs + first};
    for (int p = 0; p < panels; ++p)
      finish_tile(finished, 0, rows, products + p * MOST_ROWS * PANEL, steps + p * 2 * PANEL, y + (size_t)p * m->pitch * PANEL, epilogue);
  }
}

/** The blocks [from, to) of `panels` panels, two at a time. */
INLINE void panels_quads(const fg_quads* m, const uint8_t* codes, const float* steps, float* y, uint8_t* kept, int panels, int from,
                         int to, int rows, int epilogue) {
  for (int block = from; block < to; ++block)
    for (int p = 0; p < panels; p += MOST_PANELS) {
      const uint8_t* x = codes + p * code_stride(m->columns);
      const float* own = steps + p * 2 * PANEL;
      float* out = y + (size_t)p * m->pitch * PANEL;
      if (p + 1 < panels) block_quads(m, block, x, own, out, kept, rows, MOST_PANELS, epilogue);
      else block_quads(m, block, x, own, out, kept, rows, 1, epilogue);
    }
}

void FG_NAME(fg_linear_s8)(const void* matrix, const void* codes, const float* steps, float* y, int32_t tokens, int32_t from, int32_t to,
                           int32_t epilogue, void* scratch) {
  const fg_quads* m = matrix;
  const size_t stride = code_stride(m->columns);
  const int panels = panel_count(tokens), cached = CACHED_INPUTS / (int)stride + 1;
  for (int first = 0; first < panels; first += cached) {
    const int count = smaller(cached, panels - first);
    const uint8_t* x = (const uint8_t*)codes + first * stride;
    const float* own = steps + first * 2 * PANEL;
    float* out = y + (size_t)first * m->pitch * PANEL;
    if (m->tile == MOST_ROWS) panels_quads(m, x, own, out, scratch, count, from, to, MOST_ROWS, epilogue);
    else panels_quads(m, x, own, out, scratch, count, from, to, 4, epilogue);
  }
}
