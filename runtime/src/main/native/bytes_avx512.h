// What byte codes need beyond lanes_avx512.h: AVX-512 BW, and VNNI for vi_dot4.
#pragma once
#include "lanes_avx512.h"

#define vi_store(p, v) _mm512_storeu_si512(p, v)
#define vi_or(a, b) _mm512_or_si512(a, b)
/** Bytes of `a` picked within each 128 bits; zero where the high bit of the control is set. */
#define vi_shuffle_bytes(a, control) _mm512_shuffle_epi8(a, control)
/** `into` with the low byte of each lane of `value` as its byte `at`. */
#define vi_insert_byte(into, value, at) _mm512_mask_mov_epi8(into, 0x1111111111111111U << (at), _mm512_slli_epi32(value, 8 * (at)))

/** acc + the sum of four products of unsigned codes and the four signed weights at `weights`. Not the intrinsic: gcc 12 spills sums. */
static inline __attribute__((always_inline)) vi vi_dot4(vi acc, vi codes, const int8_t* weights) {
  __asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(codes), "m"(*(const int8_t(*)[4])weights));
  return acc;
}

/** As vi_shuffle_bytes, but only into the bytes of `into` whose bit of `bytes` is set. */
#define vi_merge_shuffled(into, bytes, a, control) _mm512_mask_shuffle_epi8(into, bytes, a, control)

/** A zero that gcc 12 does not hold to be the same as the next one, or it copies sums about in the loops that follow. */
static inline __attribute__((always_inline)) vi vi_own_zero(void) {
  vi zero = vi_zero();
  __asm__("" : "+v"(zero));
  return zero;
}

/**
 * vi_dot4 for four rows and two vectors of codes; `sums` are [4][2]. A row's weights are loaded once for both. In one piece, since
 * gcc 12 copies sums between smaller ones.
 */
static inline __attribute__((always_inline)) void vi_dot4_4x2(vi (*sums)[2], const vi* codes, const int8_t* weights) {
#define FG_ROW(at, a, b) \
  "vpbroadcastd " #at "(%[from]), %[w]\n\tvpdpbusd %[w], %[x], %" #a "\n\tvpdpbusd %[w], %[y], %" #b "\n\t"
  vi broadcast;
  __asm__(FG_ROW(0, 0, 1) FG_ROW(4, 2, 3) FG_ROW(8, 4, 5) FG_ROW(12, 6, 7)
          : "+&v"(sums[0][0]), "+&v"(sums[0][1]), "+&v"(sums[1][0]), "+&v"(sums[1][1]), "+&v"(sums[2][0]), "+&v"(sums[2][1]),
            "+&v"(sums[3][0]), "+&v"(sums[3][1]), [w] "=&v"(broadcast)
          : [x] "v"(codes[0]), [y] "v"(codes[1]), [from] "r"(weights), "m"(*(const int8_t(*)[16])weights));
#undef FG_ROW
}
