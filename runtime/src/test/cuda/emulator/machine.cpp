// Fibers, one stack a thread, and a scheduler that goes round those whose condition holds. A fiber is entered by ucontext and
// switched by _setjmp and _longjmp, which, unlike swapcontext, make no system call.
#include "machine.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

namespace filigree {

namespace emulator {
namespace {

constexpr size_t kStackBytes = 64 * 1024;

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
bool bad_address = false;

/** While a kernel runs, its accesses to unmapped memory end the run; all other signals go where they went before. */
class SignalGuard {
 public:
  SignalGuard() {
    runner = pthread_self();
    struct sigaction ours = {};
    ours.sa_sigaction = caught, ours.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigaction(SIGSEGV, &ours, &before[0]);
    sigaction(SIGBUS, &ours, &before[1]);
  }
  ~SignalGuard() {
    sigaction(SIGSEGV, &before[0], nullptr);
    sigaction(SIGBUS, &before[1], nullptr);
  }
  SignalGuard(const SignalGuard&) = delete;

 private:
  static void caught(int signal, siginfo_t* info, void* context) {
    if (pthread_equal(pthread_self(), runner)) {
      char address[32];
      snprintf(address, sizeof address, "%p", info->si_addr);
      failure = machine().whereabouts() + ": access to " + address + ", outside of every allocation", bad_address = true;
      machine().lanes[running].done = true;
      _longjmp(scheduler, 1);
    }
    const struct sigaction& previous = before[signal == SIGBUS];
    if (previous.sa_flags & SA_SIGINFO) previous.sa_sigaction(signal, info, context);
    else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) sigaction(signal, &previous, nullptr);  // strikes again
    else previous.sa_handler(signal);
  }

