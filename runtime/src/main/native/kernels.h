// Every kernel, for the lanes that the including file has chosen. Functions that take `count` vectors or `rows` are inlined into callers
// with constants, so that sums stay in registers.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "filigree.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

enum {
  VECTORS = PANEL / LANES,
  MAX_TILE = 8,
  /** Bytes of inputs that stay in the second-level cache while all blocks pass over them. */
  CACHED_INPUTS = 192 * 1024,
  /** How far ahead of its use a weight is fetched. */
  PREFETCH_BYTES = 4096,
};

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

INLINE void finish(const vf* values, int count, float* y, int epilogue) {
  UNROLL for (int i = 0; i < count; ++i) {
    vf value = values[i];
    if (epilogue == FG_GELU) value = v_gelu(value);
    if (epilogue == FG_ADD) value = vf_add(value, vf_load(y + i * LANES));
    vf_store(y + i * LANES, value);
  }
}

INLINE void tile_f32(const fg_matrix* m, int block, int tile, const float* x, float* y, int rows, int count, int epilogue) {
  const int kept = m->kept, first = (block * m->tiles_per_block + tile) * rows;
  const int32_t* inputs = m->inputs + (size_t)block * kept;
  const float* w = (const float*)m->values + (size_t)first * kept;
  vf sums[MAX_TILE][VECTORS];
  UNROLL for (int r = 0; r < rows; ++r)
    UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_set1(m->bias[first + r]);
  for (int k = 0; k < kept; ++k, w += rows) {
    const float* input = x + (size_t)inputs[k] * PANEL;
    vf values[VECTORS];
    UNROLL for (int i = 0; i < count; ++i) values[i] = vf_load(input + i * LANES);
    __builtin_prefetch((const char*)w + PREFETCH_BYTES);
    UNROLL for (int r = 0; r < rows; ++r) {
      const vf weight = vf_set1(w[r]);
      UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_fma(values[i], weight, sums[r][i]);
    }
  }
  UNROLL for (int r = 0; r < rows; ++r) {
    const int32_t row = m->outputs[first + r];
    if (row >= 0) finish(sums[r], count, y + (size_t)row * PANEL, epilogue);
  }
}

INLINE void tile_s8(const fg_matrix* m, int block, int tile, const int16_t* pairs, const float* scales, float* y, int rows, int count,
                    int epilogue) {
  const int first = (block * m->tiles_per_block + tile) * rows;
  const int16_t* w = (const int16_t*)m->values + (size_t)first * m->kept;
  vi sums[MAX_TILE][VECTORS];
  UNROLL for (int r = 0; r < rows; ++r)
    UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vi_zero();
  for (int k = 0; k < m->kept; k += 2, w += 2 * rows, pairs += 2 * PANEL) {
    vi values[VECTORS];
    UNROLL for (int i = 0; i < count; ++i) values[i] = vi_load(pairs + i * 2 * LANES);
    __builtin_prefetch((const char*)w + PREFETCH_BYTES);
    UNROLL for (int r = 0; r < rows; ++r) {
      int32_t pair;
      memcpy(&pair, w + 2 * r, sizeof pair);
      const vi weights = vi_set1(pair);
      UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vi_dot2(sums[r][i], values[i], weights);
    }
  }
  UNROLL for (int r = 0; r < rows; ++r) {
    const int32_t row = m->outputs[first + r];
    if (row < 0) continue;
    const vf scale = vf_set1(m->scales[first + r]), bias = vf_set1(m->bias[first + r]);
    vf values[VECTORS];
    UNROLL for (int i = 0; i < count; ++i) values[i] = vf_fma(vf_from_vi(sums[r][i]), vf_mul(vf_load(scales + i * LANES), scale), bias);
    finish(values, count, y + (size_t)row * PANEL, epilogue);
  }
}

/** Vectors of a panel in which there are tokens. */
INLINE int used_vectors(int tokens, int panel) {
  return VECTORS == 2 && tokens - panel * PANEL <= LANES ? 1 : VECTORS;
}

INLINE int smaller(int a, int b) { return a < b ? a : b; }

INLINE void block_f32(const fg_matrix* m, int block, const float* x, float* y, int rows, int count, int epilogue) {
  for (int tile = 0; tile < m->tiles_per_block; ++tile) tile_f32(m, block, tile, x, y, rows, count, epilogue);
}

INLINE void linear_f32(const fg_matrix* m, const float* x, float* y, int tokens, int from, int to, int rows, int epilogue) {
  const int panels = (tokens + PANEL - 1) / PANEL, cached = CACHED_INPUTS / (m->columns * PANEL * (int)sizeof *x) + 1;
  for (int first = 0; first < panels; first += cached)
    for (int block = from; block < to; ++block)
      for (int panel = first; panel < smaller(first + cached, panels); ++panel) {
        const float* input = x + (size_t)panel * m->columns * PANEL;
        float* output = y + (size_t)panel * m->rows * PANEL;
        if (used_vectors(tokens, panel) == VECTORS) block_f32(m, block, input, output, rows, VECTORS, epilogue);
        else block_f32(m, block, input, output, rows, 1, epilogue);
      }
}

