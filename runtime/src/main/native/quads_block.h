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
//
// MEASURED on a Zen 4, whose peak is one cycle a product: with 384 inputs and 32 tokens or more the products of 2:4@16 alone run at 96 % of
// the peak. Outputs finished by a function of its own, from products in memory, left 82 % of it, with GELU 75 %. Finished from the sums'
// registers it is 91 %, with GELU in a loop of its own after each block 77 %, and 80 % by quadratics in place of cubics; dense weights
// reach 96 % before GELU. GELU of one tile during the products of the next, in assembly with cubics: 78 %.
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

/** Where outputs of some panels go, and what makes them of products. */
typedef struct {
  fg_rows rows;
  const float* steps;
  float* y;
  size_t panel;  // numbers from one panel of outputs to the next
} fg_finish;

/** A four of each token; `control` is the shuffle that choices[0] names. */
INLINE vi pick(const uint8_t* shuffles, fg_picking how, const uint8_t* x, const uint8_t* choices, vi control) {
  if (how.sources == 1) return vi_load(x);
  vi picked = vi_shuffle_bytes(vi_load(x), control);
  UNROLL for (int s = 1; s < how.sources; ++s) {
    const vi source = vi_load(x + s * QUAD_BYTES);
    const uint64_t bytes = how.sources == 2 ? 0xCCCCCCCCCCCCCCCCU : 0x1111111111111111U << s;
    if (how.aligned) picked = vi_merge_shuffled(picked, bytes, source, control);
    else picked = vi_or(picked, vi_shuffle_bytes(source, vi_load(shuffles + (size_t)choices[s] * QUAD_BYTES)));
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

/** How far a tile has come. */
typedef struct {
  const int8_t* w;
  const uint8_t* choices;
  const uint8_t* x;
  uint8_t* kept;
} fg_place;

/** The next four of inputs of a tile. */
INLINE void step_quads(vi sums[MOST_ROWS][MOST_PANELS], fg_place* at, const uint8_t* shuffles, fg_codes x, int rows, int panels,
                       fg_picking how) {
  const vi control = how.sources > 1 ? vi_load(shuffles + (size_t)at->choices[0] * QUAD_BYTES) : vi_zero();
  vi codes[MOST_PANELS];
  UNROLL for (int p = 0; p < panels; ++p) {
    codes[p] = pick(shuffles, how, at->x + p * x.panel, at->choices, control);
    if (how.keep) vi_store(at->kept + p * QUAD_BYTES, codes[p]);
  }
  multiply(sums, codes, at->w, rows, panels);
  at->w += 4 * rows, at->x += x.four, at->kept += panels * QUAD_BYTES, at->choices += how.aligned ? 1 : how.sources;
}

/** Outputs of a tile of `rows` rows and `panels` panels, before GELU; `add`: added to what is there. */
INLINE void tile_quads(const fg_quads* m, const int8_t* w, const uint8_t* choices, fg_codes x, uint8_t* kept, fg_finish to, int rows,
                       int panels, fg_picking how, int add) {
  // With one panel two fours at a time, or a sum would wait for its last product.
  enum { CHAINS = 2 };
  const int chains = panels == 1 ? CHAINS : 1;
  vi sums[CHAINS][MOST_ROWS][MOST_PANELS];
  UNROLL for (int c = 0; c < chains; ++c)
    UNROLL for (int r = 0; r < rows; ++r)
      UNROLL for (int p = 0; p < panels; ++p) sums[c][r][p] = vi_own_zero();
  fg_place at = {w, choices, x.first, kept};
  int left = m->quads;
  for (; left >= chains; left -= chains) {
    PREFETCH(at.w);
    UNROLL for (int c = 0; c < chains; ++c) step_quads(sums[c], &at, m->shuffles, x, rows, panels, how);
  }
  if (left > 0) step_quads(sums[0], &at, m->shuffles, x, rows, panels, how);

  vf step[MOST_PANELS], offset[MOST_PANELS];
  UNROLL for (int p = 0; p < panels; ++p) {
    step[p] = vf_load(to.steps + p * 2 * PANEL);
    offset[p] = vf_load(to.steps + (p * 2 + 1) * PANEL);
  }
  UNROLL for (int r = 0; r < rows; ++r) {
    const int32_t row = to.rows.outputs[r];
    if (row < 0) continue;
    const vf scale = vf_set1(to.rows.scales[r]), sum = vf_set1(to.rows.sums[r]), bias = vf_set1(to.rows.bias[r]);
    UNROLL for (int p = 0; p < panels; ++p) {
      const vi products = chains == 1 ? sums[0][r][p] : vi_add(sums[0][r][p], sums[1][r][p]);
      const vf value = output_of(products, step[p], offset[p], scale, sum, bias);
      store_output(value, to.y + p * to.panel + (size_t)row * PANEL, add ? FG_ADD : FG_STORE);
    }
  }
}

/** The same for a tile of any kind; `ready` if its codes are picked already. */
INLINE void any_tile_quads(const fg_quads* m, const int8_t* w, const uint8_t* choices, fg_codes x, uint8_t* kept, fg_finish to, int rows,
                           int panels, int ready, int add) {
#define PICKING(sources, aligned, keep) tile_quads(m, w, choices, x, kept, to, rows, panels, (fg_picking){sources, aligned, keep}, add)
  if (ready) PICKING(1, 0, 0);
  else if (m->aligned && m->sources == 2 && m->tiles_per_block > 1) PICKING(2, 1, 1);
  else if (m->aligned && m->sources == 2) PICKING(2, 1, 0);
  else if (m->aligned) PICKING(4, 1, 1);
  else if (m->sources == 2) PICKING(2, 0, 1);
  else PICKING(4, 0, 1);
#undef PICKING
}

/** GELU of so many rows of `panels` panels. A loop of its own, so that its tables stay in registers. */
static __attribute__((noinline)) void gelu_rows(const int32_t* outputs, int rows, float* y, size_t panel, int panels) {
  for (int r = 0; r < rows; ++r) {
    if (outputs[r] < 0) continue;
    for (int p = 0; p < panels; ++p) {
      float* at = y + p * panel + (size_t)outputs[r] * PANEL;
      store_output(vf_load(at), at, FG_GELU);
    }
  }
}

/** A block's outputs of `panels` panels. */
INLINE void block_quads(const fg_quads* m, int block, const uint8_t* codes, const float* steps, float* y, uint8_t* kept, int rows,
                        int panels, int epilogue) {
  const uint8_t* choices = m->choices + (size_t)block * m->quads * (m->aligned ? 1 : m->sources);
  const fg_codes input = {codes, code_stride(m->columns), (size_t)m->sources * QUAD_BYTES};
  const fg_codes picked = {kept, QUAD_BYTES, (size_t)panels * QUAD_BYTES};
  const int block_rows = m->tiles_per_block * rows;
  const size_t panel = (size_t)m->pitch * PANEL;
  for (int tile = 0; tile < m->tiles_per_block; ++tile) {
    const int first = block * block_rows + tile * rows, again = m->sources > 1 && tile > 0;
    const fg_finish to = {{m->scales + first, m->sums + first, m->bias + first, m->outputs + first}, steps, y, panel};
    any_tile_quads(m, m->values + (size_t)first * m->quads * 4, choices, again ? picked : input, kept, to, rows, panels,
                   again || m->sources == 1, epilogue == FG_ADD);
  }
  if (epilogue == FG_GELU) gelu_rows(m->outputs + block * block_rows, block_rows, y, panel, panels);
}
