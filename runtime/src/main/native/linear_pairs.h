// INT8 weights, widened to 16 bits, times 16-bit codes of activations, two products at a time (vpmaddwd). A block's kept inputs are
// interleaved in pairs once for all its rows. The caller bounds the codes so that no sum leaves 32 bits.

/** `tiles` neighbouring tiles of `rows` rows each, from `tile` on; as many sums as linear_f32.h has. */
INLINE void tile_pairs(const fg_matrix* m, int block, int tile, const int16_t* pairs, const float* steps, float* y, int rows, int tiles,
                       int count, int epilogue) {
  const int first = (block * m->tiles_per_block + tile) * rows;
  const int16_t* w = (const int16_t*)m->values + (size_t)first * m->kept;
  const size_t next = (size_t)rows * m->kept;
  vi sums[MAX_TILE][VECTORS];
  UNROLL for (int r = 0; r < tiles * rows; ++r)
    UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vi_zero();
  for (int k = 0; k < m->kept; k += 2, w += 2 * rows, pairs += 2 * PANEL) {
    vi values[VECTORS];
    UNROLL for (int i = 0; i < count; ++i) values[i] = vi_load(pairs + i * 2 * LANES);
    PREFETCH(w);
    UNROLL for (int r = 0; r < tiles * rows; ++r) {
      int32_t pair;
      memcpy(&pair, w + r / rows * next + 2 * (r % rows), sizeof pair);
      const vi weights = vi_set1(pair);
      UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vi_dot2(sums[r][i], values[i], weights);
    }
  }
  UNROLL for (int r = 0; r < tiles * rows; ++r) {
    const int32_t row = m->outputs[first + r];
    if (row < 0) continue;
    const vf scale = vf_set1(m->scales[first + r]), bias = vf_set1(m->bias[first + r]);
    vf values[VECTORS];
    UNROLL for (int i = 0; i < count; ++i) values[i] = vf_fma(vf_from_vi(sums[r][i]), vf_mul(vf_load(steps + i * LANES), scale), bias);
    finish(values, count, y + (size_t)row * PANEL, epilogue);
  }
}

INLINE void tiles_pairs(const fg_matrix* m, int block, const int16_t* pairs, const float* steps, float* y, int count, int epilogue) {
  int tile = 0;
  for (; count < VECTORS && tile + 1 < m->tiles_per_block; tile += 2) tile_pairs(m, block, tile, pairs, steps, y, 4, 2, count, epilogue);
  for (; tile < m->tiles_per_block; ++tile) {
    if (m->tile == 4) tile_pairs(m, block, tile, pairs, steps, y, 4, 1, count, epilogue);
    else if (VECTORS == 1 && m->tile == 8) tile_pairs(m, block, tile, pairs, steps, y, 8, 1, count, epilogue);
    else if (VECTORS == 1) tile_pairs(m, block, tile, pairs, steps, y, 16, 1, count, epilogue);
  }
}

INLINE void linear_pairs(const fg_matrix* m, const int16_t* codes, const float* steps, float* y, int16_t* pairs, int tokens, int from,
                         int to, int epilogue) {
  const int panels = panel_count(tokens), cached = CACHED_INPUTS / (m->columns * PANEL * (int)sizeof *codes) + 1;
  for (int first = 0; first < panels; first += cached)
    for (int block = from; block < to; ++block) {
      const int32_t* inputs = m->inputs + (size_t)block * m->kept;
      for (int panel = first; panel < smaller(first + cached, panels); ++panel) {
        const int16_t* input = codes + panel * code_stride(m->columns);
        const float* own = steps + panel * 2 * PANEL;
        float* output = y + (size_t)panel * m->pitch * PANEL;
        for (int k = 0; k < m->kept; k += 2)
          interleave(input + (size_t)inputs[k] * PANEL, input + (size_t)inputs[k + 1] * PANEL, pairs + (size_t)k * PANEL);
        if (used_vectors(tokens, panel) == VECTORS) tiles_pairs(m, block, pairs, own, output, VECTORS, epilogue);
        else tiles_pairs(m, block, pairs, own, output, 1, epilogue);
      }
    }
}

void FG_NAME(fg_linear_s8)(const void* m, const void* codes, const float* steps, float* y, int32_t tokens, int32_t from, int32_t to,
                           int32_t epilogue, void* scratch) {
  WITH_EPILOGUE(linear_pairs, m, codes, steps, y, scratch, tokens, from, to);
}

void FG_NAME(fg_quantise)(const float* x, void* codes, float* steps, int32_t features, float limit, int32_t from, int32_t to) {
  for (int panel = from; panel < to; ++panel) {
    const float* values = x + (size_t)panel * features * PANEL;
    int16_t* coded = (int16_t*)codes + panel * code_stride(features);
    float* own = steps + panel * 2 * PANEL;
    vf largest[VECTORS], inverse[VECTORS];
    // Not zero, so that a token of zeros has a finite inverse.
    UNROLL for (int i = 0; i < VECTORS; ++i) largest[i] = vf_set1(1e-30f);
    for (int f = 0; f < features; ++f)
      UNROLL for (int i = 0; i < VECTORS; ++i) largest[i] = vf_max(largest[i], vf_abs(vf_load(values + f * PANEL + i * LANES)));
    UNROLL for (int i = 0; i < VECTORS; ++i) {
      inverse[i] = vf_div(vf_set1(limit), largest[i]);
      vf_store(own + i * LANES, vf_div(largest[i], vf_set1(limit)));
      vf_store(own + PANEL + i * LANES, vf_set1(0));
    }
    for (int f = 0; f < features; ++f) {
      vi rounded[VECTORS];
      UNROLL for (int i = 0; i < VECTORS; ++i) rounded[i] = vi_from_vf(vf_mul(vf_load(values + f * PANEL + i * LANES), inverse[i]));
      store_codes(coded + f * PANEL, rounded);
    }
  }
}