INLINE void block_s8(const fg_matrix* m, int block, const int16_t* pairs, const float* scales, float* y, int rows, int count,
                     int epilogue) {
  for (int tile = 0; tile < m->tiles_per_block; ++tile) tile_s8(m, block, tile, pairs, scales, y, rows, count, epilogue);
}

INLINE void linear_s8(const fg_matrix* m, const int16_t* codes, const float* scales, float* y, int16_t* pairs, int tokens, int from,
                      int to, int rows, int epilogue) {
  const int panels = (tokens + PANEL - 1) / PANEL, cached = CACHED_INPUTS / (m->columns * PANEL * (int)sizeof *codes) + 1;
  for (int first = 0; first < panels; first += cached)
    for (int block = from; block < to; ++block) {
      const int32_t* inputs = m->inputs + (size_t)block * m->kept;
      for (int panel = first; panel < smaller(first + cached, panels); ++panel) {
        const int16_t* input = codes + (size_t)panel * m->columns * PANEL;
        float* output = y + (size_t)panel * m->rows * PANEL;
        for (int k = 0; k < m->kept; k += 2)
          interleave(input + (size_t)inputs[k] * PANEL, input + (size_t)inputs[k + 1] * PANEL, pairs + (size_t)k * PANEL);
        if (used_vectors(tokens, panel) == VECTORS) block_s8(m, block, pairs, scales + panel * PANEL, output, rows, VECTORS, epilogue);
        else block_s8(m, block, pairs, scales + panel * PANEL, output, rows, 1, epilogue);
      }
    }
}

/** Calls `function` with constants for the tile's rows and the epilogue. */
#define WITH_CONSTANTS(function, ...)                                                          \
  do {                                                                                         \
    if (m->tile == MAX_TILE) {                                                                 \
      if (epilogue == FG_GELU) function(__VA_ARGS__, MAX_TILE, FG_GELU);                       \
      else if (epilogue == FG_ADD) function(__VA_ARGS__, MAX_TILE, FG_ADD);                    \
      else function(__VA_ARGS__, MAX_TILE, FG_STORE);                                          \
    } else {                                                                                   \
      if (epilogue == FG_GELU) function(__VA_ARGS__, MAX_TILE / 2, FG_GELU);                   \
      else if (epilogue == FG_ADD) function(__VA_ARGS__, MAX_TILE / 2, FG_ADD);                \
      else function(__VA_ARGS__, MAX_TILE / 2, FG_STORE);                                      \
    }                                                                                          \
  } while (0)

void FG_NAME(fg_linear_f32)(const fg_matrix* m, const float* x, float* y, int32_t tokens, int32_t from, int32_t to, int32_t epilogue) {
  WITH_CONSTANTS(linear_f32, m, x, y, tokens, from, to);
}

void FG_NAME(fg_linear_s8)(const fg_matrix* m, const int16_t* codes, const float* scales, float* y, int32_t tokens, int32_t from,
                           int32_t to, int32_t epilogue, int16_t* pairs) {
  WITH_CONSTANTS(linear_s8, m, codes, scales, y, pairs, tokens, from, to);
}

void FG_NAME(fg_quantise)(const float* x, int16_t* codes, float* scales, int32_t features, float limit, int32_t from, int32_t to) {
  for (int panel = from; panel < to; ++panel) {
    const float* values = x + (size_t)panel * features * PANEL;
    int16_t* coded = codes + (size_t)panel * features * PANEL;
    vf largest[VECTORS], inverse[VECTORS];
    // Not zero, so that a token of zeros has a finite inverse.
    UNROLL for (int i = 0; i < VECTORS; ++i) largest[i] = vf_set1(1e-30f);
    for (int f = 0; f < features; ++f)
      UNROLL for (int i = 0; i < VECTORS; ++i) largest[i] = vf_max(largest[i], vf_abs(vf_load(values + f * PANEL + i * LANES)));
    UNROLL for (int i = 0; i < VECTORS; ++i) {
      inverse[i] = vf_div(vf_set1(limit), largest[i]);
      vf_store(scales + panel * PANEL + i * LANES, vf_div(largest[i], vf_set1(limit)));
    }
    for (int f = 0; f < features; ++f) {
      vi rounded[VECTORS];
      UNROLL for (int i = 0; i < VECTORS; ++i) rounded[i] = vi_from_vf(vf_mul(vf_load(values + f * PANEL + i * LANES), inverse[i]));
      store_codes(coded + f * PANEL, rounded);
    }
  }
}

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