  static inline pthread_t runner;
  static inline struct sigaction before[2];
};

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

void Machine::fail(const std::string& what) const { throw std::runtime_error(whereabouts() + ": " + what); }

std::string Machine::whereabouts() const {
  const Lane& lane = lanes[running];
  const Place& p = blocks[lane.rank].place;
  return kernel_name + ", block (" + std::to_string(p.x) + ", " + std::to_string(p.y) + ", " + std::to_string(p.z) + "), thread " +
         std::to_string(lane.index);
}

Block& Machine::here() { return blocks[current().rank]; }

void Machine::run(const std::string& name, Place g, Place cluster, unsigned threads, unsigned shared_bytes, const std::function<void()>& kernel) {
  kernel_name = name, grid = g, block_size = {threads, 1, 1}, shared_size = shared_bytes;
  if (threads == 0 || threads % 32 != 0 || threads > 1024) throw std::runtime_error(name + ": a block of " + std::to_string(threads) + " threads");
  if (shared_bytes > unsigned(kEmulatedShared)) throw std::runtime_error(name + ": too much shared memory");
  if (g.x % cluster.x || g.y % cluster.y || g.z % cluster.z || cluster.x * cluster.y * cluster.z > 8)
    throw std::runtime_error(name + ": a cluster that does not divide the grid, or of more than 8 blocks");
  const SignalGuard guard;
  for (unsigned z = 0; z < g.z; z += cluster.z)
    for (unsigned y = 0; y < g.y; y += cluster.y)
      for (unsigned x = 0; x < g.x; x += cluster.x) run_cluster({x, y, z}, cluster, kernel);
}

void Machine::run_cluster(Place first, Place cluster, const std::function<void()>& kernel) {
  const unsigned threads = block_size.x, ranks = cluster.x * cluster.y * cluster.z, all = threads * ranks;
  lanes.assign(all, Lane{});
  blocks.clear();
  for (unsigned rank = 0; rank < ranks; ++rank) {
    Block b;
    b.place = {first.x + rank % cluster.x, first.y + rank / cluster.x % cluster.y, first.z + rank / (cluster.x * cluster.y)};
    b.memory.reset(new uint8_t[shared_size + 1024]);
    b.shared = b.memory.get() + (1024 - reinterpret_cast<uintptr_t>(b.memory.get()) % 1024) % 1024;
    memset(b.shared, 0xff, shared_size);  // NaN: reading what nothing wrote shows
    b.cells.assign((shared_size + 7) / 8, Cell{});
    b.alive = threads;
    blocks.push_back(std::move(b));
  }
  warps.assign(all / 32, Warp{});
  warpgroups.assign(ranks * ((threads + 127) / 128), Warpgroup{});
  cluster_turns = 0, at_cluster = 0, alive = all;
  body = &kernel, failure.clear(), bad_address = false;
  if (fibers.size() < all) fibers.resize(all);
  for (unsigned i = 0; i < all; ++i) {
    lanes[i].thread = {i % threads, 0, 0}, lanes[i].index = int(i % threads), lanes[i].rank = int(i / threads);
    Fiber& f = fibers[i];
    f.stack.resize(kStackBytes);
    getcontext(&f.context);
    f.context.uc_stack.ss_sp = f.stack.data(), f.context.uc_stack.ss_size = kStackBytes, f.context.uc_link = nullptr, f.entered = false;
    makecontext(&f.context, enter, 0);
  }
  while (alive > 0) {
    bool moved = false;
    for (unsigned i = 0; i < all; ++i) {
      Lane& lane = lanes[i];
      if (lane.done || (lane.waits_for && *lane.waits_for < lane.until)) continue;
      lane.waits_for = nullptr, running = int(i), moved = true;
      resume(fibers[i]);
      if (bad_address) throw BadAddress(failure);
      if (!failure.empty()) throw std::runtime_error(failure);
      if (lane.done) leave(blocks[lane.rank]);
    }
    if (!moved) fail("the threads left wait for each other for ever");
  }
}

/** Threads that have left do not hold up a barrier. */
void Machine::leave(Block& b) {
  --b.alive, --alive;
  if (b.alive > 0 && b.at_sync == b.alive) b.at_sync = 0, ++b.syncs;
  if (alive > 0 && at_cluster == alive) at_cluster = 0, ++cluster_turns;
}

void Machine::wait(const uint64_t* counter, uint64_t until) {
  Lane& lane = current();
  lane.waits_for = counter, lane.until = until;
  if (_setjmp(fibers[running].place) == 0) _longjmp(scheduler, 1);
}

void Machine::block_barrier(unsigned threads) {
  Block& b = here();
  const uint64_t next = b.syncs + 1;
  if (++b.at_sync == (threads ? threads : b.alive)) b.at_sync = 0, ++b.syncs;
  else wait(&b.syncs, next);
}

void Machine::cluster_arrive() {
  if (current().cluster_turn > cluster_turns) fail("arrives at the cluster's barrier twice without waiting");
  current().cluster_turn = cluster_turns + 1;
  if (++at_cluster == alive) at_cluster = 0, ++cluster_turns;
}

void Machine::cluster_wait() {
  if (current().cluster_turn == 0) fail("waits at the cluster's barrier without arriving");
  if (cluster_turns < current().cluster_turn) wait(&cluster_turns, current().cluster_turn);
}

uint8_t* Machine::memory(uint32_t at, int bytes) {
  const uint32_t rank = at >> 24, offset = at & 0xffffff;
  if (rank >= blocks.size()) fail("shared memory of block " + std::to_string(rank) + " of a cluster of " + std::to_string(blocks.size()));
  if (blocks[rank].alive == 0) fail("shared memory of a block that has left");
  if (offset + bytes > shared_size) fail("access to byte " + std::to_string(offset) + " of " + std::to_string(shared_size) + " of shared memory");
  return blocks[rank].shared + offset;
}

Barrier& Machine::barrier(uint32_t at) {
  memory(at, 8);
  auto& all = blocks[at >> 24].barriers;
  const auto found = all.find(at & 0xffffff);
  if (found == all.end()) fail("a barrier that nobody has initialised yet");
  return found->second;
}

void Machine::barrier_step(uint32_t at, int arrivals, int64_t bytes) {
  Barrier& b = barrier(at);
  b.arrived += arrivals, b.bytes += bytes;
  if (b.arrived > b.expected) fail("more arrivals at a barrier than expected");
  if (b.arrived == b.expected && b.bytes == 0) b.arrived = 0, ++b.completed;
}

uint32_t Machine::own(uint32_t at, int bytes) const {
  const uint32_t offset = at & 0xffffff;
  if (int(at >> 24) != lanes[running].rank) fail("an instruction for the block's own shared memory has another block's address");
  if (offset + bytes > shared_size) fail("access to byte " + std::to_string(offset) + " of " + std::to_string(shared_size) + " of shared memory");
  return offset;
}

void Machine::note_read(uint32_t at, int bytes) {
  Block& b = here();
  const uint16_t warp = uint16_t(current().index / 32 + 1);
  for (uint32_t o = own(at, bytes), i = o / 8; i <= (o + bytes - 1) / 8; ++i) {
    Cell& c = b.cells[i];
    const auto byte = [i] { return "byte " + std::to_string(i * 8) + " of shared memory "; };
    if (c.pending) fail(byte() + "is read before the copy to it was waited for");
    if (c.write_epoch == b.syncs && c.writer != warp) fail("race: " + byte() + "was written by another warp and no barrier passed");
    if (c.read_epoch != b.syncs) c.read_epoch = uint32_t(b.syncs), c.reader = warp;
    else if (c.reader != warp) c.reader = kSeveral;
  }
}

void Machine::note_write_started(uint32_t at, int bytes) {
  Block& b = here();
  const uint16_t warp = uint16_t(current().index / 32 + 1);
  for (uint32_t o = own(at, bytes), i = o / 8; i <= (o + bytes - 1) / 8; ++i) {
    Cell& c = b.cells[i];
    const auto byte = [i] { return "race: byte " + std::to_string(i * 8) + " of shared memory "; };
    if (c.read_epoch == b.syncs && c.reader != warp) fail(byte() + "may still be read by another warp when it is overwritten");
    if ((c.write_epoch == b.syncs && c.writer != warp) || (c.pending && c.pending_writer != warp)) fail(byte() + "is written by two warps");
    ++c.pending, c.pending_writer = warp;
  }
}

void Machine::note_written(uint32_t at, int bytes) {
  Block& b = here();
  const uint16_t warp = uint16_t(current().index / 32 + 1);
  for (uint32_t o = own(at, bytes), i = o / 8; i <= (o + bytes - 1) / 8; ++i)
    --b.cells[i].pending, b.cells[i].write_epoch = uint32_t(b.syncs), b.cells[i].writer = warp;
}

}  // namespace emulator
}  // namespace filigree
