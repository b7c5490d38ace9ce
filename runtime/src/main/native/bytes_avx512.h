// What byte codes need beyond lanes_avx512.h: AVX-512 BW, and VNNI for vi_dot4.
#pragma once
#include "lanes_avx512.h"

#define TO_ALL_LANES "%{1to16%}"
#include "dot4.h"

#define vi_store(p, v) _mm512_storeu_si512(p, v)
#define vi_or(a, b) _mm512_or_si512(a, b)
/** Bytes of `a` picked within each 128 bits; zero where the high bit of the control is set. */
#define vi_shuffle_bytes(a, control) _mm512_shuffle_epi8(a, control)
/** `into` with the low byte of each lane of `value` as its byte `at`. */
#define vi_insert_byte(into, value, at) _mm512_mask_mov_epi8(into, 0x1111111111111111U << (at), _mm512_slli_epi32(value, 8 * (at)))

/** As vi_shuffle_bytes, but only into the bytes of `into` whose bit of `bytes` is set. */
#define vi_merge_shuffled(into, bytes, a, control) _mm512_mask_shuffle_epi8(into, bytes, a, control)
