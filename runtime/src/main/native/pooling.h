// From the states of tokens to panels of sequences.

void FG_NAME(fg_pool)(const float* x, const int32_t* offsets, int32_t features, int32_t first_only, float* pooled, int32_t sequences) {
  memset(pooled, 0, (size_t)panel_count(sequences) * features * PANEL * sizeof *pooled);
  for (int sequence = 0; sequence < sequences; ++sequence) {
    const int start = offsets[sequence], end = first_only ? start + 1 : offsets[sequence + 1];
    float* own = pooled + (size_t)(sequence / PANEL) * features * PANEL + sequence % PANEL;
    for (int f = 0; f < features; ++f) {
      // Four sums, each of which would else wait for its last addition; by place in the sequence, wherever that starts.
      float sums[4] = {0};
      for (int panel = start / PANEL; panel * PANEL < end; ++panel) {
        const int first = panel * PANEL < start ? start : panel * PANEL, last = smaller(end, (panel + 1) * PANEL);
        const float* values = x + ((size_t)panel * features + f) * PANEL;
        for (int token = first; token < last; ++token) sums[(token - start) % 4] += values[token % PANEL];
      }
      own[(size_t)f * PANEL] = ((sums[0] + sums[1]) + (sums[2] + sums[3])) / (float)(end - start);
    }
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
