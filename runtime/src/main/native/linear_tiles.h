// INT8 weights times 8-bit codes in AMX's tiles: 16 rows by 64 inputs times 64 inputs by 16 tokens, which is what a panel of codes is.
// The zeros of a sparse weight are put back once for all tokens, and only for the two tiles that are being multiplied. Products take AMX's
// unit alone, so that the outputs of one block are finished while the next one's products are under way.
#include "finish_bytes.h"

enum { TILE_BYTES = 16 * CODE_GROUP, BLOCK_ROWS = FG_BLOCK_TILES * 16, TILE_PANELS = 2 };

INLINE void finish_rows(fg_rows rows, int from, int to, const int32_t* products, const float* steps, float* y, int epilogue) {
  const vf step = vf_load(steps), offset = vf_load(steps + PANEL);
  _Pragma("GCC unroll 1") for (int r = from; r < to; ++r) {
    const int32_t row = rows.outputs[r];
    if (row < 0) continue;
    const vf value = output_of(vi_load(products + r * PANEL), step, offset, vf_set1(rows.scales[r]), vf_set1(rows.sums[r]),
                               vf_set1(rows.bias[r]));
    store_output(value, y + (size_t)row * PANEL, epilogue);
  }
}

/**
 * The rows [from, to) of a tile and a panel; `products` are [rows][16]. A function of its own, with a loop, so that GELU's tables stay in
 * registers from row to row.
 */
static __attribute__((noinline)) void finish_tile(fg_rows rows, int from, int to, const int32_t* products, const float* steps, float* y,
                                                  int epilogue) {
  WITH_EPILOGUE(finish_rows, rows, from, to, products, steps, y);
}

/** Where a sparse block's next kept weights and masks are. */
typedef struct {
  const int8_t* values;
  const uint64_t* mask;
} fg_kept;

/** Puts the zeros back into the next FG_BLOCK_TILES tiles. */
INLINE void expand(const fg_tiles* m, fg_kept* next, int8_t* to) {
  for (int i = 0; i < BLOCK_ROWS / m->rows_per_mask; ++i, ++next->mask) {
    if (m->paired) {
      for (int row = 0; row < m->rows_per_mask; row += 2, next->values += CODE_GROUP, to += 2 * CODE_GROUP) {
        PREFETCH(next->values);
        expand_two(to, next->values, *next->mask);
      }
      continue;
    }
    const int kept = __builtin_popcountll(*next->mask);
    for (int row = 0; row < m->rows_per_mask; ++row, next->values += kept, to += CODE_GROUP) {
      PREFETCH(next->values);
      expand_bytes(to, next->values, *next->mask);
    }
  }
}

/** The outputs of a block and one or two panels, on the way from sums to where they belong. */
typedef struct {
  fg_rows rows;
  const int32_t* products;  // [panels][BLOCK_ROWS][16]
  const float* steps;
  float* y;
  size_t outputs;           // numbers from one panel of outputs to the next
  int next, end;            // rows, the second panel's after the first one's
  int epilogue;
} fg_outputs;

/** Finishes `count` more rows. */
static void finish_more(fg_outputs* o, int count) {
  const int end = smaller(o->next + count, o->end);
  while (o->next < end) {
    const int panel = o->next / BLOCK_ROWS, first = o->next % BLOCK_ROWS, last = smaller(BLOCK_ROWS, first + end - o->next);
    finish_tile(o->rows, first, last, o->products + panel * BLOCK_ROWS * PANEL, o->steps + panel * 2 * PANEL, o->y + panel * o->outputs,
                o->epilogue);
    o->next += last - first;
  }
}

/**
 * A block times `panels` panels, one or two, to `products`. If `fresh`, its weights are expanded into `w` on the way, a step ahead of
 * their use. There are four chains of products in any case, of which each waits for its own last one: with a single panel two for even
 * steps and two for odd ones. Meanwhile the outputs of `before` are finished.
 */
