// Eight lanes: AVX2 and FMA.
#pragma once
#include <immintrin.h>
#include <stdint.h>

enum {
  LANES = 8,
  ATTENTION_ROWS = 4,
};

typedef __m256 vf;
typedef __m256i vi;

#define vf_load(p) _mm256_loadu_ps(p)
#define vf_store(p, v) _mm256_storeu_ps(p, v)
#define vf_set1(s) _mm256_set1_ps(s)
#define vf_add(a, b) _mm256_add_ps(a, b)
#define vf_sub(a, b) _mm256_sub_ps(a, b)
#define vf_mul(a, b) _mm256_mul_ps(a, b)
#define vf_div(a, b) _mm256_div_ps(a, b)
#define vf_sqrt(a) _mm256_sqrt_ps(a)
#define vf_max(a, b) _mm256_max_ps(a, b)
#define vf_min(a, b) _mm256_min_ps(a, b)
#define vf_abs(a) _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a)
/** a * b + c and c - a * b. */
#define vf_fma(a, b, c) _mm256_fmadd_ps(a, b, c)
#define vf_fnma(a, b, c) _mm256_fnmadd_ps(a, b, c)
#define vf_from_vi(a) _mm256_cvtepi32_ps(a)
#define vf_as_vi(a) _mm256_castps_si256(a)
#define vi_as_vf(a) _mm256_castsi256_ps(a)
/** To the nearest integer, half to even. */
#define vi_from_vf(a) _mm256_cvtps_epi32(a)
#define vi_zero() _mm256_setzero_si256()
#define vi_load(p) _mm256_loadu_si256((const __m256i*)(p))
#define vi_set1(s) _mm256_set1_epi32(s)
#define vi_add(a, b) _mm256_add_epi32(a, b)
#define vi_shift_to_exponent(a) _mm256_slli_epi32(a, 23)
/** acc + the sum of the two products of 16-bit numbers in each lane. */
#define vi_dot2(acc, a, b) _mm256_add_epi32(acc, _mm256_madd_epi16(a, b))

/** The lanes [from, to); both may lie beyond either end. */
static inline vi lane_mask(int from, int to) {
  const vi lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_andnot_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(from), lane), _mm256_cmpgt_epi32(_mm256_set1_epi32(to), lane));
}

/** Loads the lanes [from, to) and touches no other memory; the others are zero. */
static inline vf vf_load_lanes(const float* p, int from, int to) { return _mm256_maskload_ps(p, lane_mask(from, to)); }

/** Stores the lanes [from, to) and touches no other memory. */
static inline void vf_store_lanes(float* p, vf v, int from, int to) { _mm256_maskstore_ps(p, lane_mask(from, to), v); }

/** The sum of all lanes, always in the same order. */
static inline float vf_total(vf v) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/** Rows to columns. */
static inline void vf_transpose(vf rows[LANES]) {
  vf twos[LANES];
  __m256d fours[LANES];
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i += 2) {
    twos[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    twos[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i += 4)
#pragma GCC unroll 16
    for (int half = 0; half < 2; ++half) {
      const __m256d a = _mm256_castps_pd(twos[i + half]), b = _mm256_castps_pd(twos[i + 2 + half]);
      fours[i + 2 * half] = _mm256_unpacklo_pd(a, b);
      fours[i + 2 * half + 1] = _mm256_unpackhi_pd(a, b);
    }
  // fours[4 g + c] has in its half k the column 4 k + c of the rows 4 g to 4 g + 3.
#pragma GCC unroll 16
  for (int c = 0; c < 4; ++c) {
    const vf a = _mm256_castpd_ps(fours[c]), b = _mm256_castpd_ps(fours[4 + c]);
    rows[c] = _mm256_permute2f128_ps(a, b, 0x20);
    rows[4 + c] = _mm256_permute2f128_ps(a, b, 0x31);
  }
}

/**
 * 16 numbers of 16 bits, one a token. In memory tokens stand in the order 0-3, 8-11, 4-7, 12-15, which is what packing leaves and what
 * unpacking undoes.
 */
static inline void store_codes(int16_t* to, const vi* from) {
  _mm256_storeu_si256((__m256i*)to, _mm256_packs_epi32(from[0], from[1]));
}

/** Interleaves two inputs: the 16 tokens' pairs in their natural order. */
static inline void interleave(const int16_t* a, const int16_t* b, int16_t* pairs) {
  const __m256i first = _mm256_loadu_si256((const __m256i*)a), second = _mm256_loadu_si256((const __m256i*)b);
  _mm256_storeu_si256((__m256i*)pairs, _mm256_unpacklo_epi16(first, second));
  _mm256_storeu_si256((__m256i*)(pairs + 16), _mm256_unpackhi_epi16(first, second));
}
