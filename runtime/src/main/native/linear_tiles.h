// INT8 weights times 8-bit codes in AMX's tiles: 16 rows by 64 inputs times 64 inputs by 16 tokens, which is what a panel of codes is.
// The zeros of a sparse weight are put back once for all tokens, and only for the two tiles that are being multiplied.

/** The weights of a block with their zeros: [tile][depth][16][64]. */
INLINE const int8_t* expanded(const fg_tiles* m, int block, int8_t* scratch) {
  const int8_t* from = m->values + m->starts[block];
  if (m->rows_per_mask == 0) return from;
  const int masks = 16 / m->rows_per_mask;
  const uint64_t* mask = m->masks + (size_t)block * FG_BLOCK_TILES * m->depth * masks;
  int8_t* to = scratch;
  for (int tile = 0; tile < FG_BLOCK_TILES * m->depth; ++tile)
    for (int i = 0; i < masks; ++i, ++mask) {
      const int kept = __builtin_popcountll(*mask);
      for (int row = 0; row < m->rows_per_mask; ++row, from += kept, to += CODE_GROUP) {
        __builtin_prefetch(from + PREFETCH_BYTES);
        expand_bytes(to, from, *mask);
      }
    }
  return scratch;
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

INLINE void linear_tiles(const fg_tiles* m, const uint8_t* codes, const float* steps, float* y, int8_t* scratch, int tokens, int from,
                         int to, int epilogue) {
  const int panels = panel_count(tokens), depth = m->depth;
  const size_t stride = code_stride(m->columns), tile = (size_t)depth * 16 * CODE_GROUP, outputs = (size_t)m->rows * PANEL;
  int32_t sums[4][16 * PANEL] __attribute__((aligned(64)));
  for (int block = from; block < to; ++block) {
    const int8_t* w = expanded(m, block, scratch);
    const int first = block * FG_BLOCK_TILES * 16;
    int p = 0;
    for (; p + 2 <= panels; p += 2) {
      const uint8_t* x = codes + p * stride;
      t_zero(0); t_zero(1); t_zero(2); t_zero(3);
      for (int d = 0; d < depth; ++d) {
        const size_t at = (size_t)d * 16 * CODE_GROUP;
        t_load(4, w + at);
        t_load(6, x + at);
        t_dot(0, 4, 6);
        t_load(7, x + stride + at);
        t_dot(1, 4, 7);
        t_load(5, w + tile + at);
        t_dot(2, 5, 6);
        t_dot(3, 5, 7);
      }
      t_store(0, sums[0]); t_store(1, sums[1]); t_store(2, sums[2]); t_store(3, sums[3]);
      for (int i = 0; i < 4; ++i)
        finish_tile(m, first + i / 2 * 16, sums[i], steps + (p + i % 2) * 2 * PANEL, y + (p + i % 2) * outputs, epilogue);
    }
    if (p < panels) {
      const uint8_t* x = codes + p * stride;
      t_zero(0); t_zero(1);
      for (int d = 0; d < depth; ++d) {
        const size_t at = (size_t)d * 16 * CODE_GROUP;
        t_load(6, x + at);
        t_load(4, w + at);
        t_dot(0, 4, 6);
        t_load(5, w + tile + at);
        t_dot(1, 5, 6);
      }
      t_store(0, sums[0]); t_store(1, sums[1]);
      for (int i = 0; i < 2; ++i) finish_tile(m, first + i * 16, sums[i], steps + p * 2 * PANEL, y + p * outputs, epilogue);
    }
  }
}

void FG_NAME(fg_linear_s8)(const void* m, const void* codes, const float* steps, float* y, int32_t tokens, int32_t from, int32_t to,
                           int32_t epilogue, void* scratch) {
  t_begin();
  WITH_EPILOGUE(linear_tiles, m, codes, steps, y, scratch, tokens, from, to);
  t_end();
}
