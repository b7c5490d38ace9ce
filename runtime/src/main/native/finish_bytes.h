// From sums of products of 8-bit codes to outputs; lanes are whole panels.

/** What makes outputs of a tile's products: the same for fg_quads and fg_tiles. */
typedef struct {
  const float* scales;
  const float* sums;
  const float* bias;
  const int32_t* outputs;
} fg_rows;

INLINE void finish_rows(fg_rows rows, int from, int to, const int32_t* products, const float* steps, float* y, int epilogue) {
  const vf step = vf_load(steps), offset = vf_load(steps + PANEL);
  _Pragma("GCC unroll 1") for (int r = from; r < to; ++r) {
    const int32_t row = rows.outputs[r];
    if (row < 0) continue;
    const vf base = vf_fma(offset, vf_set1(rows.sums[r]), vf_set1(rows.bias[r]));
    const vf value = vf_fma(vf_from_vi(vi_load(products + r * PANEL)), vf_mul(step, vf_set1(rows.scales[r])), base);
    finish(&value, 1, y + (size_t)row * PANEL, epilogue);
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
