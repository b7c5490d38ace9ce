// GELU with table lookups, for lanes that have them (vf_pick32).
#pragma once

/** Segments of [0, GELU_END]; the centre of the first is 0, that of the last GELU_END. */
#define GELU_END 5.5f
#define GELU_SEGMENTS_PER_UNIT (31 / GELU_END)

/**
 * Coefficients, rising, of the cubics in t that interpolate t/2 (1 - erf(t / sqrt 2)) at each segment's four Chebyshev points; within 5e-7 of
 * it everywhere, rounding included: from a segment's centre they would be no better and take two steps more.
 */
static const float gelu_cubics[4][32] __attribute__((aligned(64))) = {
    {0.0f, -4.74593471e-05f, -8.09151912e-04f, -3.21847922e-03f, -6.38893759e-03f, -5.84496511e-03f, 6.39333762e-03f, 3.93892676e-02f,
     9.94022414e-02f, 1.86311886e-01f, 2.92095661e-01f, 4.02177930e-01f, 4.99178380e-01f, 5.67598104e-01f, 5.97722769e-01f, 5.87512791e-01f,
     5.42155683e-01f, 4.71816570e-01f, 3.88607591e-01f, 3.03799808e-01f, 2.25958109e-01f, 1.60209134e-01f, 1.08464122e-01f, 7.02163205e-02f,
     4.35181856e-02f, 2.58488487e-02f, 1.47281541e-02f, 8.05642549e-03f, 4.23382502e-03f, 2.13892083e-03f, 1.03937672e-03f, 5.84855734e-04f},
    {5.00011563e-01f, 5.01241148e-01f, 5.09619892e-01f, 5.25939465e-01f, 5.41528523e-01f, 5.39943874e-01f, 5.02849460e-01f, 4.17485058e-01f,
     2.82488137e-01f, 1.09682664e-01f, -7.87341148e-02f, -2.56304294e-01f, -3.99308741e-01f, -4.92246091e-01f, -5.30305445e-01f, -5.18635571e-01f,
     -4.69293147e-01f, -3.97262484e-01f, -3.16853195e-01f, -2.39291549e-01f, -1.71730250e-01f, -1.17436059e-01f, -7.66865313e-02f, -4.79009785e-02f,
     -2.86607295e-02f, -1.64458156e-02f, -9.05894767e-03f, -4.79424838e-03f, -2.43949424e-03f, -1.19423750e-03f, -5.62774658e-04f, -3.09641415e-04f},
    {-3.99594337e-01f, -4.10520583e-01f, -4.41803664e-01f, -4.78898108e-01f, -5.04528821e-01f, -5.03117323e-01f, -4.65596497e-01f, -3.91911000e-01f,
     -2.90613592e-01f, -1.76016182e-01f, -6.40985370e-02f, 3.14148851e-02f, 1.01712137e-01f, 1.43802986e-01f, 1.59833565e-01f, 1.55388445e-01f,
     1.37492910e-01f, 1.12901554e-01f, 8.69967788e-02f, 6.33490384e-02f, 4.38007191e-02f, 2.88542267e-02f, 1.81564391e-02f, 1.09344535e-02f,
     6.31222688e-03f, 3.49728973e-03f, 1.86162465e-03f, 9.52879433e-04f, 4.69337712e-04f, 2.22589704e-04f, 1.01702208e-04f, 5.47093805e-05f},
    {1.17727751e-02f, 4.59836349e-02f, 8.56449082e-02f, 1.13936104e-01f, 1.28024951e-01f, 1.27674535e-01f, 1.15008801e-01f, 9.37870368e-02f,
     6.84316754e-02f, 4.30850573e-02f, 2.09155791e-02f, 3.78391100e-03f, -7.73839001e-03f, -1.40942186e-02f, -1.63452644e-02f, -1.57810096e-02f,
     -1.36172036e-02f, -1.08182766e-02f, -8.03606026e-03f, -5.63245267e-03f, -3.74686392e-03f, -2.37520435e-03f, -1.43897429e-03f, -8.34952807e-04f,
     -4.64781711e-04f, -2.48532306e-04f, -1.27797044e-04f, -6.32465963e-05f, -3.01469063e-05f, -1.38483820e-05f, -6.13378234e-06f, -3.22573851e-06f},
};

/** x/2 (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel 2016) = max(x, 0) - t/2 (1 - erf(t / sqrt 2)) with t = |x|. */
INLINE vf v_gelu(vf x) {
  const vf t = vf_min(vf_abs(x), vf_set1(GELU_END)), magic = vf_set1(0x1.8p23f);
  const vi segment = vf_as_vi(vf_fma(t, vf_set1(GELU_SEGMENTS_PER_UNIT), magic));
  vf p = vf_fma(vf_pick32(gelu_cubics[3], segment), t, vf_pick32(gelu_cubics[2], segment));
  p = vf_fma(p, t, vf_pick32(gelu_cubics[1], segment));
  p = vf_fma(p, t, vf_pick32(gelu_cubics[0], segment));
  return vf_sub(vf_max(x, vf_set1(0)), p);
}
