// GELU with table lookups, for lanes that have them (vf_pick32).
#pragma once

/** Segments of [0, GELU_END]; the centre of the first is 0, that of the last GELU_END. */
#define GELU_END 5.5f
#define GELU_SEGMENTS_PER_UNIT (31 / GELU_END)

/**
 * Coefficients, rising, of the cubics that interpolate t/2 (1 - erf(t / sqrt 2)) at each segment's four Chebyshev points, with the distance
 * from its centre as their variable; within 5e-7 of it everywhere.
 */
static const float gelu_cubics[4][32] __attribute__((aligned(64))) = {
    {0.0f, 7.62170106e-02f, 1.28222436e-01f, 1.58226058e-01f, 1.69578835e-01f, 1.66342616e-01f, 1.52808800e-01f, 1.33049041e-01f,
     1.10564895e-01f, 8.80751759e-02f, 6.74471930e-02f, 4.97508496e-02f, 3.53969522e-02f, 2.43162848e-02f, 1.61405597e-02f, 1.03579657e-02f,
     6.42913068e-03f, 3.86098004e-03f, 2.24401033e-03f, 1.26248191e-03f, 6.87656458e-04f, 3.62679508e-04f, 1.85237077e-04f, 9.16275239e-05f,
     4.38985226e-05f, 2.03716954e-05f, 9.15757937e-06f, 3.98776729e-06f, 1.68225108e-06f, 6.87507850e-07f, 2.72208865e-07f, 1.04440744e-07f,},
    {5.00011563e-01f, 3.59914899e-01f, 2.28432626e-01f, 1.12978555e-01f, 1.88593753e-02f, -5.12668304e-02f, -9.74384919e-02f, -1.21998861e-01f,
     -1.28898680e-01f, -1.22873187e-01f, -1.08668700e-01f, -9.04485062e-02f, -7.14411214e-02f, -5.38286939e-02f, -3.88255231e-02f, -2.68734824e-02f,
     -1.78816896e-02f, -1.14538549e-02f, -7.06966780e-03f, -4.20823600e-03f, -2.41731852e-03f, -1.34068378e-03f, -7.18229567e-04f, -3.71791160e-04f,
     -1.86021614e-04f, -8.99842198e-05f, -4.20922443e-05f, -1.90437186e-05f, -8.33462036e-06f, -3.52911525e-06f, -1.44592570e-06f, -5.74007856e-07f,},
    {-3.99594337e-01f, -3.86045426e-01f, -3.50633264e-01f, -2.96967864e-01f, -2.31959566e-01f, -1.63338333e-01f, -9.83103365e-02f, -4.24786545e-02f,
     7.72884756e-04f, 3.03751417e-02f, 4.72263172e-02f, 5.35690747e-02f, 5.22862896e-02f, 4.62800860e-02f, 3.80349755e-02f, 2.93948967e-02f,
     2.15270407e-02f, 1.50136026e-02f, 1.00061391e-02f, 6.38859207e-03f, 3.91474692e-03f, 2.30557146e-03f, 1.30651437e-03f, 7.13015208e-04f,
     3.75015137e-04f, 1.90206716e-04f, 9.30784154e-05f, 4.39646501e-05f, 2.00515660e-05f, 8.83323355e-06f, 3.75955665e-06f, 1.48469485e-06f,},
    {1.17727751e-02f, 4.59836349e-02f, 8.56449082e-02f, 1.13936104e-01f, 1.28024951e-01f, 1.27674535e-01f, 1.15008801e-01f, 9.37870368e-02f,
     6.84316754e-02f, 4.30850573e-02f, 2.09155791e-02f, 3.78391100e-03f, -7.73839001e-03f, -1.40942186e-02f, -1.63452644e-02f, -1.57810096e-02f,
     -1.36172036e-02f, -1.08182766e-02f, -8.03606026e-03f, -5.63245267e-03f, -3.74686392e-03f, -2.37520435e-03f, -1.43897429e-03f, -8.34952807e-04f,
     -4.64781711e-04f, -2.48532306e-04f, -1.27797044e-04f, -6.32465963e-05f, -3.01469063e-05f, -1.38483820e-05f, -6.13378234e-06f, -3.22573851e-06f,},
};

/** x/2 (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel 2016) = max(x, 0) - t/2 (1 - erf(t / sqrt 2)) with t = |x|. */
INLINE vf v_gelu(vf x) {
  const vf t = vf_min(vf_abs(x), vf_set1(GELU_END)), magic = vf_set1(0x1.8p23f);
  const vf shifted = vf_fma(t, vf_set1(GELU_SEGMENTS_PER_UNIT), magic);
  const vi segment = vf_as_vi(shifted);
  const vf u = vf_fnma(vf_sub(shifted, magic), vf_set1(1 / GELU_SEGMENTS_PER_UNIT), t);
  vf p = vf_fma(vf_pick32(gelu_cubics[3], segment), u, vf_pick32(gelu_cubics[2], segment));
  p = vf_fma(p, u, vf_pick32(gelu_cubics[1], segment));
  p = vf_fma(p, u, vf_pick32(gelu_cubics[0], segment));
  return vf_sub(vf_max(x, vf_set1(0)), p);
}
