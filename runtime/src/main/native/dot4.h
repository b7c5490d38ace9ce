// Products of four bytes (VNNI) in assembly, for the vectors that the including file has chosen; TO_ALL_LANES is how it says that a number
// in memory is meant for each of their lanes.
#pragma once

/** acc + the sum of four products of unsigned codes and the four signed weights at `weights`. Not the intrinsic: gcc 12 spills sums. */
static inline __attribute__((always_inline)) vi vi_dot4(vi acc, vi codes, const int8_t* weights) {
  __asm__("vpdpbusd %2" TO_ALL_LANES ", %1, %0" : "+v"(acc) : "v"(codes), "m"(*(const int8_t(*)[4])weights));
  return acc;
}

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
