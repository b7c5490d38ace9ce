// The wrappers of main/cuda/wgmma.cuh for the emulated machine. Products are carried out when they are waited for, bulk copies
// at once: what a kernel frees, overwrites or reads too early gives wrong sums.
#pragma once
#include "intrinsics.h"

namespace filigree {

inline void barrier_init(uint32_t at, uint32_t arrivals) {
  emulator::machine().memory(at, 8);
  emulator::machine().blocks[at >> 24].barriers[at & 0xffffff] = {int(arrivals), 0, 0, 0};
}
inline void barrier_init_fence() {}
inline void barrier_arrive(bool on, uint32_t at) {
  if (on) emulator::machine().barrier_step(at, 1, 0);
}
inline void barrier_arrive_expecting(bool on, uint32_t at, uint32_t bytes) {
  if (!on) return;
  emulator::machine().barrier(at).bytes += bytes;  // announced before arriving: a phase cannot end in between
  emulator::machine().barrier_step(at, 1, 0);
}
inline void barrier_wait(uint32_t at, uint32_t parity) {
  emulator::Barrier& b = emulator::machine().barrier(at);
  if ((b.completed & 1) == parity) emulator::machine().wait(&b.completed, b.completed + 1);
}

inline void warps_barrier(int threads) { emulator::machine().block_barrier(unsigned(threads)); }
inline void cluster_arrive() { emulator::machine().cluster_arrive(); }
inline void cluster_wait() { emulator::machine().cluster_wait(); }
inline uint32_t shared_of(uint32_t at, uint32_t block) { return (at & 0xffffff) | block << 24; }

inline void bulk_copy(bool on, uint32_t to, const void* from, uint32_t bytes, uint32_t barrier) {
  if (!on) return;
  if (to % 16 != 0 || reinterpret_cast<uintptr_t>(from) % 16 != 0 || bytes % 16 != 0) emulator::machine().fail("an unaligned bulk copy");
  memcpy(emulator::machine().memory(to, int(bytes)), from, bytes);
  emulator::machine().barrier_step(barrier, 0, -int64_t(bytes));
}
inline void store_remote(uint32_t to, float x, float y, float z, float w, uint32_t barrier) {
  const float v[4] = {x, y, z, w};
  if (to >> 24 != barrier >> 24) emulator::machine().fail("st.async with data and barrier in different blocks");
  memcpy(emulator::machine().memory(to, 16), v, 16);
  emulator::machine().barrier_step(barrier, 0, -16);
}
inline float4 load_shared4(uint32_t from) {
  float4 v;
  emulator::machine().note_read(from, 16);
  memcpy(&v, emulator::machine().memory(from, 16), 16);
  return v;
}
inline void store_shared4(uint32_t to, float x, float y, float z, float w) {
  const float v[4] = {x, y, z, w};
  emulator::machine().note_write_started(to, 16);
  memcpy(emulator::machine().memory(to, 16), v, 16);
  emulator::machine().note_written(to, 16);
}
inline void keep_until_here(uint32_t, uint32_t) {}

/** The element at row, column of an operand, as the descriptor says; `block` is the one whose memory it is. */
template <class Sum>
Sum operand(const emulator::Block& block, uint64_t descriptor, int row, int column) {
  const uint32_t start = uint32_t(descriptor & 0x3fff) << 4, columns = uint32_t(descriptor >> 16 & 0x3fff) << 4;
  const uint32_t groups = uint32_t(descriptor >> 32 & 0x3fff) << 4;
  const uint32_t byte = column * 4 / kPacked<Sum>;
  uint32_t at;
  if (descriptor >> 62 == 0) {
    at = start + row / 8 * groups + byte / 16 * columns + row % 8 * 16 + byte % 16;
  } else {  // 128 swizzled bytes: bits 4 to 6 of the address are xored with bits 7 to 9
    at = start + row / 8 * groups + row % 8 * 128 + byte;
    at ^= (at >> 7 & 7) << 4;
  }
  uint32_t word = 0;
  memcpy(&word, block.shared + at, 4 / kPacked<Sum>);
  return element(Sum(), word, 0);
}

template <class Sum>
void carry_out(const emulator::Product& p, const emulator::Block& block) {
  const bool sparse = p.selector >= 0;
  const int stored = 8 * kPacked<Sum>, inputs = sparse ? 2 * stored : stored;  // of a row of A
  std::vector<Sum> b(size_t(p.tokens) * inputs);
  for (int token = 0; token < p.tokens; ++token)
    for (int k = 0; k < inputs; ++k) b[size_t(token) * inputs + k] = operand<Sum>(block, p.b, token, k);
  for (int row = 0; row < 64; ++row) {
    Sum a[64] = {};
    for (int k = 0; k < stored; ++k) {
      const Sum v = operand<Sum>(block, p.a, row, k);
      if (!sparse) {
        a[k] = v;
        continue;
      }
      // As in mma.sp, warp by warp; a chunk is four inputs.
      const int chunk = k / 2, warp = row / 16 * 32, quad = row % 8 * 4, second_row = row % 16 / 8;
      const uint32_t word = p.int8 ? p.meta[warp + quad + chunk / 8 * 2 + second_row] : p.meta[warp + quad + 2 * p.selector + chunk / 4];
      const uint32_t nibble = (p.int8 ? word >> chunk % 8 * 4 : word >> (second_row * 16 + chunk % 4 * 4)) & 15;
      if ((nibble & 3) >= nibble >> 2) emulator::machine().fail("wgmma.sp metadata that does not rise");
      a[chunk * 4 + (k % 2 ? nibble >> 2 : nibble & 3)] = v;
    }
    for (int token = 0; token < p.tokens; ++token) {
      Sum sum = 0;
      for (int k = 0; k < inputs; ++k) sum += a[k] * b[size_t(token) * inputs + k];
      const int lane = row / 16 * 32 + row % 8 * 4 + token % 8 / 2;
      static_cast<Sum*>(p.d[lane])[token / 8 * 4 + row % 16 / 8 * 2 + token % 2] += sum;
    }
  }
}

inline void begin_product(void* d, bool int8, int tokens, uint64_t a, uint64_t b, uint32_t meta, int selector) {
  if (int8 && selector > 0) emulator::machine().fail("wgmma.sp of s8 with a selector");
  emulator::meet(
      [&](emulator::Warpgroup& g, int lane) {
        g.building.d[lane] = d, g.building.meta[lane] = meta, g.building.tokens = tokens, g.building.selector = selector, g.building.int8 = int8;
        if (g.arrived > 0 && (g.building.a != a || g.building.b != b)) emulator::machine().fail("lanes of one warpgroup have different descriptors");
        g.building.a = a, g.building.b = b;
      },
      [](emulator::Warpgroup& g) { g.open.push_back(g.building); });
}
template <int kSelector, class Sum, int kSums>
void wgmma_sp(Sum (&d)[kSums], uint64_t a, uint64_t b, uint32_t meta) {
  begin_product(d, std::is_same_v<Sum, int>, kSums * 2, a, b, meta, kSelector);
}
template <class Sum, int kSums>
void wgmma(Sum (&d)[kSums], uint64_t a, uint64_t b) {
  begin_product(d, std::is_same_v<Sum, int>, kSums * 2, a, b, 0, -1);
}
inline void wgmma_fence() {}
inline void wgmma_commit() {
  emulator::meet([](emulator::Warpgroup&, int) {},
                 [](emulator::Warpgroup& g) {
                   g.groups.push_back(std::move(g.open));
                   g.open.clear();
                 });
}
template <int kPending>
void wgmma_wait() {
  emulator::meet([](emulator::Warpgroup&, int) {},
                 [](emulator::Warpgroup& g) {
                   while (int(g.groups.size()) > kPending) {
                     for (const emulator::Product& p : g.groups.front()) p.int8 ? carry_out<int>(p, emulator::machine().here()) : carry_out<float>(p, emulator::machine().here());
                     g.groups.erase(g.groups.begin());
                   }
                 });
}

}  // namespace filigree
