// What all kernels share, for the lanes that the including file has chosen. Functions that take `count` vectors or `rows` are inlined
// into callers with constants, so that sums stay in registers.
#pragma once
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "filigree.h"

#ifndef INLINE
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")
#endif

enum {
  VECTORS = PANEL / LANES,
  MAX_TILE = 16,
  /** Bytes of inputs that stay in the second-level cache while all blocks pass over them. */
  CACHED_INPUTS = 192 * 1024,
};

/** Fetches a weight 4 KB ahead of its use; 16 or 32 KB, or into the second-level cache alone, was no faster. */
#define PREFETCH(weights) __builtin_prefetch((const char*)(weights) + 4096)

INLINE int smaller(int a, int b) { return a < b ? a : b; }

INLINE int panel_count(int tokens) { return (tokens + PANEL - 1) / PANEL; }

/** Bytes or numbers between one panel of codes and the next. */
INLINE size_t code_stride(int features) { return (size_t)(features + CODE_GROUP - 1) / CODE_GROUP * CODE_GROUP * PANEL; }

/** Vectors of a panel in which there are tokens. */
INLINE int used_vectors(int tokens, int panel) {
  return VECTORS == 2 && tokens - panel * PANEL <= LANES ? 1 : VECTORS;
}

/** exp(x) for x <= 0: 2^n e^r with n = round(x / ln 2), e^r as in Cephes' expf; below -87 the result stays at exp(-87). */
INLINE vf v_exp(vf input) {
  const vf x = vf_max(input, vf_set1(-87.0f));
  const vf shifted = vf_fma(x, vf_set1(1.44269504f), vf_set1(0x1.8p23f));
  const vf n = vf_sub(shifted, vf_set1(0x1.8p23f));
  const vf r = vf_fma(n, vf_set1(2.12194440e-4f), vf_fnma(n, vf_set1(0.693359375f), x));
  vf p = vf_fma(r, vf_set1(1.9875691500e-4f), vf_set1(1.3981999507e-3f));
  p = vf_fma(p, r, vf_set1(8.3334519073e-3f));
  p = vf_fma(p, r, vf_set1(4.1665795894e-2f));
  p = vf_fma(p, r, vf_set1(1.6666665459e-1f));
  p = vf_fma(p, r, vf_set1(5.0000001201e-1f));
  p = vf_fma(p, vf_mul(r, r), vf_add(r, vf_set1(1.0f)));
  return vi_as_vf(vi_add(vf_as_vi(p), vi_shift_to_exponent(vf_as_vi(shifted))));
}

#ifdef vf_pick32
#include "gelu_table.h"
#else
#include "gelu_rational.h"
#endif

/** One output row of one panel, `count` vectors. */
INLINE void finish(const vf* values, int count, float* y, int epilogue) {
  UNROLL for (int i = 0; i < count; ++i) {
    vf value = values[i];
    if (epilogue == FG_GELU) value = v_gelu(value);
    if (epilogue == FG_ADD) value = vf_add(value, vf_load(y + i * LANES));
    vf_store(y + i * LANES, value);
  }
}

/** Calls `function` with a constant for the epilogue. */
#define WITH_EPILOGUE(function, ...)                           \
  do {                                                         \
    if (epilogue == FG_GELU) function(__VA_ARGS__, FG_GELU);   \
    else if (epilogue == FG_ADD) function(__VA_ARGS__, FG_ADD); \
    else function(__VA_ARGS__, FG_STORE);                      \
  } while (0)
