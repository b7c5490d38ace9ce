// The kernels, compiled for the emulated machine, which is a Hopper one.
#define __CUDA_ARCH_FEAT_SM90_ALL
#include <sys/mman.h>
#include <unistd.h>

#include "../../../main/cuda/attention.cu"
#include "../../../main/cuda/embed_layernorm.cu"
#include "../../../main/cuda/fold_norm.cu"
#include "../../../main/cuda/layernorm.cu"
#include "../../../main/cuda/linear_mma.cu"
#include "../../../main/cuda/linear_wgmma.cu"
#include "../../../main/cuda/pool_classify.cu"
#include "../../../main/cuda/relayout.cu"
#include "gpu.h"

namespace filigree::emulator {
namespace {

template <class... P, size_t... I>
void call(void (*kernel)(P...), void** parameters, std::index_sequence<I...>) {
  kernel(*static_cast<std::remove_reference_t<P>*>(parameters[I])...);
}
template <class... P>
Kernel wrap(void (*kernel)(P...)) {
  return [kernel](void** parameters) { call(kernel, parameters, std::index_sequence_for<P...>()); };
}

size_t page() { return size_t(sysconf(_SC_PAGESIZE)); }
std::map<void*, std::pair<void*, size_t>>& maps() {
  static std::map<void*, std::pair<void*, size_t>> m;
  return m;
}

}  // namespace

const std::map<std::string, Kernel>& kernels() {
#define FILIGREE_KERNEL(name) {#name, wrap(name)},
#define FILIGREE_LINEARS(NAME, ...) FILIGREE_KERNEL(linear_sparse_##NAME) FILIGREE_KERNEL(linear_dense_##NAME)
  static const std::map<std::string, Kernel> all = {
      FILIGREE_MMA_SHAPES(FILIGREE_LINEARS) FILIGREE_WGMMA_SHAPES(FILIGREE_LINEARS)
      FILIGREE_KERNEL(relayout_sparse) FILIGREE_KERNEL(relayout_dense) FILIGREE_KERNEL(fold_norm)
      FILIGREE_KERNEL(layernorm) FILIGREE_KERNEL(layernorm_partial) FILIGREE_KERNEL(embed_layernorm) FILIGREE_KERNEL(embed_folded)
      FILIGREE_KERNEL(attention_head64) FILIGREE_KERNEL(attention_head32) FILIGREE_KERNEL(attention_wide_head64)
      FILIGREE_KERNEL(attention_wide_head32) FILIGREE_KERNEL(pool_first) FILIGREE_KERNEL(pool_mean) FILIGREE_KERNEL(classify)};
  return all;
}

void* allocate_guarded(size_t bytes) {
  const size_t used = (bytes + 15) / 16 * 16, whole = (used + page() - 1) / page() * page() + page();
  void* start = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) throw std::runtime_error("mmap of " + std::to_string(whole) + " bytes failed");
  uint8_t* guard = static_cast<uint8_t*>(start) + whole - page();
  if (mprotect(guard, page(), PROT_NONE) != 0) throw std::runtime_error("mprotect failed");
  void* p = guard - used;
  maps()[p] = {start, whole};
  return p;
}

void free_guarded(void* p) {
  const auto found = maps().find(p);
  if (found == maps().end()) throw std::runtime_error("free of a pointer that was not allocated");
  munmap(found->second.first, found->second.second);
  maps().erase(found);
}

}  // namespace filigree::emulator
