// fp32 weights: a row's weight, broadcast, times a vector of tokens. The pattern is a list of inputs, so V rows share each load.
// Where lanes are eight, of a panel whose second half is empty two tiles are taken at once, or four sums would wait for themselves: for 8
// tokens and fewer 1.4 to 1.6 times as fast on Zen 3 as one tile, in linear_pairs.h 1.07 to 1.09 times. Eight rows of whole panels would be
// 16 sums, for which AVX2 has too few registers: 1.1 to 1.6 times as slow as 4 rows.

/** `tiles` neighbouring tiles of `rows` rows each, from `tile` on. */
INLINE void tile_f32(const fg_matrix* m, int block, int tile, const float* x, float* y, int rows, int tiles, int count, int epilogue) {
  const int kept = m->kept, first = (block * m->tiles_per_block + tile) * rows;
  const int32_t* inputs = m->inputs + (size_t)block * kept;
  const float* w = (const float*)m->values + (size_t)first * kept;
  const size_t next = (size_t)rows * kept;
  vf sums[MAX_TILE][VECTORS];
  UNROLL for (int r = 0; r < tiles * rows; ++r)
    UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_set1(m->bias[first + r]);
  for (int k = 0; k < kept; ++k, w += rows) {
    const float* input = x + (size_t)inputs[k] * PANEL;
    vf values[VECTORS];
    UNROLL for (int i = 0; i < count; ++i) values[i] = vf_load(input + i * LANES);
    PREFETCH(w);
    UNROLL for (int r = 0; r < tiles * rows; ++r) {
      const vf weight = vf_set1(w[r / rows * next + r % rows]);
      UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_fma(values[i], weight, sums[r][i]);
    }
  }
  UNROLL for (int r = 0; r < tiles * rows; ++r) {
    const int32_t row = m->outputs[first + r];
    if (row >= 0) finish(sums[r], count, y + (size_t)row * PANEL, epilogue);
  }
}

INLINE void tiles_f32(const fg_matrix* m, int block, const float* x, float* y, int count, int epilogue) {
  int tile = 0;
  for (; count < VECTORS && tile + 1 < m->tiles_per_block; tile += 2) tile_f32(m, block, tile, x, y, 4, 2, count, epilogue);
  for (; tile < m->tiles_per_block; ++tile) {
    if (m->tile == 4) tile_f32(m, block, tile, x, y, 4, 1, count, epilogue);
    else if (VECTORS == 1 && m->tile == 8) tile_f32(m, block, tile, x, y, 8, 1, count, epilogue);
    else if (VECTORS == 1) tile_f32(m, block, tile, x, y, 16, 1, count, epilogue);
  }
}

INLINE void linear_f32(const fg_matrix* m, const float* x, float* y, int tokens, int from, int to, int epilogue) {
  const int panels = panel_count(tokens), cached = CACHED_INPUTS / (m->columns * PANEL * (int)sizeof *x) + 1;
  for (int first = 0; first < panels; first += cached)
    for (int block = from; block < to; ++block)
      for (int panel = first; panel < smaller(first + cached, panels); ++panel) {
        const float* input = x + (size_t)panel * m->columns * PANEL;
        float* output = y + (size_t)panel * m->pitch * PANEL;
        if (used_vectors(tokens, panel) == VECTORS) tiles_f32(m, block, input, output, VECTORS, epilogue);
        else tiles_f32(m, block, input, output, 1, epilogue);
      }
}

void FG_NAME(fg_linear_f32)(const fg_matrix* m, const float* x, float* y, int32_t tokens, int32_t from, int32_t to, int32_t epilogue) {
  WITH_EPILOGUE(linear_f32, m, x, y, tokens, from, to);
}
