// LayerNorm of panels: every lane is a token of its own.
void FG_NAME(fg_layer_norm)(float* x, const float* gamma, const float* beta, int32_t features, float epsilon, int32_t from, int32_t to) {
  const vf count = vf_set1((float)features);
  for (int panel = from; panel < to; ++panel) {
    float* values = x + (size_t)panel * features * PANEL;
    vf mean[VECTORS], factor[VECTORS];
    UNROLL for (int i = 0; i < VECTORS; ++i) mean[i] = factor[i] = vf_set1(0);
    for (int f = 0; f < features; ++f)
      UNROLL for (int i = 0; i < VECTORS; ++i) mean[i] = vf_add(mean[i], vf_load(values + f * PANEL + i * LANES));
    UNROLL for (int i = 0; i < VECTORS; ++i) mean[i] = vf_div(mean[i], count);
    for (int f = 0; f < features; ++f)
      UNROLL for (int i = 0; i < VECTORS; ++i) {
        const vf difference = vf_sub(vf_load(values + f * PANEL + i * LANES), mean[i]);
        factor[i] = vf_fma(difference, difference, factor[i]);
      }
    UNROLL for (int i = 0; i < VECTORS; ++i)
      factor[i] = vf_div(vf_set1(1), vf_sqrt(vf_add(vf_div(factor[i], count), vf_set1(epsilon))));
    for (int f = 0; f < features; ++f)
      UNROLL for (int i = 0; i < VECTORS; ++i) {
        float* at = values + f * PANEL + i * LANES;
        vf_store(at, vf_fma(vf_mul(vf_sub(vf_load(at), mean[i]), factor[i]), vf_set1(gamma[f]), vf_set1(beta[f])));
      }
  }
}
