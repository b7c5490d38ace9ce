// From sums of products of 8-bit codes to outputs; lanes are a whole panel, or the low half of one.

/** What makes outputs of a tile's products: the same for fg_quads and fg_tiles. */
typedef struct {
  const float* scales;
  const float* sums;
  const float* bias;
  const int32_t* outputs;
} fg_rows;

/** A vector of outputs: sums of products, and the row's terms, all lanes alike. */
INLINE vf output_of(vi products, vf step, vf offset, vf scale, vf sum, vf bias) {
  return vf_fma(vf_from_vi(products), vf_mul(step, scale), vf_fma(offset, sum, bias));
}

/** As in gelu_table.h, but quadratics and up to another end. */
#define CODED_GELU_END 4.6f

static const float gelu_quadratics[3][32] __attribute__((aligned(64))) = {
    {0.0f, 7.76357556e-05f, 1.40985427e-03f, 6.93994341e-03f, 2.04969235e-02f, 4.55173030e-02f, 8.38194788e-02f, 1.34778529e-01f,
     1.95123255e-01f, 2.59394377e-01f, 3.20922077e-01f, 3.73055547e-01f, 4.10337269e-01f, 4.29361075e-01f, 4.29162085e-01f,
     4.11116868e-01f, 3.78447354e-01f, 3.35492581e-01f, 2.86930710e-01f, 2.37104878e-01f, 1.89550668e-01f, 1.46758288e-01f,
     1.10148281e-01f, 8.02050531e-02f, 5.66997267e-02f, 3.89389396e-02f, 2.59925108e-02f, 1.68726593e-02f, 1.06555838e-02f,
     6.54933043e-03f, 3.91915999e-03f, 2.60894443e-03f},
    {4.99977946e-01f, 4.98361856e-01f, 4.86808628e-01f, 4.57342356e-01f, 4.05391335e-01f, 3.30603957e-01f, 2.36792058e-01f,
     1.31086022e-01f, 2.25325171e-02f, -7.95338899e-02f, -1.67000979e-01f, -2.34094679e-01f, -2.77945071e-01f, -2.98585087e-01f,
     -2.98481256e-01f, -2.81770200e-01f, -2.53396213e-01f, -2.18319893e-01f, -1.80914104e-01f, -1.44599259e-01f, -1.11711279e-01f,
     -8.35563317e-02f, -6.05869852e-02f, -4.26339023e-02f, -2.91396119e-02f, -1.93588808e-02f, -1.25086578e-02f, -7.86507130e-03f,
     -4.81451396e-03f, -2.87032244e-03f, -1.66719744e-03f, -1.08602073e-03f},
    {-3.98325145e-01f, -3.89969349e-01f, -3.64721000e-01f, -3.25343847e-01f, -2.75490761e-01f, -2.19547600e-01f, -1.62065715e-01f,
     -1.07221350e-01f, -5.83843961e-02f, -1.78509094e-02f, 1.32417148e-02f, 3.48323733e-02f, 4.77283485e-02f, 5.33272736e-02f,
     5.33250235e-02f, 4.94558215e-02f, 4.32944968e-02f, 3.61332186e-02f, 2.89295856e-02f, 2.23123003e-02f, 1.66257489e-02f,
     1.19944327e-02f, 8.39149393e-03f, 5.70034934e-03f, 3.76352691e-03f, 2.41693761e-03f, 1.51076075e-03f, 9.19646292e-04f,
     5.45428949e-04f, 3.15293815e-04f, 1.77703638e-04f, 1.13254726e-04f},
};

/** GELU within 2e-5, for outputs that become 8-bit codes, whose steps are hundreds of times as large. */
INLINE vf v_coded_gelu(vf x) {
  const vf t = vf_min(vf_abs(x), vf_set1(CODED_GELU_END)), magic = vf_set1(0x1.8p23f);
  const vi segment = vf_as_vi(vf_fma(t, vf_set1(31 / CODED_GELU_END), magic));
  const vf p = vf_fma(vf_pick32(gelu_quadratics[2], segment), t, vf_pick32(gelu_quadratics[1], segment));
  return vf_sub(vf_max(x, vf_set1(0)), vf_fma(p, t, vf_pick32(gelu_quadratics[0], segment)));
}

/** A vector of outputs to where they go. */
INLINE void store_output(vf value, float* y, int epilogue) {
  if (epilogue == FG_GELU) value = v_coded_gelu(value);
  if (epilogue == FG_ADD) value = vf_add(value, vf_load(y));
  vf_store(y, value);
}
