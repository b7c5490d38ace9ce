// LayerNorm of panels: every lane is a token of its own.

/** Sums of one vector of tokens over all features: of the values minus `shift`, or of the squares of that. */
INLINE vf lane_sums(const float* values, int features, vf shift, int squares) {
  // Four of them, or every addition would wait for the last.
  vf sums[4];
  UNROLL for (int i = 0; i < 4; ++i) sums[i] = vf_set1(0);
  for (int f = 0; f < features; f += 4)
    UNROLL for (int i = 0; i < 4; ++i) {
      if (f + i >= features) break;
      const vf value = vf_sub(vf_load(values + (size_t)(f + i) * PANEL), shift);
      sums[i] = squares ? vf_fma(value, value, sums[i]) : vf_add(sums[i], value);
    }
  return vf_add(vf_add(sums[0], sums[1]), vf_add(sums[2], sums[3]));
}

void FG_NAME(fg_layer_norm)(float* x, const float* gamma, const float* beta, int32_t features, float epsilon, int32_t from, int32_t to) {
  const vf count = vf_set1((float)features);
  for (int vector = from * VECTORS; vector < to * VECTORS; ++vector) {
    float* values = x + (size_t)(vector / VECTORS) * features * PANEL + vector % VECTORS * LANES;
    const vf mean = vf_div(lane_sums(values, features, vf_set1(0), 0), count);
    const vf variance = vf_div(lane_sums(values, features, mean, 1), count);
    const vf factor = vf_div(vf_set1(1), vf_sqrt(vf_add(variance, vf_set1(epsilon))));
    for (int f = 0; f < features; ++f) {
      float* at = values + (size_t)f * PANEL;
      vf_store(at, vf_fma(vf_mul(vf_sub(vf_load(at), mean), factor), vf_set1(gamma[f]), vf_set1(beta[f])));
    }
  }
}
