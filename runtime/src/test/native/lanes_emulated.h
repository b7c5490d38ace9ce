// What lanes_avx512.h, bytes_avx512.h, words_avx512.h and tiles_amx.h define, in plain C with gcc's vectors: so the kernels for AVX-512, VNNI
// and AMX are run on machines that have none of them. With EMULATED_LANES 8 what bytes_avx512vl.h defines.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

/** No constants put in, nothing unrolled: that takes the compiler minutes here and changes no result. */
#define INLINE static
#define UNROLL

#ifndef EMULATED_LANES
#define EMULATED_LANES 16
#endif

enum {
  LANES = EMULATED_LANES,
  ATTENTION_ROWS = 16,
};

typedef float vf __attribute__((vector_size(4 * EMULATED_LANES), aligned(4)));
typedef int32_t vi __attribute__((vector_size(4 * EMULATED_LANES), aligned(4)));
typedef uint8_t vb __attribute__((vector_size(4 * EMULATED_LANES), aligned(1)));

#define EMULATED static inline __attribute__((always_inline))
#define EACH_LANE for (int lane = 0; lane < LANES; ++lane)

EMULATED vf vf_load(const float* p) { vf v; memcpy(&v, p, sizeof v); return v; }
EMULATED void vf_store(float* p, vf v) { memcpy(p, &v, sizeof v); }
EMULATED vf vf_set1(float s) { vf v; EACH_LANE v[lane] = s; return v; }
#define vf_add(a, b) ((a) + (b))
#define vf_sub(a, b) ((a) - (b))
#define vf_mul(a, b) ((a) * (b))
#define vf_div(a, b) ((a) / (b))
#define vf_fma(a, b, c) ((a) * (b) + (c))
#define vf_fnma(a, b, c) ((c) - (a) * (b))
EMULATED vf vf_sqrt(vf a) { EACH_LANE a[lane] = sqrtf(a[lane]); return a; }
EMULATED vf vf_max(vf a, vf b) { EACH_LANE a[lane] = a[lane] > b[lane] ? a[lane] : b[lane]; return a; }
EMULATED vf vf_min(vf a, vf b) { EACH_LANE a[lane] = a[lane] < b[lane] ? a[lane] : b[lane]; return a; }
EMULATED vf vf_abs(vf a) { EACH_LANE a[lane] = fabsf(a[lane]); return a; }
EMULATED vf vf_from_vi(vi a) { vf v; EACH_LANE v[lane] = (float)a[lane]; return v; }
EMULATED vi vi_from_vf(vf a) { vi v; EACH_LANE v[lane] = (int32_t)nearbyintf(a[lane]); return v; }
EMULATED vi vf_as_vi(vf a) { vi v; memcpy(&v, &a, sizeof v); return v; }
EMULATED vf vi_as_vf(vi a) { vf v; memcpy(&v, &a, sizeof v); return v; }
EMULATED vf vf_pick32(const float* table, vi index) { vf v; EACH_LANE v[lane] = table[index[lane] & 31]; return v; }
#define vf_pick32(table, index) vf_pick32(table, index)
EMULATED vi vi_zero(void) { return (vi){0}; }
EMULATED vi vi_load(const void* p) { vi v; memcpy(&v, p, sizeof v); return v; }
EMULATED void vi_store(void* p, vi v) { memcpy(p, &v, sizeof v); }
EMULATED vi vi_set1(int32_t s) { vi v; EACH_LANE v[lane] = s; return v; }
#define vi_add(a, b) ((a) + (b))
#define vi_or(a, b) ((a) | (b))
EMULATED vi vi_shift_to_exponent(vi a) { EACH_LANE a[lane] = (int32_t)((uint32_t)a[lane] << 23); return a; }
EMULATED vf vf_load_lanes(const float* p, int from, int to) { vf v = vf_set1(0); EACH_LANE if (lane >= from && lane < to) v[lane] = p[lane]; return v; }
EMULATED void vf_store_lanes(float* p, vf v, int from, int to) { EACH_LANE if (lane >= from && lane < to) p[lane] = v[lane]; }
EMULATED float vf_total(vf v) { float sum = 0; EACH_LANE sum += v[lane]; return sum; }
EMULATED void vf_transpose(vf rows[LANES]) {
  vf columns[LANES];
  EACH_LANE for (int i = 0; i < LANES; ++i) columns[i][lane] = rows[lane][i];
  memcpy(rows, columns, sizeof columns);
}

