// A SIMT machine at lane accuracy: every thread of a block is a fiber that runs until it needs the others. A block barrier
// waits for all threads, a warp's collective instruction for its 32 lanes. Found out and reported as errors: threads that wait
// for each other for ever, lanes of one warp in different collectives, asynchronous copies read before they were waited for,
// accesses of two warps to the same shared memory, one of them a write, with no barrier between, and accesses to global memory
// outside of every allocation (BadAddress).
// The blocks of a cluster run together, clusters one after the other, so what blocks of different clusters may not know of
// each other is not checked. A shared address has the block's rank in its cluster in the top byte, as on the device.
#pragma once
#include <stdint.h>
#include <string.h>

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace filigree {

constexpr int kEmulatedShared = 227 * 1024;  // what a Hopper block may have
namespace emulator {

struct Place {
  unsigned x, y, z;
};

/** A kernel accessed memory that is not mapped. */
struct BadAddress : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/** An asynchronous copy that has been started: to an offset of shared memory, from `from` or, where that is null, zeros. */
struct Copy {
  uint32_t to;
  const void* from;
};

struct Lane {
  Place thread;
  int index, rank;            // within its block; of its block in the cluster
  const uint64_t* waits_for = nullptr;  // a counter that must reach `until`
  uint64_t until = 0;
  bool done = false;
  std::vector<std::vector<Copy>> copies;  // committed groups, oldest first
  std::vector<Copy> open;                 // not yet committed
  uint64_t cluster_turn = 0;              // what it waits for after arriving at the cluster's barrier
};

struct Warp {
  uint64_t turn = 0;  // collectives completed
  int arrived = 0;
  const char* what = nullptr;
  alignas(16) uint8_t in[2][32 * 64], out[2][32 * 64];
};

/** One product of a warpgroup, begun and not yet waited for. */
struct Product {
  void* d[128];  // sums: floats, or ints where the operands are s8
  uint32_t meta[128];
  uint64_t a, b;
  int tokens, selector;  // selector -1: dense
  bool int8;
};

struct Warpgroup {
  uint64_t turn = 0;
  int arrived = 0;
  Product building;
  std::vector<Product> open;
  std::vector<std::vector<Product>> groups;
};

/** An mbarrier: a phase is over when all have arrived and all announced bytes have come. */
struct Barrier {
  int expected, arrived;
  int64_t bytes;
  uint64_t completed;
};

/** What is known of eight bytes of shared memory. Warps are numbered from 1. */
struct Cell {
  uint32_t write_epoch, read_epoch;
  uint16_t writer, reader, pending, pending_writer;
};

struct Block {
  Place place;
  uint8_t* shared;  // 1024-byte aligned
  std::unique_ptr<uint8_t[]> memory;
  std::vector<Cell> cells;
  std::map<uint32_t, Barrier> barriers;
  uint64_t syncs = 1;
  unsigned at_sync = 0, alive = 0;
};

class Machine {
 public:
  /** Runs `kernel` for every thread of every block. One run at a time in a process. */
  void run(const std::string& name, Place grid, Place cluster, unsigned threads, unsigned shared_bytes, const std::function<void()>& kernel);

  Block& here();
  /** Of all threads still there, or of `threads` of them. */
  void block_barrier(unsigned threads = 0);
  void cluster_arrive();
  void cluster_wait();
  void wait(const uint64_t* counter, uint64_t until);
  [[noreturn]] void fail(const std::string& what) const;
  /** The running thread: kernel, block, thread. */
  std::string whereabouts() const;

  /** Shared memory of the block whose rank the address names. */
  uint8_t* memory(uint32_t at, int bytes);
  /** The initialised barrier at an address. */
  Barrier& barrier(uint32_t at);
  void barrier_step(uint32_t at, int arrivals, int64_t bytes);

  /** To be called at every access of a warp to its block's dynamic shared memory that goes through intrinsics. */
  void note_read(uint32_t at, int bytes);
  void note_write_started(uint32_t at, int bytes);
  void note_written(uint32_t at, int bytes);

  Place block_size, grid;
  std::vector<Lane> lanes;
  std::vector<Block> blocks;
  std::vector<Warp> warps;
  std::vector<Warpgroup> warpgroups;

 private:
  static constexpr uint16_t kSeveral = 0xffff;
  void run_cluster(Place first, Place cluster, const std::function<void()>& kernel);
  void leave(Block& block);
  uint32_t own(uint32_t at, int bytes) const;

  std::string kernel_name;
  unsigned shared_size = 0;
  uint64_t cluster_turns = 0;
  unsigned at_cluster = 0, alive = 0;
};

Machine& machine();
Lane& current();

/** All 32 lanes of a warp give a T; `compute` makes 32 results of them; each lane gets its own. */
template <class R, class T, class F>
R collective(const char* what, const T& mine, F compute) {
  static_assert(sizeof(T) <= 64 && sizeof(R) <= 64);
  Machine& m = machine();
  const int lane = current().index % 32;
  const int warps = int(m.block_size.x / 32);
  Warp& w = m.warps[current().rank * warps + current().index / 32];
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

/** All 128 lanes of a warpgroup leave something; the last one to come does `last`. */
template <class Leave, class Last>
void meet(Leave leave, Last last) {
  Machine& m = machine();
  Warpgroup& g = m.warpgroups[current().rank * ((m.block_size.x + 127) / 128) + current().index / 128];
  const uint64_t turn = g.turn;
  leave(g, current().index % 128);
  if (++g.arrived == 128) g.arrived = 0, last(g), ++g.turn;
  else m.wait(&g.turn, turn + 1);
}

}  // namespace emulator
}  // namespace filigree
