// Sixteen lanes: AVX-512 F and BW.
#pragma once
#include <immintrin.h>
#include <stdint.h>

enum {
  LANES = 16,
  ATTENTION_ROWS = 16,
};

typedef __m512 vf;
typedef __m512i vi;

#define vf_load(p) _mm512_loadu_ps(p)
#define vf_store(p, v) _mm512_storeu_ps(p, v)
#define vf_set1(s) _mm512_set1_ps(s)
#define vf_add(a, b) _mm512_add_ps(a, b)
#define vf_sub(a, b) _mm512_sub_ps(a, b)
#define vf_mul(a, b) _mm512_mul_ps(a, b)
#define vf_div(a, b) _mm512_div_ps(a, b)
#define vf_sqrt(a) _mm512_sqrt_ps(a)
#define vf_max(a, b) _mm512_max_ps(a, b)
#define vf_min(a, b) _mm512_min_ps(a, b)
#define vf_abs(a) _mm512_abs_ps(a)
/** a * b + c and c - a * b. */
#define vf_fma(a, b, c) _mm512_fmadd_ps(a, b, c)
#define vf_fnma(a, b, c) _mm512_fnmadd_ps(a, b, c)
#define vf_from_vi(a) _mm512_cvtepi32_ps(a)
#define vf_as_vi(a) _mm512_castps_si512(a)
#define vi_as_vf(a) _mm512_castsi512_ps(a)
/** To the nearest integer, half to even. */
#define vi_from_vf(a) _mm512_cvtps_epi32(a)
#define vi_zero() _mm512_setzero_si512()
#define vi_load(p) _mm512_loadu_si512(p)
#define vi_set1(s) _mm512_set1_epi32(s)
#define vi_add(a, b) _mm512_add_epi32(a, b)
#define vi_shift_to_exponent(a) _mm512_slli_epi32(a, 23)

/** acc + the sum of the two products of 16-bit numbers in each lane. */
#define vi_dot2(acc, a, b) _mm512_add_epi32(acc, _mm512_madd_epi16(a, b))

/** Of a table of 32 numbers the one that the low five bits of each lane's index say. */
#define vf_pick32(table, index) _mm512_permutex2var_ps(_mm512_load_ps(table), index, _mm512_load_ps((table) + 16))

/** The lanes [from, to); both may lie beyond either end. */
static inline __mmask16 lane_mask(int from, int to) {
  const unsigned below_to = to >= 16 ? 0xFFFFu : to <= 0 ? 0 : (1u << to) - 1;
  const unsigned below_from = from >= 16 ? 0xFFFFu : from <= 0 ? 0 : (1u << from) - 1;
  return (__mmask16)(below_to & ~below_from);
}

/** Loads the lanes [from, to) and touches no other memory; the others are zero. */
static inline vf vf_load_lanes(const float* p, int from, int to) { return _mm512_maskz_loadu_ps(lane_mask(from, to), p); }

/** Stores the lanes [from, to) and touches no other memory. */
static inline void vf_store_lanes(float* p, vf v, int from, int to) { _mm512_mask_storeu_ps(p, lane_mask(from, to), v); }

/** The sum of all lanes, always in the same order. */
static inline float vf_total(vf v) { return _mm512_reduce_add_ps(v); }

/** Rows to columns. */
static inline void vf_transpose(vf rows[LANES]) {
  vf twos[LANES];
  __m512d fours[LANES];
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i += 2) {
    twos[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    twos[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i += 4)
#pragma GCC unroll 16
    for (int half = 0; half < 2; ++half) {
      const __m512d a = _mm512_castps_pd(twos[i + half]), b = _mm512_castps_pd(twos[i + 2 + half]);
      fours[i + 2 * half] = _mm512_unpacklo_pd(a, b);
      fours[i + 2 * half + 1] = _mm512_unpackhi_pd(a, b);
    }
  // fours[4 g + c] has in its quarter k the column 4 k + c of the rows 4 g to 4 g + 3.
#pragma GCC unroll 16
  for (int c = 0; c < 4; ++c) {
    const vf a = _mm512_castpd_ps(fours[c]), b = _mm512_castpd_ps(fours[4 + c]);
    const vf d = _mm512_castpd_ps(fours[8 + c]), e = _mm512_castpd_ps(fours[12 + c]);
    const vf even = _mm512_shuffle_f32x4(a, b, 0x88), odd = _mm512_shuffle_f32x4(a, b, 0xDD);
    const vf more_even = _mm512_shuffle_f32x4(d, e, 0x88), more_odd = _mm512_shuffle_f32x4(d, e, 0xDD);
    rows[c] = _mm512_shuffle_f32x4(even, more_even, 0x88);
    rows[4 + c] = _mm512_shuffle_f32x4(odd, more_odd, 0x88);
    rows[8 + c] = _mm512_shuffle_f32x4(even, more_even, 0xDD);
    rows[12 + c] = _mm512_shuffle_f32x4(odd, more_odd, 0xDD);
  }
}

/** 16 numbers of 16 bits, one a token, in the order of the tokens. */
static inline void store_codes(int16_t* to, const vi* from) {
  _mm256_storeu_si256((__m256i*)to, _mm512_cvtsepi32_epi16(from[0]));
}

/** Interleaves two inputs: the 16 tokens' pairs in their natural order. */
static inline void interleave(const int16_t* a, const int16_t* b, int16_t* pairs) {
  const __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)a));
  const __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)b));
  _mm512_storeu_si512(pairs, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}