INLINE void block_tiles(const fg_tiles* m, int8_t* w, fg_kept next, const uint8_t* x, size_t stride, int32_t* products, int panels,
                        int fresh, fg_outputs* before) {
  enum { TILE_SUMS = 16 * PANEL };
  const int share = (before->end - before->next + m->depth - 1) / m->depth;
  t_zero(0); t_zero(1); t_zero(2); t_zero(3);
  if (fresh) expand(m, &next, w);
  for (int d = 0; d < m->depth; ++d) {
    int8_t* own = w + (size_t)d * FG_BLOCK_TILES * TILE_BYTES;
    const uint8_t* codes = x + (size_t)d * TILE_BYTES;
    t_load(4, own);
    t_load(5, own + TILE_BYTES);
    t_load(6, codes);
    if (panels == 2) {
      t_load(7, codes + stride);
      t_dot(0, 4, 6);
      t_dot(1, 5, 6);
      t_dot(2, 4, 7);
      t_dot(3, 5, 7);
    } else if (d % 2 == 0) {
      t_dot(0, 4, 6);
      t_dot(1, 5, 6);
    } else {
      t_dot(2, 4, 6);
      t_dot(3, 5, 6);
    }
    if (fresh && d + 1 < m->depth) expand(m, &next, own + FG_BLOCK_TILES * TILE_BYTES);
    finish_more(before, share);
  }
  t_store(0, products);
  t_store(1, products + TILE_SUMS);
  t_store(2, products + 2 * TILE_SUMS);
  t_store(3, products + 3 * TILE_SUMS);
  if (panels == 1)
    for (int i = 0; i < 2 * TILE_SUMS; i += PANEL)
      vi_store(products + i, vi_add(vi_load(products + i), vi_load(products + 2 * TILE_SUMS + i)));
}

void FG_NAME(fg_linear_s8)(const void* matrix, const void* codes, const float* steps, float* y, int32_t tokens, int32_t from, int32_t to,
                           int32_t epilogue, void* scratch) {
  const fg_tiles* m = matrix;
  const int panels = panel_count(tokens), sparse = m->rows_per_mask > 0;
  const int masks = sparse ? m->depth * BLOCK_ROWS / m->rows_per_mask : 0;
  const size_t stride = code_stride(m->columns);
  int32_t products[2][TILE_PANELS * BLOCK_ROWS * PANEL] __attribute__((aligned(64)));
  fg_outputs before = {.outputs = (size_t)m->pitch * PANEL, .epilogue = epilogue};
  int turn = 0;
  t_begin();
  for (int block = from; block < to; ++block) {
    const int8_t* values = m->values + m->starts[block];
    const fg_kept kept = {values, m->masks + (size_t)block * masks};
    const int first = block * BLOCK_ROWS;
    int8_t* w = sparse ? scratch : (int8_t*)values;
    for (int p = 0; p < panels; p += TILE_PANELS) {
      const uint8_t* x = (const uint8_t*)codes + p * stride;
      const int count = smaller(TILE_PANELS, panels - p), fresh = sparse && p == 0;
      if (count == 2 && fresh) block_tiles(m, w, kept, x, stride, products[turn], 2, 1, &before);
      else if (count == 2) block_tiles(m, w, kept, x, stride, products[turn], 2, 0, &before);
      else if (fresh) block_tiles(m, w, kept, x, stride, products[turn], 1, 1, &before);
      else block_tiles(m, w, kept, x, stride, products[turn], 1, 0, &before);
      before.rows = (fg_rows){m->scales + first, m->sums + first, m->bias + first, m->outputs + first};
      before.products = products[turn];
      before.steps = steps + p * 2 * PANEL;
      before.y = y + p * before.outputs;
      before.next = 0;
      before.end = count * BLOCK_ROWS;
      turn ^= 1;
    }
  }
  t_end();
  finish_more(&before, before.end);
}