/** Four scalars side by side in `keys`, times the queries, summed over the width; `count` vectors of queries. */
INLINE void scores_of_four(const float* q, const float* keys, int width, int count, vf sums[4][VECTORS]) {
  UNROLL for (int r = 0; r < 4; ++r)
    UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_set1(0);
  for (int d = 0; d < width; ++d) {
    vf queries[VECTORS];
    UNROLL for (int i = 0; i < count; ++i) queries[i] = vf_load(q + d * PANEL + i * LANES);
    UNROLL for (int r = 0; r < 4; ++r) {
      const vf key = vf_set1(keys[d * PANEL + r]);
      UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_fma(queries[i], key, sums[r][i]);
    }
  }
}

/** `rows` features of the context: values of the keys [from, to), weighted by `scores`. */
INLINE void context(const float* v, size_t panel_stride, int from, int to, const float* scores, int rows, int count,
                    vf sums[4][VECTORS]) {
  UNROLL for (int r = 0; r < rows; ++r)
    UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_set1(0);
  for (int panel = from / PANEL; panel * PANEL < to; ++panel) {
    const int first = panel * PANEL < from ? from : panel * PANEL, end = smaller(to, (panel + 1) * PANEL);
    const float* values = v + panel * panel_stride;
    for (int key = first; key < end; ++key) {
      vf weights[VECTORS];
      UNROLL for (int i = 0; i < count; ++i) weights[i] = vf_load(scores + (size_t)(key - from) * PANEL + i * LANES);
      UNROLL for (int r = 0; r < rows; ++r) {
        const vf value = vf_set1(values[r * PANEL + key % PANEL]);
        UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_fma(weights[i], value, sums[r][i]);
      }
    }
  }
}

/** The queries of `count` vectors of one panel, of which the lanes [low, high) belong to the sequence of the keys [from, to). */
INLINE void attend(const float* q, const float* k, const float* v, float* out, size_t panel_stride, int width, int from, int to, int low,
                   int high, int count, float* scores) {
  const vf factor = vf_set1(1.0f / sqrtf((float)width));
  vf largest[VECTORS], sum[VECTORS];
  UNROLL for (int i = 0; i < count; ++i) largest[i] = vf_set1(-INFINITY), sum[i] = vf_set1(0);
  for (int four = from / 4 * 4; four < to; four += 4) {
    vf sums[4][VECTORS];
    scores_of_four(q, k + four / PANEL * panel_stride + four % PANEL, width, count, sums);
    for (int r = 0; r < 4; ++r) {
      if (four + r < from || four + r >= to) continue;
      UNROLL for (int i = 0; i < count; ++i) {
        const vf score = vf_mul(sums[r][i], factor);
        largest[i] = vf_max(largest[i], score);
        vf_store(scores + (size_t)(four + r - from) * PANEL + i * LANES, score);
      }
    }
  }
  for (int key = 0; key < to - from; ++key)
    UNROLL for (int i = 0; i < count; ++i) {
      float* at = scores + (size_t)key * PANEL + i * LANES;
      const vf weight = v_exp(vf_sub(vf_load(at), largest[i]));
      sum[i] = vf_add(sum[i], weight);
      vf_store(at, weight);
    }
  UNROLL for (int i = 0; i < count; ++i) sum[i] = vf_div(vf_set1(1), sum[i]);
  for (int d = 0; d < width;) {
    const int rows = width - d >= 4 ? 4 : 1;
    vf sums[4][VECTORS];
    if (rows == 4) context(v + d * PANEL, panel_stride, from, to, scores, 4, count, sums);
    else context(v + d * PANEL, panel_stride, from, to, scores, 1, count, sums);
    for (int r = 0; r < rows; ++r, ++d)
      UNROLL for (int i = 0; i < count; ++i)
        vf_store_lanes(out + d * PANEL + i * LANES, vf_mul(sums[r][i], sum[i]), low - i * LANES, high - i * LANES);
  }
}

void FG_NAME(fg_attention)(const float* q, const float* k, const float* v, float* out, const int32_t* offsets, int32_t heads,
                           int32_t width, int32_t from, int32_t to, float* scores) {
  const size_t stride = (size_t)heads * width * PANEL;
  for (int item = from; item < to; ++item) {
    const int sequence = item / heads, start = offsets[sequence], end = offsets[sequence + 1];
    const size_t head = (size_t)(item % heads) * width * PANEL;
    for (int panel = start / PANEL; panel * PANEL < end; ++panel) {
      const int low = start > panel * PANEL ? start - panel * PANEL : 0, high = smaller(end - panel * PANEL, PANEL);
      const size_t at = panel * stride + head;
      if (VECTORS == 2 && high <= LANES) attend(q + at, k + head, v + head, out + at, stride, width, start, end, low, high, 1, scores);
      else attend(q + at, k + head, v + head, out + at, stride, width, start, end, low, high, VECTORS, scores);
    }
  }
}
