// The wrappers of main/cuda/intrinsics.cuh for the emulated machine, from the PTX manual's fragment layouts. Groups of four
// lanes: g = lane / 4, t = lane % 4.
#pragma once
#include "words.h"

namespace filigree {

inline uint32_t shared_address(const void* p) {
  return uint32_t(static_cast<const uint8_t*>(p) - emulator::machine().here().shared) | uint32_t(emulator::current().rank) << 24;
}

// ---- asynchronous copies: carried out only when waited for, as late as the hardware may ----
inline void cp_async16(uint32_t to, const void* from) {
  if (to % 16 != 0 || reinterpret_cast<uintptr_t>(from) % 16 != 0) emulator::machine().fail("cp.async of unaligned addresses");
  emulator::machine().note_write_started(to, 16);
  emulator::current().open.push_back({to, from});
}
inline void cp_async16_or_zero(uint32_t to, const void* from, bool valid) { cp_async16(to, valid ? from : nullptr); }
inline void cp_async_commit() {
  emulator::Lane& lane = emulator::current();
  lane.copies.push_back(std::move(lane.open));
  lane.open.clear();
}
template <int kPending>
void cp_async_wait() {
  auto& groups = emulator::current().copies;
  while (int(groups.size()) > kPending) {
    for (const emulator::Copy& c : groups.front()) {
      if (c.from) memcpy(emulator::machine().memory(c.to, 16), c.from, 16);
      else memset(emulator::machine().memory(c.to, 16), 0, 16);
      emulator::machine().note_written(c.to, 16);
    }
    groups.erase(groups.begin());
  }
}

inline float fast_exp2(float x) { return std::exp2(x); }
inline float fast_reciprocal(float x) { return 1.0f / x; }
inline uint32_t load_shared(uint32_t from) {
  uint32_t v;
  emulator::machine().note_read(from, 4);
  memcpy(&v, emulator::machine().memory(from, 4), 4);
  return v;
}

struct Four {
  uint32_t r[4];
};

inline void ldmatrix(uint32_t (&r)[4], uint32_t from, bool transposed) {
  if (from % 16 != 0) emulator::machine().fail("ldmatrix of an unaligned row");
  emulator::machine().note_read(from, 16);
  const Four got = emulator::collective<Four>(transposed ? "ldmatrix.trans" : "ldmatrix", from, [transposed](const uint32_t* rows, Four* out) {
    for (int lane = 0; lane < 32; ++lane)
      for (int m = 0; m < 4; ++m)  // matrix m: its row i is at the address lane 8 m + i gave
        for (int half = 0; half < 2; ++half) {
          const int a = lane / 4, b = lane % 4 * 2 + half, row = transposed ? b : a, column = transposed ? a : b;
          uint16_t h;
          memcpy(&h, emulator::machine().memory(rows[m * 8 + row], 16) + column * 2, 2);
          memcpy(reinterpret_cast<uint8_t*>(&out[lane].r[m]) + half * 2, &h, 2);
        }
  });
  memcpy(r, got.r, sizeof r);
}
inline void ldmatrix_x4(uint32_t (&r)[4], uint32_t from) { ldmatrix(r, from, false); }
inline void ldmatrix_x4_transposed(uint32_t (&r)[4], uint32_t from) { ldmatrix(r, from, true); }

inline float half_at(uint32_t pair, int i) { return float_of(uint16_t(pair >> (16 * i))); }

struct MmaIn {
  float c[4];
  uint32_t a[4], b[4], meta;
};
struct MmaOut {
  float c[4];
};

/** D = C + A B with A [16 x k], B [k x 8] already laid out. */
inline void multiply_add(const MmaIn* in, MmaOut* out, const float (*a)[32], const float (*b)[8], int k) {
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
      float sum = 0.0f;
      for (int j = 0; j < k; ++j) sum += a[row][j] * b[j][column];
      out[lane].c[i] = in[lane].c[i] + sum;
    }
}

inline void mma_16816(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  MmaIn mine{{c[0], c[1], c[2], c[3]}, {a[0], a[1], a[2], a[3]}, {b0, b1, 0, 0}, 0};
  const MmaOut got = emulator::collective<MmaOut>("mma.m16n8k16", mine, [](const MmaIn* in, MmaOut* out) {
    float a[16][32], b[32][8];
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 2; ++j) {
          a[lane / 4 + i % 2 * 8][lane % 4 * 2 + i / 2 * 8 + j] = half_at(in[lane].a[i], j);
          if (i < 2) b[lane % 4 * 2 + i * 8 + j][lane / 4] = half_at(in[lane].b[i], j);
        }
    multiply_add(in, out, a, b, 16);
  });
  memcpy(c, got.c, sizeof c);
}

template <int kSelector>
void mma_sp_16832(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[4], uint32_t meta) {
  MmaIn mine{{c[0], c[1], c[2], c[3]}, {a[0], a[1], a[2], a[3]}, {b[0], b[1], b[2], b[3]}, meta};
  const MmaOut got = emulator::collective<MmaOut>(kSelector ? "mma.sp.m16n8k32, selector 1" : "mma.sp.m16n8k32, selector 0", mine, [](const MmaIn* in, MmaOut* out) {
    float kept[16][16], a[16][32] = {}, b[32][8];
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 2; ++j) {
          kept[lane / 4 + i % 2 * 8][lane % 4 * 2 + i / 2 * 8 + j] = half_at(in[lane].a[i], j);
          b[lane % 4 * 2 + i * 8 + j][lane / 4] = half_at(in[lane].b[i], j);
        }
    for (int row = 0; row < 16; ++row)
      for (int chunk = 0; chunk < 8; ++chunk) {  // of four inputs; lane 4 g + 2 selector + chunk / 4 has rows g and g + 8
        const uint32_t word = in[row % 8 * 4 + 2 * kSelector + chunk / 4].meta;
        const uint32_t nibble = word >> (row / 8 * 16 + chunk % 4 * 4) & 15, first = nibble & 3, second = nibble >> 2;
        if (first >= second) emulator::machine().fail("mma.sp metadata that does not rise");
        a[row][chunk * 4 + first] = kept[row][chunk * 2], a[row][chunk * 4 + second] = kept[row][chunk * 2 + 1];
      }
    multiply_add(in, out, a, b, 32);
  });
  memcpy(c, got.c, sizeof c);
}

// Kernels run one after the other here.
inline void wait_for_previous_kernel() {}
inline void allow_next_kernel() {}

}  // namespace filigree
