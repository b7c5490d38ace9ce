// The kernels, compiled for the emulated machine, which is a Hopper one.
#define __CUDA_ARCH_FEAT_SM90_ALL
#include "../../../main/cuda/attention.cu"
#include "../../../main/cuda/embed_layernorm.cu"
#include "../../../main/cuda/fold_norm.cu"
#include "../../../main/cuda/layernorm.cu"
#include "../../../main/cuda/linear_mma.cu"
#include "../../../main/cuda/linear_wgmma.cu"
#include "../../../main/cuda/pool_classify.cu"
#include "../../../main/cuda/quantise.cu"
#include "../../../main/cuda/relayout.cu"
#include "kernels.h"

namespace filigree::emulator {
namespace {

template <class... P, size_t... I>
void call(void (*kernel)(P...), void** parameters, std::index_sequence<I...>) {
  kernel(*static_cast<std::remove_reference_t<P>*>(parameters[I])...);
}
template <class... P>
Kernel wrap(void (*kernel)(P...), bool hopper = false) {
  return {[kernel](void** parameters) { call(kernel, parameters, std::index_sequence_for<P...>()); }, {sizeof(P)...}, hopper};
}

}  // namespace

const std::map<std::string, Kernel>& kernels() {
#define FILIGREE_KERNEL(name) {#name, wrap(name)},
#define FILIGREE_HOPPER_KERNEL(name) {#name, wrap(name, true)},
#define FILIGREE_MMA_KERNELS(NAME, ...) \
  FILIGREE_KERNEL(linear_sparse_##NAME) FILIGREE_KERNEL(linear_dense_##NAME) \
  FILIGREE_KERNEL(linear_int8_sparse_##NAME) FILIGREE_KERNEL(linear_int8_dense_##NAME)
#define FILIGREE_WGMMA_KERNELS(NAME, ...) \
  FILIGREE_HOPPER_KERNEL(linear_sparse_##NAME) FILIGREE_HOPPER_KERNEL(linear_dense_##NAME) \
  FILIGREE_HOPPER_KERNEL(linear_int8_sparse_##NAME) FILIGREE_HOPPER_KERNEL(linear_int8_dense_##NAME)
  static const std::map<std::string, Kernel> all = {
      FILIGREE_MMA_SHAPES(FILIGREE_MMA_KERNELS) FILIGREE_WGMMA_SHAPES(FILIGREE_WGMMA_KERNELS)
      FILIGREE_KERNEL(relayout_sparse) FILIGREE_KERNEL(relayout_dense) FILIGREE_KERNEL(relayout_sparse_int8)
      FILIGREE_KERNEL(relayout_dense_int8) FILIGREE_KERNEL(quantise) FILIGREE_KERNEL(fold_norm)
      FILIGREE_KERNEL(layernorm) FILIGREE_KERNEL(layernorm_partial) FILIGREE_KERNEL(embed_layernorm) FILIGREE_KERNEL(embed_folded)
      FILIGREE_KERNEL(attention_head64) FILIGREE_KERNEL(attention_head32) FILIGREE_KERNEL(attention_wide_head64)
      FILIGREE_KERNEL(attention_wide_head32) FILIGREE_KERNEL(pool_first) FILIGREE_KERNEL(pool_mean) FILIGREE_KERNEL(pool_cls) FILIGREE_KERNEL(classify)};
  return all;
}

}  // namespace filigree::emulator
