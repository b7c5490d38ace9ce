// Warpgroup tensor-core instructions of sm_90a, dense and 2:4 sparse, and the barriers and bulk copies that feed them.
// a, b: shared-memory descriptors; d: fp32 sums of fp16 products or s32 sums of s8 ones, d[4 n + j] as in mma's accumulator of token
// group n. A step is 32 bytes of a token: 16 halves (sparse weights: 32, of which half are kept) or 32 codes (sparse: 64).
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

// One instruction for each number of tokens. SUMS registers hold the sums; A, B, M, S are the numbers of the operands after them.
#define FILIGREE_ACC4(C, i) C(d[i]), C(d[i + 1]), C(d[i + 2]), C(d[i + 3])
#define FILIGREE_ACC16(C, i) FILIGREE_ACC4(C, i), FILIGREE_ACC4(C, i + 4), FILIGREE_ACC4(C, i + 8), FILIGREE_ACC4(C, i + 12)
#define FILIGREE_ACC8(C) FILIGREE_ACC4(C, 0), FILIGREE_ACC4(C, 4)
#define FILIGREE_ACC32(C) FILIGREE_ACC16(C, 0), FILIGREE_ACC16(C, 16)
#define FILIGREE_ACC64(C) FILIGREE_ACC32(C), FILIGREE_ACC16(C, 32), FILIGREE_ACC16(C, 48)
#define FILIGREE_FLOAT(x) "+f"(x)
#define FILIGREE_INT(x) "+r"(x)
#define FILIGREE_WGMMA(TOKENS, SUMS, REGISTERS, FLOATS, INTS, A, B, M, S)                                                                \
  template <int kSelector>                                                                                                               \
  __device__ __forceinline__ void wgmma_sp(float (&d)[SUMS], uint64_t a, uint64_t b, uint32_t meta) {                                    \
    asm volatile("wgmma.mma_async.sp.sync.aligned.m64n" TOKENS "k32.f32.f16.f16 {" REGISTERS "}, " A ", " B ", " M ", " S ", 1, 1, 1, 0, 0;" \
                 : FLOATS                                                                                                                \
                 : "l"(a), "l"(b), "r"(meta), "n"(kSelector));                                                                           \
  }                                                                                                                                      \
  __device__ __forceinline__ void wgmma(float (&d)[SUMS], uint64_t a, uint64_t b) {                                                      \
    asm volatile("wgmma.mma_async.sync.aligned.m64n" TOKENS "k16.f32.f16.f16 {" REGISTERS "}, " A ", " B ", 1, 1, 1, 0, 0;"               \
                 : FLOATS                                                                                                                \
                 : "l"(a), "l"(b));                                                                                                      \
  }                                                                                                                                      \
  template <int kSelector>                                                                                                               \
  __device__ __forceinline__ void wgmma_sp(int (&d)[SUMS], uint64_t a, uint64_t b, uint32_t meta) {                                      \
    asm volatile("wgmma.mma_async.sp.sync.aligned.m64n" TOKENS "k64.s32.s8.s8 {" REGISTERS "}, " A ", " B ", " M ", " S ", 1;"            \
                 : INTS                                                                                                                  \
                 : "l"(a), "l"(b), "r"(meta), "n"(kSelector));                                                                           \
  }                                                                                                                                      \
  __device__ __forceinline__ void wgmma(int (&d)[SUMS], uint64_t a, uint64_t b) {                                                        \
    asm volatile("wgmma.mma_async.sync.aligned.m64n" TOKENS "k32.s32.s8.s8 {" REGISTERS "}, " A ", " B ", 1;"                             \
                 : INTS                                                                                                                  \
                 : "l"(a), "l"(b));                                                                                                      \
  }
#define FILIGREE_REGISTERS8 "%0,%1,%2,%3,%4,%5,%6,%7"
#define FILIGREE_REGISTERS16 FILIGREE_REGISTERS8 ",%8,%9,%10,%11,%12,%13,%14,%15"
#define FILIGREE_REGISTERS32 FILIGREE_REGISTERS16 ",%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define FILIGREE_REGISTERS64                                                                    \
  FILIGREE_REGISTERS32 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48," \
                       "%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
FILIGREE_WGMMA("16", 8, FILIGREE_REGISTERS8, FILIGREE_ACC8(FILIGREE_FLOAT), FILIGREE_ACC8(FILIGREE_INT), "%8", "%9", "%10", "%11")
FILIGREE_WGMMA("32", 16, FILIGREE_REGISTERS16, FILIGREE_ACC16(FILIGREE_FLOAT, 0), FILIGREE_ACC16(FILIGREE_INT, 0), "%16", "%17", "%18", "%19")
FILIGREE_WGMMA("64", 32, FILIGREE_REGISTERS32, FILIGREE_ACC32(FILIGREE_FLOAT), FILIGREE_ACC32(FILIGREE_INT), "%32", "%33", "%34", "%35")
FILIGREE_WGMMA("128", 64, FILIGREE_REGISTERS64, FILIGREE_ACC64(FILIGREE_FLOAT), FILIGREE_ACC64(FILIGREE_INT), "%64", "%65", "%66", "%67")

#undef FILIGREE_WGMMA
#undef FILIGREE_REGISTERS64
#undef FILIGREE_REGISTERS32
#undef FILIGREE_REGISTERS16
#undef FILIGREE_REGISTERS8
#undef FILIGREE_INT
#undef FILIGREE_FLOAT
#undef FILIGREE_ACC64
#undef FILIGREE_ACC32
#undef FILIGREE_ACC8
#undef FILIGREE_ACC16
#undef FILIGREE_ACC4

}  // namespace filigree
#endif
