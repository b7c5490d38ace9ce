// Kernels with one planted fault each: the emulator must name it. And one without, which must pass.
#include <cstdio>

#include "intrinsics.h"
#include "kernels.h"
#include "wgmma.h"

using namespace filigree;

namespace {

int failures = 0;

/** Runs `kernel` in a cluster of blocks with 1 KB of shared memory; its error must contain `expected` (empty: no error). */
void expect(const char* what, unsigned threads, const std::string& expected, const std::function<void()>& kernel, unsigned ranks = 1) {
  std::string error;
  try {
    emulator::machine().run(what, {ranks, 1, 1}, {ranks, 1, 1}, threads, 1024, kernel);
  } catch (const std::exception& e) {
    error = e.what();
  }
  const bool good = expected.empty() ? error.empty() : error.find(expected) != std::string::npos;
  std::printf("%s %s: %s\n", good ? "ok    " : "FAILED", what, error.empty() ? "no error" : error.c_str());
  failures += !good;
}

alignas(16) uint8_t source[4096];

/** Every thread copies its 16 bytes in, then reads its neighbour's in the next warp. */
void neighbours(bool wait, bool barrier) {
  cp_async16(threadIdx.x * 16, source + threadIdx.x * 16);
  cp_async_commit();
  if (wait) cp_async_wait<0>();
  if (barrier) __syncthreads();
  load_shared((threadIdx.x + 32) % 64 * 16);
}

}  // namespace

int main() {
  expect("copy, wait, barrier, read", 64, "", [] { neighbours(true, true); });
  expect("read without waiting for the copy", 64, "before the copy to it was waited for", [] { neighbours(false, true); });
  expect("read without a barrier", 64, "race", [] { neighbours(true, false); });
  expect("overwrite what another warp may still read", 64, "race", [] {
    if (threadIdx.x < 32) load_shared(0);
    else cp_async16(0, source);
  });
  expect("two warps write one place", 64, "written by two warps", [] { cp_async16(0, source); });
  expect("shared memory out of bounds", 32, "access to byte 1024 of 1024", [] { load_shared(512 + threadIdx.x * 16 + 512); });
  expect("an unaligned copy", 32, "unaligned", [] { cp_async16(threadIdx.x * 8, source); });
  expect("a barrier half the threads never reach, and a collective for the rest", 32, "wait for each other for ever", [] {
    if (threadIdx.x < 16) __syncthreads();
    else __shfl_xor_sync(0xffffffffu, 1.0f, 1);
  });
  expect("different collectives in one warp", 32, "lanes of one warp are in", [] {
    uint32_t r[4];
    if (threadIdx.x == 0) ldmatrix_x4(r, 0);
    else __shfl_xor_sync(0xffffffffu, 1.0f, 1);
  });
  expect("metadata that does not rise", 32, "does not rise", [] {
    float c[4] = {};
    const uint32_t zero[4] = {};
    mma_sp_16832<0>(c, zero, zero, 0);
  });
  expect("a barrier that only threads still there need", 64, "", [] {
    if (threadIdx.x < 32) return;
    __syncthreads();
  });

  expect("a store to a block that may not have started", 32, "nobody has initialised", [] {
    if (blockIdx.x == 0) store_remote(shared_of(16, 1), 1, 2, 3, 4, shared_of(0, 1));
  }, 2);
  const auto send = [](bool sync, bool whole) {
    const uint32_t own = blockIdx.x << 24;
    if (threadIdx.x == 0) barrier_init(own, 1), barrier_arrive_expecting(true, own, 32 * 16);
    if (sync) cluster_arrive(), cluster_wait();
    const uint32_t other = 1 - blockIdx.x;
    if (whole || threadIdx.x > 0) store_remote(shared_of(own + 16 + threadIdx.x * 16, other), 1, 2, 3, 4, shared_of(own, other));
    barrier_wait(own, 0);
    if (load_shared4(own + 16).y != 2.0f) emulator::machine().fail("wrong value");
  };
  expect("blocks of a cluster send to each other", 32, "", [&] { send(true, true); }, 2);
  expect("too few bytes sent", 32, "wait for each other for ever", [&] { send(true, false); }, 2);
  expect("a cluster's barrier waited for without arriving", 32, "without arriving", [] { cluster_wait(); }, 2);

  uint8_t* memory = static_cast<uint8_t*>(emulator::allocate_guarded(48));
  expect("write all of an allocation", 32, "", [=] { memory[threadIdx.x + 16] = 1; });
  expect("write past an allocation", 32, "outside of every allocation", [=] { memory[threadIdx.x + 17] = 1; });
  expect("a run after one that was stopped", 32, "", [=] { memory[threadIdx.x] = 1; });
  emulator::free_guarded(memory);
  expect("write to what was freed", 32, "outside of every allocation", [=] { memory[threadIdx.x] = 1; });
  return failures == 0 ? 0 : 1;
}
