// What attention in 16-bit codes needs beyond bytes_avx512.h: 32 codes in a vector, the two of each lane one above the other.
#pragma once
#include "bytes_avx512.h"

/** Pairs of 16-bit numbers from two numbers of 32 bits that fit. */
#define vw_pair(low, high) _mm512_mask_blend_epi16(0xAAAAAAAAu, low, _mm512_slli_epi32(high, 16))
/** Pairs of the high halves of two numbers of 32 bits. */
#define vw_high_halves(low, high) _mm512_mask_blend_epi16(0xAAAAAAAAu, _mm512_srli_epi32(low, 16), high)
/** Numbers of 32 bits, cut off at the limits: four lanes of `a`, the same of `b`, the next four of `a` and so on. */
#define vw_pack(a, b) _mm512_packs_epi32(a, b)
/** The two numbers of each lane change places. */
#define vw_swap(a) _mm512_rol_epi32(a, 16)
#define vw_set1(s) _mm512_set1_epi16((int16_t)(s))
#define vw_add(a, b) _mm512_add_epi16(a, b)
#define vw_sub(a, b) _mm512_sub_epi16(a, b)
#define vw_max(a, b) _mm512_max_epi16(a, b)
/** The high halves of products of unsigned numbers. */
#define vw_mul_high(a, b) _mm512_mulhi_epu16(a, b)
/** Unsigned numbers shifted, each by a count of its own; zero from 16 on. */
#define vw_shift_left(a, by) _mm512_sllv_epi16(a, by)
#define vw_shift_right(a, by) _mm512_srlv_epi16(a, by)
/** Half of unsigned numbers, one half rounded up. */
#define vw_half(a) _mm512_avg_epu16(a, _mm512_setzero_si512())

/** acc + the sum of two products of 16-bit codes with the two at `pair`. Not the intrinsic: gcc 12 spills sums. */
static inline __attribute__((always_inline)) vi vi_dot2_with(vi acc, vi codes, const void* pair) {
  __asm__("vpdpwssd %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(codes), "m"(*(const int8_t(*)[4])pair));
  return acc;
}

/** `low` and the 15 numbers that follow it, but `high` in place of those above it. */
static inline vi vi_steps(int low, int high) {
  const vi steps = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return _mm512_min_epi32(_mm512_add_epi32(_mm512_set1_epi32(low), steps), _mm512_set1_epi32(high));
}
/** The lanes that `from` says: below 16 of `a`, else of `b`. */
#define vf_pick(a, b, from) _mm512_permutex2var_ps(a, from, b)
/** The lanes [from, to); the others are zero. */
static inline vf vf_keep_lanes(vf v, int from, int to) { return _mm512_maskz_mov_ps(lane_mask(from, to), v); }
/** The largest of all lanes. */
#define vf_largest(v) _mm512_reduce_max_ps(v)
/** floor(log2(v)). */
#define vf_exponent(v) _mm512_getexp_ps(v)
/** v * 2^by, `by` whole. */
#define vf_scale(v, by) _mm512_scalef_ps(v, by)
