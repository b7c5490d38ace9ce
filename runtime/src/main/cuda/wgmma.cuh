// Warpgroup tensor-core instructions of sm_90a, dense and 2:4 sparse, and the barriers and bulk copies that feed them.
// a, b: shared-memory descriptors; d: fp32 sums, d[4 n + j] as in mma's accumulator of token group n.
#pragma once
#include <stdint.h>

namespace filigree {

// A shared address has the block's rank in its cluster in the top byte; a descriptor holds bits 4 to 17 alone.
/** Descriptor of an operand at a shared address; strides in bytes between 8-row groups and between 16-byte columns. */
__device__ __forceinline__ uint64_t plain_descriptor(uint32_t at, uint32_t column_stride, uint32_t group_stride) {
  return uint64_t((at & 0x3ffff) >> 4) | uint64_t(column_stride >> 4) << 16 | uint64_t(group_stride >> 4) << 32;
}
/** Descriptor of rows of 128 swizzled bytes, 1024-byte aligned groups of 8 rows; `at` may point 32 or 64 bytes into a row. */
__device__ __forceinline__ uint64_t swizzled_descriptor(uint32_t at) {
  return uint64_t((at & 0x3ffff) >> 4) | uint64_t(1) << 16 | uint64_t(1024 >> 4) << 32 | uint64_t(1) << 62;
}

#ifdef FILIGREE_EMULATED
}  // namespace filigree
#include "../../test/cuda/emulator/wgmma.h"
#else
__device__ __forceinline__ void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int kPending>
__device__ __forceinline__ void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}

__device__ __forceinline__ void barrier_init(uint32_t barrier, uint32_t arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}
__device__ __forceinline__ void barrier_init_fence() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
// These do nothing in threads whose `on` is false. A predicate instead of a branch: beside a branch that diverges the
// assembler serialises wgmma (its warning C7518).
__device__ __forceinline__ void barrier_arrive_expecting(bool on, uint32_t barrier, uint32_t bytes) {
  asm volatile("{\n.reg .pred on;\nsetp.ne.b32 on, %2, 0;\n@on mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;\n}" ::"r"(barrier),
               "r"(bytes), "r"(int(on))
               : "memory");
}
/** Copies a contiguous run of bytes (a multiple of 16) and counts them on the barrier. */
__device__ __forceinline__ void bulk_copy(bool on, uint32_t to, const void* from, uint32_t bytes, uint32_t barrier) {
  asm volatile(
      "{\n.reg .pred on;\nsetp.ne.b32 on, %4, 0;\n"
      "@on cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];\n}" ::"r"(to),
      "l"(from), "r"(bytes), "r"(barrier), "r"(int(on))
      : "memory");
}
__device__ __forceinline__ void barrier_arrive(bool on, uint32_t barrier) {
  asm volatile("{\n.reg .pred on;\nsetp.ne.b32 on, %1, 0;\n@on mbarrier.arrive.shared::cta.b64 _, [%0];\n}" ::"r"(barrier), "r"(int(on))
               : "memory");
}
__device__ __forceinline__ void barrier_wait(uint32_t barrier, uint32_t parity) {
  asm volatile(
      "{\n.reg .pred done;\nagain%=:\nmbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@!done bra again%=;\n}" ::"r"(barrier), "r"(parity) : "memory");
}
/** A barrier for the block's first `threads` threads alone. */
__device__ __forceinline__ void warps_barrier(int threads) { asm volatile("bar.sync 1, %0;" ::"r"(threads) : "memory"); }
// ---- clusters: blocks that run at the same time and read each other's shared memory ----
// Its shape is the grid's z; %cluster_nctaid is 1 only in launches that name a cluster.
/** Says that this thread has come here; orders nothing but barrier_init_fence. By whole warps. */
__device__ __forceinline__ void cluster_arrive() { asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory"); }
__device__ __forceinline__ void cluster_wait() { asm volatile("barrier.cluster.wait.aligned;" ::: "memory"); }
/** The address in the cluster of a place in the shared memory of one of its blocks. */
__device__ __forceinline__ uint32_t shared_of(uint32_t at, uint32_t block) {
  uint32_t r;
  asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(r) : "r"(at), "r"(block));
  return r;
}
/** Sends 16 bytes to another block's shared memory, counted on a barrier there. */
__device__ __forceinline__ void store_remote(uint32_t to, float x, float y, float z, float w, uint32_t barrier) {
  asm volatile("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v4.f32 [%0], {%1,%2,%3,%4}, [%5];" ::"r"(to), "f"(x), "f"(y),
               "f"(z), "f"(w), "r"(barrier)
               : "memory");
}
__device__ __forceinline__ void store_shared4(uint32_t to, float x, float y, float z, float w) {
  asm volatile("st.shared.v4.f32 [%0], {%1,%2,%3,%4};" ::"r"(to), "f"(x), "f"(y), "f"(z), "f"(w) : "memory");
}
__device__ __forceinline__ float4 load_shared4(uint32_t from) {
  float4 v;
  asm volatile("ld.shared.v4.f32 {%0,%1,%2,%3}, [%4];" : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w) : "r"(from) : "memory");
  return v;
}

