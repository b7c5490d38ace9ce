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
