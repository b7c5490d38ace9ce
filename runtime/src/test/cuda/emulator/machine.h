// A SIMT machine at lane accuracy: every thread of a block is a fiber that runs until it needs the others. A block barrier
// waits for all threads, a warp's collective instruction for its 32 lanes. Found out and reported as errors: threads that wait
// for each other for ever, lanes of one warp in different collectives, asynchronous copies read before they were waited for,
// and accesses of two warps to the same shared memory, one of them a write, with no barrier between.
// Blocks run one after the other, so what one block may not know of another is not checked.
#pragma once
#include <stdint.h>
#include <string.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace filigree {

constexpr int kEmulatedShared = 227 * 1024;  // what a Hopper block may have
/** Dynamic shared memory of the block that runs; kernels know it by this name. */
extern uint8_t shared[kEmulatedShared];

namespace emulator {

struct Place {
  unsigned x, y, z;
};

/** An asynchronous copy that has been started: to an offset of shared memory, from `from` or, where that is null, zeros. */
struct Copy {
  uint32_t to;
  const void* from;
};

struct Lane {
  Place thread;
  int index;
  const uint64_t* waits_for = nullptr;  // a counter that must reach `until`
  uint64_t until = 0;
  bool done = false;
  std::vector<std::vector<Copy>> copies;  // committed groups, oldest first
  std::vector<Copy> open;                 // not yet committed
};

struct Warp {
  uint64_t turn = 0;  // collectives completed
  int arrived = 0;
  const char* what = nullptr;
  alignas(16) uint8_t in[2][32 * 64], out[2][32 * 64];
};

class Machine {
 public:
  /** Runs `kernel` for every thread of every block. */
  void run(const std::string& name, Place grid, unsigned threads, unsigned shared_bytes, const std::function<void()>& kernel);

  void block_barrier();
  void wait(const uint64_t* counter, uint64_t until);
  [[noreturn]] void fail(const std::string& what) const;

  /** To be called at every access of a warp to dynamic shared memory that goes through intrinsics. */
  void note_read(uint32_t at, int bytes);
  void note_write_started(uint32_t at, int bytes);
  void note_written(uint32_t at, int bytes);

  Place block, block_size, grid;
  std::vector<Lane> lanes;
  std::vector<Warp> warps;

 private:
  /** What is known of eight bytes of shared memory. Warps are numbered from 1. */
  struct Cell {
    uint32_t write_epoch, read_epoch;
    uint16_t writer, reader, pending, pending_writer;
  };
  static constexpr uint16_t kSeveral = 0xffff;
  void run_block(const std::function<void()>& kernel);
  void check_range(uint32_t at, int bytes) const;

  std::string kernel_name;
  unsigned shared_size = 0;
  uint64_t barriers = 0;
  unsigned at_barrier = 0, alive = 0;
  std::vector<Cell> cells;
};

Machine& machine();
Lane& current();

/** All 32 lanes of a warp give a T; `compute` makes 32 results of them; each lane gets its own. */
template <class R, class T, class F>
R collective(const char* what, const T& mine, F compute) {
  static_assert(sizeof(T) <= 64 && sizeof(R) <= 64);
  Machine& m = machine();
  const int lane = current().index % 32;
  Warp& w = m.warps[current().index / 32];
  const uint64_t turn = w.turn;
  if (w.arrived == 0) w.what = what;
  else if (strcmp(w.what, what) != 0) m.fail(std::string("lanes of one warp are in ") + w.what + " and in " + what);
  memcpy(w.in[turn & 1] + lane * sizeof(T), &mine, sizeof(T));
  if (++w.arrived == 32) {
    w.arrived = 0;
    compute(reinterpret_cast<const T*>(w.in[turn & 1]), reinterpret_cast<R*>(w.out[turn & 1]));
    ++w.turn;
  } else {
    m.wait(&w.turn, turn + 1);
  }
  R result;
  memcpy(&result, w.out[turn & 1] + lane * sizeof(R), sizeof(R));
  return result;
}

}  // namespace emulator
}  // namespace filigree
