// GELU by a rational function.
#pragma once

/** x/2 (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel 2016), erf as Eigen's generic_fast_erf_float. */
INLINE vf v_gelu(vf x) {
  const vf half = vf_mul(x, vf_set1(0.5f));
  const vf z = vf_max(vf_set1(-4.0f), vf_min(vf_set1(4.0f), vf_mul(x, vf_set1(0.70710678f))));
  const vf s = vf_mul(z, z);
  vf p = vf_fma(s, vf_set1(-2.72614225801306e-10f), vf_set1(2.77068142495902e-08f));
  p = vf_fma(p, s, vf_set1(-2.10102402082508e-06f));
  p = vf_fma(p, s, vf_set1(-5.69250639462346e-05f));
  p = vf_fma(p, s, vf_set1(-7.34990630326855e-04f));
  p = vf_fma(p, s, vf_set1(-2.95459980854025e-03f));
  p = vf_fma(p, s, vf_set1(-1.60960333262415e-02f));
  vf q = vf_fma(s, vf_set1(-1.45660718464996e-05f), vf_set1(-2.13374055278905e-04f));
  q = vf_fma(q, s, vf_set1(-1.68282697438203e-03f));
  q = vf_fma(q, s, vf_set1(-7.37332916720468e-03f));
  q = vf_fma(q, s, vf_set1(-1.42647390514189e-02f));
  const vf erf = vf_max(vf_set1(-1.0f), vf_min(vf_set1(1.0f), vf_div(vf_mul(z, p), q)));
  return vf_fma(half, erf, half);
}
