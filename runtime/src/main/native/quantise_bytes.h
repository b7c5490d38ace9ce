// 8-bit codes of activations, from a token's least to its largest one, four features of a token side by side. Lanes are whole panels.

void FG_NAME(fg_quantise)(const float* x, void* codes, float* steps, int32_t features, float limit, int32_t from, int32_t to) {
  for (int panel = from; panel < to; ++panel) {
    const float* values = x + (size_t)panel * features * PANEL;
    uint8_t* coded = (uint8_t*)codes + panel * code_stride(features);
    // Four of each, or every comparison would wait for the last.
    vf least[4], largest[4];
    UNROLL for (int i = 0; i < 4; ++i) least[i] = largest[i] = vf_load(values);
    int f = 0;
    for (; f + 4 <= features; f += 4)
      UNROLL for (int i = 0; i < 4; ++i) {
        const vf value = vf_load(values + (size_t)(f + i) * PANEL);
        least[i] = vf_min(least[i], value);
        largest[i] = vf_max(largest[i], value);
      }
    for (; f < features; ++f) {
      least[0] = vf_min(least[0], vf_load(values + (size_t)f * PANEL));
      largest[0] = vf_max(largest[0], vf_load(values + (size_t)f * PANEL));
    }
    const vf offset = vf_min(vf_min(least[0], least[1]), vf_min(least[2], least[3]));
    const vf end = vf_max(vf_max(largest[0], largest[1]), vf_max(largest[2], largest[3]));
    // Not zero, so that a token of equal activations has a finite inverse.
    const vf range = vf_max(vf_sub(end, offset), vf_set1(1e-30f)), inverse = vf_div(vf_set1(limit), range);
    vf_store(steps + panel * 2 * PANEL, vf_div(range, vf_set1(limit)));
    vf_store(steps + panel * 2 * PANEL + PANEL, offset);
    for (f = 0; f < features; f += 4) {
      vi four = vi_zero();
      UNROLL for (int i = 0; i < 4; ++i) {
        if (f + i == features) break;
        // A number so large that the sum's last bit is worth one: its low byte is the code.
        const vf code = vf_fma(vf_sub(vf_load(values + (size_t)(f + i) * PANEL), offset), inverse, vf_set1(0x1.8p23f));
        four = vi_insert_byte(four, vf_as_vi(code), i);
      }
      vi_store(coded + (size_t)f * PANEL, four);
    }
  }
}
