// From sums of products of 8-bit codes to outputs; lanes are whole panels.

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
