// AMX's eight tiles of 16 rows by 64 bytes, by number, and the expansion that fills them: AMX int8 and AVX-512 VBMI2.
#pragma once
#include "bytes_avx512.h"

#define t_zero(tile) _tile_zero(tile)
/** Not the intrinsic, which does not tell gcc 12 that it reads memory. */
#define t_load(tile, from) __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #tile ::"r"(from), "r"(64L) : "memory")
#define t_store(tile, to) _tile_stored(tile, to, 64)
/** to[16 rows][16 tokens] += signed weights [16 rows][64] times unsigned codes [16][16 tokens][4]. */
#define t_dot(to, weights, codes) _tile_dpbsud(to, weights, codes)

/** All tiles 16 rows by 64 bytes. */
static inline void t_begin(void) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } config __attribute__((aligned(64))) = {.palette = 1};
  for (int tile = 0; tile < 8; ++tile) config.bytes[tile] = 64, config.rows[tile] = 16;
  _tile_loadconfig(&config);
}

/** Lets go of the tiles, so that the operating system need not save them. */
#define t_end() _tile_release()

/** 64 bytes: where the mask has a one the next of `from`, else zero. */
static inline void expand_bytes(int8_t* to, const int8_t* from, uint64_t mask) {
  _mm512_store_si512(to, _mm512_maskz_expand_epi8(mask, _mm512_loadu_si512(from)));
}

/**
 * Two rows of 64 bytes that keep the same inputs, two of four at most. `from` has for each four two bytes for the first row, then two for the
 * second. One shuffle a row, where expand_bytes takes two.
 */
static inline __attribute__((always_inline)) void expand_two(int8_t* to, const int8_t* from, uint64_t mask) {
  // By a four's mask where its bytes of the first row come from; 0x80 makes a zero.
  const __m512i places = _mm512_setr_epi32((int)0x80808080, (int)0x80808000, (int)0x80800080, (int)0x80800100, (int)0x80008080,
                                           (int)0x80018000, (int)0x80010080, 0, 0x00808080, 0x01808000, 0x01800080, 0, 0x01008080, 0, 0, 0);
  const __m512i own = _mm512_setr_epi32(0, 0x04040404, 0x08080808, 0x0C0C0C0C, 0, 0x04040404, 0x08080808, 0x0C0C0C0C, 0, 0x04040404,
                                        0x08080808, 0x0C0C0C0C, 0, 0x04040404, 0x08080808, 0x0C0C0C0C);
  const __m512i fours = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
  const __m512i halves = _mm512_mask_set1_epi32(_mm512_set1_epi32((int32_t)mask), 0xFF00, (int32_t)(mask >> 32));
  // vpermd reads the low four bits of each number alone.
  const __m512i first = _mm512_or_si512(_mm512_permutexvar_epi32(_mm512_srlv_epi32(halves, fours), places), own);
  const __m512i both = _mm512_loadu_si512(from);
  _mm512_store_si512(to, _mm512_shuffle_epi8(both, first));
  _mm512_store_si512(to + 64, _mm512_shuffle_epi8(both, _mm512_or_si512(first, _mm512_set1_epi8(2))));
}
