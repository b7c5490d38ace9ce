// INT8 weights times 8-bit codes in AMX's tiles: 16 rows by 64 inputs times 64 inputs by 16 tokens, which is what a panel of codes is.
// The zeros of a sparse weight are put back once for all tokens, and only for the two tiles that are being multiplied.

enum { TILE_BYTES = 16 * CODE_GROUP };

/** Where a sparse block's next kept weights and masks are. */
typedef struct {
  const int8_t* values;
  const uint64_t* mask;
} fg_kept;

/** Puts the zeros back into the next FG_BLOCK_TILES tiles. */
INLINE void expand(const fg_tiles* m, fg_kept* next, int8_t* to) {
  for (int i = 0; i < FG_BLOCK_TILES * 16 / m->rows_per_mask; ++i, ++next->mask) {
    const int kept = __builtin_popcountll(*next->mask);
    for (int row = 0; row < m->rows_per_mask; ++row, next->values += kept, to += CODE_GROUP) {
      PREFETCH(next->values);
      expand_bytes(to, next->values, *next->mask);
    }
  }
}

/** A tile of sums to outputs. */
INLINE void finish_tile(const fg_tiles* m, int first, const int32_t* sums, const float* steps, float* y, int epilogue) {
  const vf step = vf_load(steps), offset = vf_load(steps + PANEL);
  for (int r = 0; r < 16; ++r) {
    const int32_t row = m->outputs[first + r];
    if (row < 0) continue;
    const vf base = vf_fma(offset, vf_set1(m->sums[first + r]), vf_set1(m->bias[first + r]));
    const vf value = vf_fma(vf_from_vi(vi_load(sums + r * PANEL)), vf_mul(step, vf_set1(m->scales[first + r])), base);
    finish(&value, 1, y + (size_t)row * PANEL, epilogue);
  }
}

/** A block times `panels` panels, one or two. If `fresh`, its weights are expanded into `w` on the way, a step ahead of their use. */
INLINE void block_tiles(const fg_tiles* m, int8_t* w, fg_kept next, const uint8_t* x, size_t stride, int32_t sums[4][16 * PANEL],
                        int panels, int fresh) {
  t_zero(0); t_zero(1);
  if (panels == 2) { t_zero(2); t_zero(3); }
  if (fresh) expand(m, &next, w);
  for (int d = 0; d < m->depth; ++d) {
    int8_t* own = w + (size_t)d * FG_BLOCK_TILES * TILE_BYTES;
    const uint8_t* codes = x + (size_t)d * TILE_BYTES;
    if (fresh && d + 1 < m->depth) expand(m, &next, own + FG_BLOCK_TILES * TILE_BYTES);
    t_load(4, own);
    t_load(6, codes);
    t_dot(0, 4, 6);
    t_load(5, own + TILE_BYTES);
    t_dot(1, 5, 6);
    if (panels == 2) {
      t_load(7, codes + stride);
      t_dot(2, 4, 7);
      t_dot(3, 5, 7);
    }
  }
  t_store(0, sums[0]); t_store(1, sums[1]);
  if (panels == 2) { t_store(2, sums[2]); t_store(3, sums[3]); }
}

INLINE void linear_tiles(const fg_tiles* m, const uint8_t* codes, const float* steps, float* y, int8_t* scratch, int tokens, int from,
                         int to, int epilogue) {
  const int panels = panel_count(tokens);
  const size_t stride = code_stride(m->columns), outputs = (size_t)m->pitch * PANEL;
  int32_t sums[4][16 * PANEL] __attribute__((aligned(64)));
  for (int block = from; block < to; ++block) {
    const int8_t* values = m->values + m->starts[block];
    const int sparse = m->rows_per_mask > 0;
    const int masks = sparse ? m->depth * FG_BLOCK_TILES * 16 / m->rows_per_mask : 0;
    const fg_kept kept = {values, m->masks + (size_t)block * masks};
    int8_t* w = sparse ? scratch : (int8_t*)values;
    for (int p = 0; p < panels; p += 2) {
      const uint8_t* x = codes + p * stride;
      const int count = smaller(2, panels - p);
      if (count == 2 && sparse && p == 0) block_tiles(m, w, kept, x, stride, sums, 2, 1);
      else if (count == 2) block_tiles(m, w, kept, x, stride, sums, 2, 0);
      else if (sparse && p == 0) block_tiles(m, w, kept, x, stride, sums, 1, 1);
      else block_tiles(m, w, kept, x, stride, sums, 1, 0);
      for (int i = 0; i < 2 * count; ++i)
        finish_tile(m, (block * FG_BLOCK_TILES + i % 2) * 16, sums[i], steps + (p + i / 2) * 2 * PANEL, y + (p + i / 2) * outputs,
                    epilogue);
    }
  }
}

void FG_NAME(fg_linear_s8)(const void* m, const void* codes, const float* steps, float* y, int32_t tokens, int32_t from, int32_t to,
                           int32_t epilogue, void* scratch) {
  t_begin();
  WITH_EPILOGUE(linear_tiles, m, codes, steps, y, scratch, tokens, from, to);
  t_end();
}
