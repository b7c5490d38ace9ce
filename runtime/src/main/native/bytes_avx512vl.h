// What a half panel's byte codes need beyond lanes_avx2.h: AVX-512 BW and VL, and VNNI.
#pragma once
#include "lanes_avx2.h"

#define TO_ALL_LANES "%{1to8%}"
#include "dot4.h"

#define vi_store(p, v) _mm256_storeu_si256((__m256i*)(p), v)
#define vi_or(a, b) _mm256_or_si256(a, b)
#define vi_shuffle_bytes(a, control) _mm256_shuffle_epi8(a, control)
#define vi_merge_shuffled(into, bytes, a, control) _mm256_mask_shuffle_epi8(into, (__mmask32)(bytes), a, control)
#define vf_pick32(table, index) \
  _mm512_castps512_ps256(_mm512_permutex2var_ps(_mm512_load_ps(table), _mm512_castsi256_si512(index), _mm512_load_ps((table) + 16)))