EMULATED vi vi_dot2(vi sum, vi a, vi b) {
  EACH_LANE sum[lane] += (int16_t)a[lane] * (int16_t)b[lane] + (a[lane] >> 16) * (b[lane] >> 16);
  return sum;
}
EMULATED void store_codes(int16_t* to, const vi* from) { EACH_LANE to[lane] = (int16_t)(from[0][lane] > 32767 ? 32767 : from[0][lane] < -32768 ? -32768 : from[0][lane]); }
EMULATED void interleave(const int16_t* a, const int16_t* b, int16_t* pairs) {
  EACH_LANE pairs[2 * lane] = a[lane], pairs[2 * lane + 1] = b[lane];
}

EMULATED vi vi_shuffle_bytes(vi a, vi control) {
  vb from, how, to;
  memcpy(&from, &a, sizeof from);
  memcpy(&how, &control, sizeof how);
  for (int i = 0; i < 4 * LANES; ++i) to[i] = how[i] & 0x80 ? 0 : from[i / 16 * 16 + how[i] % 16];
  memcpy(&a, &to, sizeof a);
  return a;
}
EMULATED vi vi_insert_byte(vi into, vi value, int at) { return (into & ~(0xFF << 8 * at)) | (value & 0xFF) << 8 * at; }
EMULATED vi vi_dot4(vi sum, vi codes, const int8_t* weights) {
  EACH_LANE for (int i = 0; i < 4; ++i) sum[lane] += (codes[lane] >> 8 * i & 0xFF) * weights[i];
  return sum;
}

EMULATED vi vi_merge_shuffled(vi into, uint64_t bytes, vi a, vi control) {
  vb to, shuffled;
  a = vi_shuffle_bytes(a, control);
  memcpy(&to, &into, sizeof to);
  memcpy(&shuffled, &a, sizeof shuffled);
  for (int i = 0; i < 4 * LANES; ++i) to[i] = bytes >> i & 1 ? shuffled[i] : to[i];
  memcpy(&into, &to, sizeof into);
  return into;
}
#define vi_own_zero() vi_zero()
EMULATED void vi_dot4_4x2(vi (*sums)[2], const vi* codes, const int8_t* weights) {
  for (int i = 0; i < 8; ++i) sums[i / 2][i % 2] = vi_dot4(sums[i / 2][i % 2], codes[i % 2], weights + i / 2 * 4);
}

