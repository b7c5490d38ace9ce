// Fibers, one stack a thread, and a scheduler that goes round those whose condition holds. A fiber is entered by ucontext and
// switched by _setjmp and _longjmp, which, unlike swapcontext, make no system call.
#include "machine.h"

#include <setjmp.h>
#include <ucontext.h>

namespace filigree {

alignas(1024) uint8_t shared[kEmulatedShared];

namespace emulator {
namespace {

constexpr size_t kStackBytes = 128 * 1024;

struct Fiber {
  ucontext_t context;
  jmp_buf place;
  bool entered;
  std::vector<char> stack;
};
std::vector<Fiber> fibers;
jmp_buf scheduler;
int running = 0;
const std::function<void()>* body;
std::string failure;

void enter() {
  Machine& m = machine();
  try {
    (*body)();
  } catch (const std::exception& e) {
    if (failure.empty()) failure = e.what();
  }
  m.lanes[running].done = true;
  _longjmp(scheduler, 1);
}

void resume(Fiber& f) {
  if (_setjmp(scheduler) != 0) return;
  if (f.entered) _longjmp(f.place, 1);
  f.entered = true;
  setcontext(&f.context);
}

}  // namespace

Machine& machine() {
  static Machine m;
  return m;
}
Lane& current() { return machine().lanes[running]; }

void Machine::fail(const std::string& what) const {
  throw std::runtime_error(kernel_name + ", block (" + std::to_string(block.x) + ", " + std::to_string(block.y) + ", " + std::to_string(block.z) +
                           "), thread " + std::to_string(running) + ": " + what);
}

void Machine::run(const std::string& name, Place g, unsigned threads, unsigned shared_bytes, const std::function<void()>& kernel) {
  kernel_name = name, grid = g, block_size = {threads, 1, 1}, shared_size = shared_bytes;
  if (threads == 0 || threads % 32 != 0 || threads > 1024) throw std::runtime_error(name + ": a block of " + std::to_string(threads) + " threads");
  if (shared_bytes > unsigned(kEmulatedShared)) throw std::runtime_error(name + ": too much shared memory");
  for (block.z = 0; block.z < g.z; ++block.z)
    for (block.y = 0; block.y < g.y; ++block.y)
      for (block.x = 0; block.x < g.x; ++block.x) run_block(kernel);
}

void Machine::run_block(const std::function<void()>& kernel) {
  const unsigned threads = block_size.x;
  memset(shared, 0xff, shared_size);  // NaN: reading what nothing wrote shows
  cells.assign((shared_size + 7) / 8, Cell{});
  lanes.assign(threads, Lane{});
  warps.assign(threads / 32, Warp{});
  barriers = 1, at_barrier = 0, alive = threads;
  body = &kernel, failure.clear();
  if (fibers.size() < threads) fibers.resize(threads);
  for (unsigned i = 0; i < threads; ++i) {
    lanes[i].thread = {i, 0, 0}, lanes[i].index = int(i);
    Fiber& f = fibers[i];
    f.stack.resize(kStackBytes);
    getcontext(&f.context);
    f.context.uc_stack.ss_sp = f.stack.data(), f.context.uc_stack.ss_size = kStackBytes, f.context.uc_link = nullptr, f.entered = false;
    makecontext(&f.context, enter, 0);
  }
  while (alive > 0) {
    bool moved = false;
    for (unsigned i = 0; i < threads; ++i) {
      Lane& lane = lanes[i];
      if (lane.done || (lane.waits_for && *lane.waits_for < lane.until)) continue;
      lane.waits_for = nullptr, running = int(i), moved = true;
      resume(fibers[i]);
      if (!failure.empty()) throw std::runtime_error(failure);
      if (!lane.done) continue;
      --alive;
      if (alive > 0 && at_barrier == alive) at_barrier = 0, ++barriers;  // threads that have left do not hold up a barrier
    }
    if (!moved) fail("the threads left wait for each other for ever");
  }
}

void Machine::wait(const uint64_t* counter, uint64_t until) {
  Lane& lane = current();
  lane.waits_for = counter, lane.until = until;
  if (_setjmp(fibers[lane.index].place) == 0) _longjmp(scheduler, 1);
}

void Machine::block_barrier() {
  const uint64_t next = barriers + 1;
  if (++at_barrier == alive) at_barrier = 0, ++barriers;
  else wait(&barriers, next);
}

void Machine::check_range(uint32_t at, int bytes) const {
  if (at + bytes > shared_size) fail("access to byte " + std::to_string(at) + " of " + std::to_string(shared_size) + " of shared memory");
}

void Machine::note_read(uint32_t at, int bytes) {
  check_range(at, bytes);
  const uint16_t warp = uint16_t(current().index / 32 + 1);
  for (uint32_t i = at / 8; i <= (at + bytes - 1) / 8; ++i) {
    Cell& c = cells[i];
    if (c.pending) fail("byte " + std::to_string(i * 8) + " of shared memory is read before the copy to it was waited for");
    if (c.write_epoch == barriers && c.writer != warp) fail("race: byte " + std::to_string(i * 8) + " of shared memory was written by another warp and no barrier passed");
    if (c.read_epoch != barriers) c.read_epoch = uint32_t(barriers), c.reader = warp;
    else if (c.reader != warp) c.reader = kSeveral;
  }
}

void Machine::note_write_started(uint32_t at, int bytes) {
  check_range(at, bytes);
  const uint16_t warp = uint16_t(current().index / 32 + 1);
  for (uint32_t i = at / 8; i <= (at + bytes - 1) / 8; ++i) {
    Cell& c = cells[i];
    if (c.read_epoch == barriers && c.reader != warp) fail("race: byte " + std::to_string(i * 8) + " of shared memory may still be read by another warp when it is overwritten");
    if ((c.write_epoch == barriers && c.writer != warp) || (c.pending && c.pending_writer != warp))
      fail("race: byte " + std::to_string(i * 8) + " of shared memory is written by two warps");
    ++c.pending, c.pending_writer = warp;
  }
}

void Machine::note_written(uint32_t at, int bytes) {
  const uint16_t warp = uint16_t(current().index / 32 + 1);
  for (uint32_t i = at / 8; i <= (at + bytes - 1) / 8; ++i) --cells[i].pending, cells[i].write_epoch = uint32_t(barriers), cells[i].writer = warp;
}

}  // namespace emulator
}  // namespace filigree
