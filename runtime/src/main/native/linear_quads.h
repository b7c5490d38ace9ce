// INT8 weights times 8-bit codes, four products at a time (vpdpbusd): the codes of 16 tokens in a register, a row's four weights
// broadcast from memory. The pattern costs a byte shuffle for each source of a four, shared by the rows of a tile.

INLINE vi pick(const fg_quads* m, const uint8_t* x, const uint8_t* choices, int quad, int sources) {
  if (sources == 1) return vi_load(x + (size_t)quad * 4 * PANEL);
  vi picked = vi_zero();
  UNROLL for (int s = 0; s < sources; ++s) {
    const vi four = vi_load(x + ((size_t)quad * sources + s) * 4 * PANEL);
    const vi part = vi_shuffle_bytes(four, vi_load(m->shuffles + choices[s] * 4 * PANEL));
    picked = s == 0 ? part : vi_or(picked, part);
  }
  return picked;
}

/** A tile of `rows` rows and `panels` panels. */
INLINE void tile_quads(const fg_quads* m, int block, int tile, const uint8_t* x, size_t stride, const float* steps, float* y, int rows,
                       int panels, int sources, int epilogue) {
  const int first = (block * m->tiles_per_block + tile) * rows;
  const uint8_t* choices = m->choices + (size_t)block * m->quads * sources;
  const int8_t* w = m->values + (size_t)first * m->quads * 4;
  vi sums[MAX_TILE][4];
  UNROLL for (int r = 0; r < rows; ++r)
    UNROLL for (int p = 0; p < panels; ++p) sums[r][p] = vi_zero();
  for (int quad = 0; quad < m->quads; ++quad, w += 4 * rows, choices += sources) {
    vi picked[4];
    UNROLL for (int p = 0; p < panels; ++p) picked[p] = pick(m, x + p * stride, choices, quad, sources);
    PREFETCH(w);
    UNROLL for (int r = 0; r < rows; ++r)
      UNROLL for (int p = 0; p < panels; ++p) sums[r][p] = vi_dot4(sums[r][p], picked[p], w + 4 * r);
  }
  UNROLL for (int p = 0; p < panels; ++p) {
    const vf step = vf_load(steps + p * 2 * PANEL), offset = vf_load(steps + p * 2 * PANEL + PANEL);
    UNROLL for (int r = 0; r < rows; ++r) {
      const int32_t row = m->outputs[first + r];
      if (row < 0) continue;
      const vf base = vf_fma(offset, vf_set1(m->sums[first + r]), vf_set1(m->bias[first + r]));
      const vf value = vf_fma(vf_from_vi(sums[r][p]), vf_mul(step, vf_set1(m->scales[first + r])), base);
      finish(&value, 1, y + ((size_t)p * m->pitch + row) * PANEL, epilogue);
    }
  }
}

/** All tiles of the blocks over `panels` panels, `together` of them at a time. */
INLINE void panels_quads(const fg_quads* m, const uint8_t* codes, const float* steps, float* y, int panels, int from, int to, int rows,
                         int together, int sources, int epilogue) {
  const size_t stride = code_stride(m->columns), outputs = (size_t)m->pitch * PANEL;
  for (int block = from; block < to; ++block)
    for (int tile = 0; tile < m->tiles_per_block; ++tile) {
      int p = 0;
      for (; p + together <= panels; p += together)
        tile_quads(m, block, tile, codes + p * stride, stride, steps + p * 2 * PANEL, y + p * outputs, rows, together, sources, epilogue);
      for (; together > 1 && p < panels; ++p)
        tile_quads(m, block, tile, codes + p * stride, stride, steps + p * 2 * PANEL, y + p * outputs, rows, 1, sources, epilogue);
    }
}

INLINE void linear_quads(const fg_quads* m, const uint8_t* codes, const float* steps, float* y, int tokens, int from, int to,
                         int epilogue) {
  const int panels = panel_count(tokens), cached = CACHED_INPUTS / (int)code_stride(m->columns) + 1;
  for (int first = 0; first < panels; first += cached) {
    const int count = smaller(cached, panels - first);
    const uint8_t* x = codes + first * code_stride(m->columns);
    const float* own = steps + first * 2 * PANEL;
    float* out = y + (size_t)first * m->pitch * PANEL;
    // 16 sums in any case, which hide the latency of a product.
    if (m->sources == 1) panels_quads(m, x, own, out, count, from, to, 16, 1, 1, epilogue);
    else if (m->sources == 2 && m->tile == 16) panels_quads(m, x, own, out, count, from, to, 16, 1, 2, epilogue);
    else if (m->sources == 2 && m->tile == 8) panels_quads(m, x, own, out, count, from, to, 8, 2, 2, epilogue);
    else if (m->sources == 2) panels_quads(m, x, own, out, count, from, to, 4, 4, 2, epilogue);
    else if (m->tile == 16) panels_quads(m, x, own, out, count, from, to, 16, 1, 4, epilogue);
    else if (m->tile == 8) panels_quads(m, x, own, out, count, from, to, 8, 2, 4, epilogue);
    else panels_quads(m, x, own, out, count, from, to, 4, 4, 4, epilogue);
  }
}

void FG_NAME(fg_linear_s8)(const void* m, const void* codes, const float* steps, float* y, int32_t tokens, int32_t from, int32_t to,
                           int32_t epilogue, void* scratch) {
  (void)scratch;
  WITH_EPILOGUE(linear_quads, m, codes, steps, y, tokens, from, to);
}