/**
 * Keeps a metadata word in its register up to here. A running wgmma.sp still reads that register, and the assembler of CUDA
 * 13.0 was seen to load the next word into it before the wait (wrong sums). So after the wait the word is used once more: a
 * store to `anywhere` in shared memory that never happens, because no valid word is all ones.
 */
__device__ __forceinline__ void keep_until_here(uint32_t meta, uint32_t anywhere) {
  asm volatile("{\n.reg .pred never;\nsetp.eq.u32 never, %0, 0xffffffff;\n@never st.shared.b32 [%1], %0;\n}" ::"r"(meta), "r"(anywhere)
               : "memory");
}

#define FILIGREE_ACC4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define FILIGREE_ACC16(i) FILIGREE_ACC4(i), FILIGREE_ACC4(i + 4), FILIGREE_ACC4(i + 8), FILIGREE_ACC4(i + 12)

// 16 tokens
template <int kSelector>
__device__ __forceinline__ void wgmma_sp(float (&d)[8], uint64_t a, uint64_t b, uint32_t meta) {
  asm volatile(
      "wgmma.mma_async.sp.sync.aligned.m64n16k32.f32.f16.f16 {"
      "%0,%1,%2,%3,%4,%5,%6,%7"
      "}, %8, %9, %10, %11, 1, 1, 1, 0, 0;"
      : FILIGREE_ACC4(0), FILIGREE_ACC4(4)
      : "l"(a), "l"(b), "r"(meta), "n"(kSelector));
}
__device__ __forceinline__ void wgmma(float (&d)[8], uint64_t a, uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n16k16.f32.f16.f16 {"
      "%0,%1,%2,%3,%4,%5,%6,%7"
      "}, %8, %9, 1, 1, 1, 0, 0;"
      : FILIGREE_ACC4(0), FILIGREE_ACC4(4)
      : "l"(a), "l"(b));
}

// 32 tokens
template <int kSelector>
__device__ __forceinline__ void wgmma_sp(float (&d)[16], uint64_t a, uint64_t b, uint32_t meta) {
  asm volatile(
      "wgmma.mma_async.sp.sync.aligned.m64n32k32.f32.f16.f16 {"
      "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15"
      "}, %16, %17, %18, %19, 1, 1, 1, 0, 0;"
      : FILIGREE_ACC16(0)
      : "l"(a), "l"(b), "r"(meta), "n"(kSelector));
}
__device__ __forceinline__ void wgmma(float (&d)[16], uint64_t a, uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n32k16.f32.f16.f16 {"
      "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15"
      "}, %16, %17, 1, 1, 1, 0, 0;"
      : FILIGREE_ACC16(0)
      : "l"(a), "l"(b));
}

// 64 tokens
template <int kSelector>
__device__ __forceinline__ void wgmma_sp(float (&d)[32], uint64_t a, uint64_t b, uint32_t meta) {
  asm volatile(
      "wgmma.mma_async.sp.sync.aligned.m64n64k32.f32.f16.f16 {"
      "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
      "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
      "}, %32, %33, %34, %35, 1, 1, 1, 0, 0;"
      : FILIGREE_ACC16(0), FILIGREE_ACC16(16)
      : "l"(a), "l"(b), "r"(meta), "n"(kSelector));
}
__device__ __forceinline__ void wgmma(float (&d)[32], uint64_t a, uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 {"
      "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
      "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
      "}, %32, %33, 1, 1, 1, 0, 0;"
      : FILIGREE_ACC16(0), FILIGREE_ACC16(16)
      : "l"(a), "l"(b));
}

// 128 tokens
template <int kSelector>
__device__ __forceinline__ void wgmma_sp(float (&d)[64], uint64_t a, uint64_t b, uint32_t meta) {
  asm volatile(
      "wgmma.mma_async.sp.sync.aligned.m64n128k32.f32.f16.f16 {"
      "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
      "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31,"
      "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,"
      "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
      "}, %64, %65, %66, %67, 1, 1, 1, 0, 0;"
      : FILIGREE_ACC16(0), FILIGREE_ACC16(16), FILIGREE_ACC16(32), FILIGREE_ACC16(48)
      : "l"(a), "l"(b), "r"(meta), "n"(kSelector));
}
__device__ __forceinline__ void wgmma(float (&d)[64], uint64_t a, uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {"
      "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
      "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31,"
      "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,"
      "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
      "}, %64, %65, 1, 1, 1, 0, 0;"
      : FILIGREE_ACC16(0), FILIGREE_ACC16(16), FILIGREE_ACC16(32), FILIGREE_ACC16(48)
      : "l"(a), "l"(b));
}

#undef FILIGREE_ACC16
#undef FILIGREE_ACC4

}  // namespace filigree
#endif
