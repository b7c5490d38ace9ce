// What byte codes need beyond lanes_avx512.h: AVX-512 BW, and VNNI for vi_dot4.
#pragma once
#include "lanes_avx512.h"

#define vi_store(p, v) _mm512_storeu_si512(p, v)
#define vi_or(a, b) _mm512_or_si512(a, b)
/** Bytes of `a` picked within each 128 bits; zero where the high bit of the control is set. */
#define vi_shuffle_bytes(a, control) _mm512_shuffle_epi8(a, control)
/** `into` with `value`, a number below 256 in each lane, as its byte `at`, which was zero. */
#define vi_insert_byte(into, value, at) _mm512_or_si512(into, _mm512_slli_epi32(value, 8 * (at)))

/** acc + the sum of four products of unsigned codes and the four signed weights at `weights`. Not the intrinsic: gcc 12 spills sums. */
static inline __attribute__((always_inline)) vi vi_dot4(vi acc, vi codes, const int8_t* weights) {
  __asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(codes), "m"(*(const int8_t(*)[4])weights));
  return acc;
}

/** Pairs of 16-bit numbers from two numbers of 32 bits that fit. */
#define vi_pair(low, high) _mm512_mask_blend_epi16(0xAAAAAAAAu, low, _mm512_slli_epi32(high, 16))
/** The lanes [from, to); the others are zero. */
static inline vf vf_keep_lanes(vf v, int from, int to) { return _mm512_maskz_mov_ps(lane_mask(from, to), v); }

/** acc + the sum of two products of 16-bit codes with the two at `pair`. */
static inline __attribute__((always_inline)) vi vi_dot2_with(vi acc, vi codes, const void* pair) {
  __asm__("vpdpwssd %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(codes), "m"(*(const int8_t(*)[4])pair));
  return acc;
}
