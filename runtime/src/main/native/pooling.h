// From the states of tokens to panels of sequences.

enum { POOLED_ROWS = 8 };

/**
 * Sums of `rows` features over the tokens [start, end). A token's lane is its place in the sequence, wherever that starts, so that a text's
 * answer does not depend on what stands before it.
 */
INLINE void sum_tokens(const float* x, size_t panel, int start, int end, int rows, vf* sums) {
  UNROLL for (int r = 0; r < rows; ++r) sums[r] = vf_set1(0);
  for (int token = start; token < end; token += LANES) {
    const int at = token % PANEL, count = smaller(LANES, end - token), here = smaller(count, PANEL - at);
    const float* values = x + (size_t)(token / PANEL) * panel + at;
    UNROLL for (int r = 0; r < rows; ++r) sums[r] = vf_add(sums[r], vf_load_lanes(values + r * PANEL, 0, here));
    if (here == count) continue;
    const float* next = x + (size_t)(token / PANEL + 1) * panel - here;
    UNROLL for (int r = 0; r < rows; ++r) sums[r] = vf_add(sums[r], vf_load_lanes(next + r * PANEL, here, count));
  }
}

/** Means of `rows` features. */
INLINE void mean_tokens(const float* x, size_t panel, int start, int end, int rows, float* pooled) {
  vf sums[POOLED_ROWS];
  sum_tokens(x, panel, start, end, rows, sums);
  UNROLL for (int r = 0; r < rows; ++r) pooled[r * PANEL] = vf_total(sums[r]) / (float)(end - start);
}

void FG_NAME(fg_pool)(const float* x, const int32_t* offsets, int32_t features, int32_t first_only, float* pooled, int32_t sequences) {
  const size_t panel = (size_t)features * PANEL;
  memset(pooled, 0, (size_t)panel_count(sequences) * panel * sizeof *pooled);
  for (int sequence = 0; sequence < sequences; ++sequence) {
    const int start = offsets[sequence], end = first_only ? start + 1 : offsets[sequence + 1];
    float* own = pooled + (size_t)(sequence / PANEL) * panel + sequence % PANEL;
    int f = 0;
    for (; f + POOLED_ROWS <= features; f += POOLED_ROWS) mean_tokens(x + f * PANEL, panel, start, end, POOLED_ROWS, own + f * PANEL);
    for (; f < features; ++f) mean_tokens(x + f * PANEL, panel, start, end, 1, own + f * PANEL);
  }
}

/** tanh |x| = (1 - e) / (1 + e) with e = exp(-2 |x|), and the sign of x. */
void FG_NAME(fg_tanh)(float* x, int32_t features, int32_t panels) {
  for (int i = 0; i < panels * features * PANEL; i += LANES) {
    const vf value = vf_load(x + i), magnitude = vf_abs(value), one = vf_set1(1);
    const vf e = v_exp(vf_mul(magnitude, vf_set1(-2)));
    const vf result = vf_div(vf_sub(one, e), vf_add(one, e));
    // The sign: -1, 0 or 1 for all but numbers so small that their product is lost anyway.
    const vf sign = vf_max(vf_set1(-1), vf_min(one, vf_mul(value, vf_set1(1e30f))));
    vf_store(x + i, vf_mul(result, sign));
  }
}
