// Device memory of the emulated machine.
#include <sys/mman.h>
#include <unistd.h>

#include <deque>

#include "kernels.h"

namespace filigree::emulator {
namespace {

constexpr size_t kKeptFreed = 1024;

struct Mapping {
  void* start;
  size_t bytes;
};
std::map<void*, Mapping> live;
std::deque<Mapping> freed;

size_t page() { return size_t(sysconf(_SC_PAGESIZE)); }

}  // namespace

void* allocate_guarded(size_t bytes) {
  const size_t used = (bytes + 15) / 16 * 16, whole = (used + page() - 1) / page() * page() + page();
  void* start = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) throw std::runtime_error("mmap of " + std::to_string(whole) + " bytes failed");
  uint8_t* guard = static_cast<uint8_t*>(start) + whole - page();
  if (mprotect(guard, page(), PROT_NONE) != 0) throw std::runtime_error("mprotect failed");
  void* p = guard - used;
  memset(p, 0xff, used);
  live[p] = {start, whole};
  return p;
}

void free_guarded(void* p) {
  const auto found = live.find(p);
  if (found == live.end()) throw std::runtime_error("free of a pointer that was not allocated");
  const Mapping m = found->second;
  live.erase(found);
  mmap(m.start, m.bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  freed.push_back(m);
  if (freed.size() <= kKeptFreed) return;
  munmap(freed.front().start, freed.front().bytes);
  freed.pop_front();
}

}  // namespace filigree::emulator
