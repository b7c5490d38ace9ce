// The wrappers of main/cuda/intrinsics.cuh for the emulated machine, from the PTX manual's fragment layouts. Groups of four
// lanes: g = lane / 4, t = lane % 4.
#pragma once
#include <type_traits>

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

/** `Sum`: float for halves, int for s8. */
template <class Sum>
struct MmaIn {
  Sum c[4];
  uint32_t a[4], b[4], meta;
};
template <class Sum>
struct MmaOut {
  Sum c[4];
};

/** Elements of a register: two halves or four codes. */
template <class Sum>
constexpr int kPacked = std::is_same_v<Sum, int> ? 4 : 2;
inline float element(float, uint32_t word, int i) { return half_at(word, i); }
inline int element(int, uint32_t word, int i) { return int8_t(word >> (8 * i)); }

/** The operands of a warp, laid out: A [16 x 8 kPacked] (what is stored of it, where it is sparse) and B [k x 8]. */
template <class Sum>
struct Operands {
  Sum a[16][32], b[64][8];

  explicit Operands(const MmaIn<Sum>* in) {
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < kPacked<Sum>; ++j) {
          const int at = lane % 4 * kPacked<Sum> + j;
          a[lane / 4 + i % 2 * 8][i / 2 * 4 * kPacked<Sum> + at] = element(Sum(), in[lane].a[i], j);
          b[i * 4 * kPacked<Sum> + at][lane / 4] = element(Sum(), in[lane].b[i], j);
        }
  }
};

/** D = C + A B with A [16 x k], B [k x 8] already laid out. */
template <class Sum, int kWide>
void multiply_add(const MmaIn<Sum>* in, MmaOut<Sum>* out, const Sum (&a)[16][kWide], const Sum (&b)[64][8], int k) {
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
      Sum sum = 0;
      for (int j = 0; j < k; ++j) sum += a[row][j] * b[j][column];
      out[lane].c[i] = in[lane].c[i] + sum;
    }
}

template <class Sum>
void mma_dense(const char* what, Sum (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  const MmaIn<Sum> mine{{c[0], c[1], c[2], c[3]}, {a[0], a[1], a[2], a[3]}, {b0, b1, 0, 0}, 0};
  const auto got = emulator::collective<MmaOut<Sum>>(what, mine, [](const MmaIn<Sum>* in, MmaOut<Sum>* out) {
    const Operands<Sum> operands(in);
    multiply_add(in, out, operands.a, operands.b, 8 * kPacked<Sum>);
  });
  memcpy(c, got.c, sizeof c);
}

/** `nibble_of(row, chunk, words)`: the metadata of four inputs of a row, from the lanes' words. */
template <class Sum, class F>
void mma_sparse(const char* what, Sum (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[4], uint32_t meta, F nibble_of) {
  const MmaIn<Sum> mine{{c[0], c[1], c[2], c[3]}, {a[0], a[1], a[2], a[3]}, {b[0], b[1], b[2], b[3]}, meta};
  const auto got = emulator::collective<MmaOut<Sum>>(what, mine, [nibble_of](const MmaIn<Sum>* in, MmaOut<Sum>* out) {
    const Operands<Sum> operands(in);
    Sum spread[16][64] = {};
    for (int row = 0; row < 16; ++row)
      for (int chunk = 0; chunk < 4 * kPacked<Sum>; ++chunk) {  // of four inputs
        const uint32_t nibble = nibble_of(row, chunk, in), first = nibble & 3, second = nibble >> 2;
        if (first >= second) emulator::machine().fail("mma.sp metadata that does not rise");
        spread[row][chunk * 4 + first] = operands.a[row][chunk * 2], spread[row][chunk * 4 + second] = operands.a[row][chunk * 2 + 1];
      }
    multiply_add(in, out, spread, operands.b, 16 * kPacked<Sum>);
  });
  memcpy(c, got.c, sizeof c);
}

inline void mma_16816(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) { mma_dense("mma.m16n8k16", c, a, b0, b1); }
inline void mma_16832(int (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) { mma_dense("mma.m16n8k32.s8", c, a, b0, b1); }

template <int kSelector>
void mma_sp_16832(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[4], uint32_t meta) {
  // Lane 4 g + 2 selector + chunk / 4 has rows g (low half) and g + 8.
  mma_sparse(kSelector ? "mma.sp.m16n8k32, selector 1" : "mma.sp.m16n8k32, selector 0", c, a, b, meta, [](int row, int chunk, const MmaIn<float>* in) {
    return in[row % 8 * 4 + 2 * kSelector + chunk / 4].meta >> (row / 8 * 16 + chunk % 4 * 4) & 15;
  });
}
inline void mma_sp_16864(int (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[4], uint32_t meta) {
  // Lane 4 g + 2 h + j has the 32 inputs h of row g + 8 j.
  mma_sparse("mma.sp.m16n8k64.s8", c, a, b, meta, [](int row, int chunk, const MmaIn<int>* in) {
    return in[row % 8 * 4 + chunk / 8 * 2 + row / 8].meta >> (chunk % 8 * 4) & 15;
  });
}

// Kernels run one after the other here.
inline void wait_for_previous_kernel() {}
inline void allow_next_kernel() {}

}  // namespace filigree