typedef uint16_t vw __attribute__((vector_size(4 * EMULATED_LANES), aligned(2)));
#define EACH_WORD for (int word = 0; word < 2 * LANES; ++word)
EMULATED vi vw_pair(vi low, vi high) { EACH_LANE low[lane] = (int32_t)((uint32_t)high[lane] << 16 | (low[lane] & 0xFFFF)); return low; }
EMULATED vi vw_high_halves(vi low, vi high) { EACH_LANE low[lane] = (int32_t)((high[lane] & 0xFFFF0000u) | (uint32_t)low[lane] >> 16); return low; }
EMULATED int32_t limited_to_word(int32_t x) { return x > 32767 ? 32767 : x < -32768 ? -32768 : x; }
EMULATED vi vw_pack(vi a, vi b) {
  vw v;
  EACH_WORD v[word] = (uint16_t)limited_to_word((word / 4 % 2 ? b : a)[word / 8 * 4 + word % 4]);
  return (vi)v;
}
EMULATED vi vw_swap(vi a) { EACH_LANE a[lane] = (int32_t)((uint32_t)a[lane] << 16 | (uint32_t)a[lane] >> 16); return a; }
EMULATED vi vw_set1(int s) { vw v; EACH_WORD v[word] = (uint16_t)s; return (vi)v; }
#define vw_add(a, b) ((vi)((vw)(a) + (vw)(b)))
#define vw_sub(a, b) ((vi)((vw)(a) - (vw)(b)))
EMULATED vi vw_max(vi a, vi b) { vw x = (vw)a, y = (vw)b; EACH_WORD x[word] = (int16_t)x[word] > (int16_t)y[word] ? x[word] : y[word]; return (vi)x; }
EMULATED vi vw_mul_high(vi a, vi b) { vw x = (vw)a, y = (vw)b; EACH_WORD x[word] = (uint16_t)((uint32_t)x[word] * y[word] >> 16); return (vi)x; }
EMULATED vi vw_shift_left(vi a, vi by) { vw x = (vw)a, n = (vw)by; EACH_WORD x[word] = (uint16_t)(n[word] > 15 ? 0 : x[word] << n[word]); return (vi)x; }
EMULATED vi vw_shift_right(vi a, vi by) { vw x = (vw)a, n = (vw)by; EACH_WORD x[word] = (uint16_t)(n[word] > 15 ? 0 : x[word] >> n[word]); return (vi)x; }
EMULATED vi vw_half(vi a) { vw x = (vw)a; EACH_WORD x[word] = (uint16_t)((x[word] + 1) >> 1); return (vi)x; }
EMULATED vi vi_steps(int low, int high) { vi v; EACH_LANE v[lane] = low + lane < high ? low + lane : high; return v; }
EMULATED vf vf_pick(vf a, vf b, vi from) { vf v; EACH_LANE v[lane] = (from[lane] & 16 ? b : a)[from[lane] & 15]; return v; }
EMULATED vf vf_keep_lanes(vf v, int from, int to) { EACH_LANE v[lane] = lane >= from && lane < to ? v[lane] : 0; return v; }
EMULATED float vf_largest(vf v) { float most = v[0]; EACH_LANE most = v[lane] > most ? v[lane] : most; return most; }
EMULATED vf vf_exponent(vf v) { EACH_LANE v[lane] = logbf(v[lane]); return v; }
EMULATED vf vf_scale(vf v, vf by) { EACH_LANE v[lane] = ldexpf(v[lane], (int)by[lane]); return v; }
EMULATED vi vi_dot2_with(vi sum, vi codes, const void* pair) {
  int32_t both;
  memcpy(&both, pair, sizeof both);
  return vi_dot2(sum, codes, vi_set1(both));
}

static __thread int8_t emulated_tiles[8][16][64];
static __thread int emulated_tiles_ready;

#define t_begin() (emulated_tiles_ready = 1)
#define t_end() (emulated_tiles_ready = 0)
#define t_zero(tile) memset(emulated_tiles[tile], 0, sizeof emulated_tiles[tile])
#define t_load(tile, from) memcpy(emulated_tiles[tile], from, sizeof emulated_tiles[tile])
#define t_store(tile, to) memcpy(to, emulated_tiles[tile], sizeof emulated_tiles[tile])
/** As in Intel's description of TDPBSUD; a fault where the tiles were not configured. */
static inline void t_dot(int to, int weights, int codes) {
  if (!emulated_tiles_ready) __builtin_trap();
  for (int row = 0; row < 16; ++row)
    for (int group = 0; group < 16; ++group)
      for (int column = 0; column < 16; ++column) {
        int32_t sum;
        memcpy(&sum, &emulated_tiles[to][row][4 * column], sizeof sum);
        for (int i = 0; i < 4; ++i)
          sum += emulated_tiles[weights][row][4 * group + i] * (uint8_t)emulated_tiles[codes][group][4 * column + i];
        memcpy(&emulated_tiles[to][row][4 * column], &sum, sizeof sum);
      }
}
static inline void expand_bytes(int8_t* to, const int8_t* from, uint64_t mask) {
  for (int i = 0; i < 64; ++i) to[i] = mask >> i & 1 ? *from++ : 0;
}
static inline void expand_two(int8_t* to, const int8_t* from, uint64_t mask) {
  for (int i = 0, kept = 0; i < 64; ++i) {
    kept = i % 4 == 0 ? 0 : kept;
    const int place = i / 4 * 4 + (mask >> i & 1 ? kept++ : 0);
    to[i] = mask >> i & 1 ? from[place] : 0;
    to[64 + i] = mask >> i & 1 ? from[place + 2] : 0;
  }
}
