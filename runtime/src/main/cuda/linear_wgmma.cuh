// Linear layer on Hopper's warpgroup instructions (sm_90a), with LayerNorm folded in (folded_norm.cuh).
//
// Two warpgroups multiply; thread 0 also feeds the pipeline (tried: a ninth warp for that; it cost a quarter of everybody's
// registers, which then spilled). The layouts were chosen so that a stage is two or three bulk copies of contiguous bytes:
// 128 x 64 blocks of weights with their metadata, and a swizzled tile of tokens.
// A block computes 128 outputs, 64 by each warpgroup.
// A cluster serves one of two ends. With few tokens (1, 1, n): n blocks share the inputs out and add their sums through
// each other's shared memory (pushed with st.async: a pull needs a device-wide fence first), so that enough multiprocessors
// read weights without a second kernel. With many tokens
// (x, y, 1): the blocks multicast weights and tokens to each other, because the level-2 cache cannot feed 132
// multiprocessors with 128 x 128 tiles (6.4 TB/s were reached, and that was the bound).
// Weights and constants do not depend on the kernel before: they are fetched before waiting for it.
//
// Versions and what they won on an H100 (docs/performance-gpu.md): a producer warp of its own spilled registers; thread 0 feeds.
// Sums pulled by ld.shared::cluster need a fence that waits for all of the block's memory accesses; pushed, they need none.
// Residuals loaded before the first store: attention output at 16384 tokens 85 -> 70 us. Multicast: nothing worth having.
#pragma once
#include "epilogue.cuh"
#include "folded_norm.cuh"
#include "linear_shapes.h"
#include "wgmma.cuh"

namespace filigree {

enum FoldedEpilogue : int { kFoldedBias = 0, kFoldedBiasGelu = 1, kFoldedResidual = 2 };

struct FoldedSink {
  const float* bias;       // [rows]; folded_bias where the input is a folded norm
  const float* row_sums;   // [rows], W gamma; null where the input is plain
  const float2* stats;     // of the folded norm that the input (epilogues 0, 1) or the residual (2) is; null: neither
  const __half* residual;  // epilogue 2: a folded norm's activations, with its gamma and beta
  const float *gamma, *beta;
  const float* gamma_out;  // epilogue 2: of the norm that comes next
  __half* y;
  float2* stats_out;  // epilogue 2
  int rows, ld, hidden;
  float epsilon;
  int epilogue;
  int cluster_x, cluster_y;
};

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
template <bool kSparse, int kTokens>
struct LinearWgmma {
  static constexpr LinearShape kShape{"", 128, kTokens, 256, 1, true};
  static constexpr int kStages = kShape.stages(kSparse);
  static constexpr int kStageBytes = kShape.stage_bytes(kSparse);
  static constexpr int kBlockBytes = kSparse ? kSparseBlockBytes : kDenseBlockBytes;
  static constexpr int kTokenBytes = kTokens * 128;
  static constexpr int kM64Bytes = 4 * (kSparse ? kSparseTileBytes : kDenseTileBytes);
  static constexpr int kGroups = kTokens / 8;
  static constexpr bool kReceiveInStages = kShape.receive_bytes() == 0;
  static constexpr int kSumBytes = 8 * kTokens * 8;    // statistics by warp and token, over the stages once they are done with
  static constexpr int kTogether = kGroups < 8 ? kGroups : 8;  // token groups whose residuals are loaded at once
  static_assert(kStages * 16 + 8 <= 128);

  /** What warp 0 needs to fill stages; its lane 0 does. */
  struct Feeder {
    const uint8_t* weights;
    const __half* x;
    int ld;
    uint32_t base, full;
    uint2 size, place;  // of the cluster, and of this block in it
    bool on;

    __device__ __forceinline__ void weights_of(int c) const {
      const uint32_t at = base + c % kStages * kStageBytes + kTokenBytes, barrier = full + c % kStages * 8;
      barrier_arrive_expecting(on, barrier, kStageBytes);
      const uint32_t part = kBlockBytes / size.y;
      const uint8_t* from = weights + size_t(c) * kBlockBytes;
      if (size.y == 1) bulk_copy(on, at, from, kBlockBytes, barrier);
      else bulk_copy_multicast(on, at + place.y * part, from + place.y * part, part, barrier, uint16_t((1 | 1 << size.x) << place.x));
    }
    __device__ __forceinline__ void tokens_of(int c) const {
      const uint32_t at = base + c % kStages * kStageBytes, barrier = full + c % kStages * 8, part = kTokenBytes / size.x;
      const __half* from = x + size_t(c) * ld * 64;
      if (size.x == 1) bulk_copy(on, at, from, kTokenBytes, barrier);
      else bulk_copy_multicast(on, at + place.x * part, from + place.x * part / 2, part, barrier, uint16_t(3 << size.x * place.y));
    }
  };

  /** Tells every block that writes into this one's stages that this warp has read one. */
  static __device__ __forceinline__ void release(uint32_t empty, uint2 size, uint2 place, int lane) {
    const unsigned writers = size.x + size.y - 1;
    if (writers == 1) return barrier_arrive(lane == 0, empty);
    const unsigned other = lane - size.x;  // the blocks of this row, then the others of this column
    const unsigned rank = lane < int(size.x) ? lane + size.x * place.y : place.x + size.x * (other + (other >= place.y));
    const bool on = lane < int(writers);
    barrier_arrive_remote(on, shared_of(empty, on ? rank : 0));
  }

  /** One chunk. `meta` is loaded and read by the products; `before` is that of the chunk before, which this one outlives. */
  static __device__ __forceinline__ void multiply_chunk(float (&acc)[kTokens / 2], const Feeder& feed, int c, int chunks, uint32_t empty,
                                                        int warp, int lane, uint32_t& meta, uint32_t before) {
    const uint32_t tokens = feed.base + c % kStages * kStageBytes, block = tokens + kTokenBytes, a = block + (warp >> 2) * kM64Bytes;
    barrier_wait(feed.full + c % kStages * 8, (c / kStages) & 1);
    if constexpr (kSparse) meta = load_shared(block + 8 * kSparseTileBytes + warp * kSparseTileMetaBytes + lane * 4);
    wgmma_fence();
    if constexpr (kSparse) {
      wgmma_sp<0>(acc, plain_descriptor(a, 128, 512), swizzled_descriptor(tokens), meta);
      wgmma_sp<1>(acc, plain_descriptor(a + 256, 128, 512), swizzled_descriptor(tokens + 64), meta);
    } else {
#pragma unroll
      for (int step = 0; step < 4; ++step)
        wgmma(acc, plain_descriptor(a + step * 256, 128, 1024), swizzled_descriptor(tokens + step * 32));
    }
    wgmma_commit();
    wgmma_wait<1>();
    if constexpr (kSparse) keep_until_here(before, feed.base);
    if (c > 0) {
      const uint32_t freed = empty + (c - 1) % kStages * 8;
      release(freed, feed.size, feed.place, lane);
      if (warp == 0 && c - 1 + kStages < chunks) {
        barrier_wait(freed, (c - 1) / kStages & 1);
        feed.weights_of(c - 1 + kStages);
        feed.tokens_of(c - 1 + kStages);
      }
    }
  }

  static __device__ __forceinline__ void multiply(float (&acc)[kTokens / 2], const Feeder& feed, int chunks, uint32_t empty,
                                                  int warp, int lane) {
    uint32_t even = 0, odd = 0;
#pragma unroll 1
    for (int c = 0; c < chunks; c += 2) {
      multiply_chunk(acc, feed, c, chunks, empty, warp, lane, even, odd);
      if (c + 1 < chunks) multiply_chunk(acc, feed, c + 1, chunks, empty, warp, lane, odd, even);
    }
    wgmma_wait<0>();
    if constexpr (kSparse) keep_until_here(even, feed.base), keep_until_here(odd, feed.base);
  }

  /** A lane's constants: of its two outputs. */
  struct Lane {
    float2 bias, gamma, beta, gamma_out;  // gamma: W gamma where the epilogue is not the residual's

    __device__ __forceinline__ void load(const FoldedSink& s, int f) {
      bias = *reinterpret_cast<const float2*>(s.bias + f);
      if (s.epilogue == kFoldedResidual) {
        gamma = *reinterpret_cast<const float2*>(s.gamma + f), beta = *reinterpret_cast<const float2*>(s.beta + f);
        gamma_out = *reinterpret_cast<const float2*>(s.gamma_out + f);
      } else if (s.row_sums) {
        gamma = *reinterpret_cast<const float2*>(s.row_sums + f);
      }
    }
  };

  /** All loads before the first store: the compiler may not move a load above a store that could alias. */
  static __device__ __forceinline__ void load_residual(__half2 (&residual)[kTogether * 2], const FoldedSink& s, int f, int token, int first,
                                                       unsigned mine, int lane) {
#pragma unroll
    for (int i = 0; i < kTogether * 2; ++i)
      if (mine >> (first + i / 2) & 1)
        residual[i] = *reinterpret_cast<const __half2*>(s.residual + activation_offset(f, token + (first + i / 2) * 8 + (lane & 3) * 2 + i % 2, s.ld));
  }

  /** Every block of the cluster sends its sums to the block that finishes them, and adds what it receives. */
  static __device__ __forceinline__ void exchange(float (&acc)[kTokens / 2], uint32_t slot, uint32_t sums_received, int splits, int rank,
                                                  unsigned mine) {
    if constexpr (kReceiveInStages) cluster_arrive();  // else said at the start: here the stages of all must be done with
    cluster_wait();
    int owner = 0, turn = 0;  // n % splits, n / splits
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
      if (owner != rank)
        store_remote(shared_of(slot + (turn * (splits - 1) + rank - (rank > owner)) * 4096, owner), acc[4 * n], acc[4 * n + 1],
                     acc[4 * n + 2], acc[4 * n + 3], shared_of(sums_received, owner));
      if (++owner == splits) owner = 0, ++turn;
    }
    if (mine != 0) barrier_wait(sums_received, 0);
    turn = 0;
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
      if (!(mine >> n & 1)) continue;
      float4 part[kMaxSplits - 1];
#pragma unroll
      for (int r = 0; r < kShape.max_splits() - 1; ++r)
        if (r < splits - 1) part[r] = load_shared4(slot + (turn * (splits - 1) + r) * 4096);
#pragma unroll
      for (int r = 0; r < kShape.max_splits() - 1; ++r)
        if (r < splits - 1) acc[4 * n] += part[r].x, acc[4 * n + 1] += part[r].y, acc[4 * n + 2] += part[r].z, acc[4 * n + 3] += part[r].w;
      ++turn;
    }
  }

  static __device__ __forceinline__ void run(const uint8_t* weights, const __half* x, const FoldedSink& s, int inputs) {
    FILIGREE_DYNAMIC_SHARED;
    allow_next_kernel();
    const uint2 size = make_uint2(s.cluster_x, s.cluster_y);
    const bool multicast = size.x * size.y > 1;
    const uint32_t base = shared_address(shared), after = base + kStages * kStageBytes;
    const uint32_t received = kReceiveInStages ? base + kSumBytes : after, full = after + kShape.receive_bytes(), empty = full + kStages * 8, sums_received = empty + kStages * 8;
    float2* norms = reinterpret_cast<float2*>(shared + kStages * kStageBytes + kShape.receive_bytes() + 128);
    const int warp = __shfl_sync(0xffffffffu, threadIdx.x >> 5, 0), lane = threadIdx.x & 31;
    const int splits = gridDim.z, rank = blockIdx.z;
    unsigned mine = ~0u;  // token groups this block finishes
    if (splits > 1) {
      mine = 0;
      for (int n = rank; n < kGroups; n += splits) mine |= 1u << n;
    }
    if (threadIdx.x == 0) {
      for (int i = 0; i < kStages; ++i) barrier_init(full + i * 8, 1), barrier_init(empty + i * 8, 8 * (size.x + size.y - 1));
      barrier_init(sums_received, 1);
      barrier_init_fence();
    }
    __syncthreads();
    if (multicast || (splits > 1 && !kReceiveInStages)) cluster_arrive();
    if (multicast) cluster_wait();
    if (splits > 1) barrier_arrive_expecting(threadIdx.x == 0, sums_received, __popc(mine) * (splits - 1) * 4096);

    const int feature = blockIdx.x * 128, token = blockIdx.y * kTokens, all_chunks = inputs / kBlockInputs;
    const int begin = all_chunks * rank / splits, chunks = all_chunks * (rank + 1) / splits - begin;
    const Feeder feed{weights + (size_t(blockIdx.x) * all_chunks + begin) * kBlockBytes, x + (size_t(begin) * s.ld + token) * 64, s.ld,
                      base, full, size, make_uint2(blockIdx.x % size.x, blockIdx.y % size.y), threadIdx.x == 0};
    const int early = chunks < kStages ? chunks : kStages;
    if (warp == 0)
      for (int c = 0; c < early; ++c) feed.weights_of(c);

    // The two outputs of this lane and their constants.
    const int f = feature + (warp & 3) * 32 + (warp >> 2) * 16 + (lane >> 2) * 2;
    const bool exists = f < s.rows;
    Lane own{};
    if (exists) own.load(s, f);
    wait_for_previous_kernel();
    if (warp == 0)
      for (int c = 0; c < early; ++c) feed.tokens_of(c);
    if (threadIdx.x < kTokens)
      norms[threadIdx.x] = s.stats ? norm_of(s.stats, token + threadIdx.x, s.ld, s.hidden, s.epsilon) : make_float2(1.0f, 0.0f);
    __half2 residual[kTogether * 2];
    if (kTogether == kGroups && s.epilogue == kFoldedResidual && exists) load_residual(residual, s, f, token, 0, mine, lane);

    float acc[kTokens / 2] = {};
    multiply(acc, feed, chunks, empty, warp, lane);
    __syncthreads();  // norms are there; stages are free for sums
    if (splits > 1) exchange(acc, received + threadIdx.x * 16, sums_received, splits, rank, mine);

    float2* sums = reinterpret_cast<float2*>(shared);
#pragma unroll
    for (int first = 0; first < kGroups; first += kTogether) {
      if (kTogether != kGroups && s.epilogue == kFoldedResidual && exists) load_residual(residual, s, f, token, first, mine, lane);
#pragma unroll
      for (int n = first; n < first + kTogether; ++n) {
        if (!(mine >> n & 1)) continue;
#pragma unroll
        for (int odd = 0; odd < 2; ++odd) {
          const int t = n * 8 + (lane & 3) * 2 + odd;
          const float2 norm = norms[t];
          float v0 = acc[4 * n + odd], v1 = acc[4 * n + 2 + odd];
          if (s.epilogue == kFoldedResidual) {
            const float2 a = __half22float2(residual[(n - first) * 2 + odd]);
            v0 += own.bias.x + fmaf(norm.x, a.x, fmaf(-norm.y, own.gamma.x, own.beta.x));
            v1 += own.bias.y + fmaf(norm.x, a.y, fmaf(-norm.y, own.gamma.y, own.beta.y));
            float sum = exists ? v0 + v1 : 0.0f, squares = exists ? v0 * v0 + v1 * v1 : 0.0f;
            v0 *= own.gamma_out.x, v1 *= own.gamma_out.y;
#pragma unroll
            for (int d = 4; d < 32; d <<= 1)
              sum += __shfl_xor_sync(0xffffffffu, sum, d), squares += __shfl_xor_sync(0xffffffffu, squares, d);
            if (lane < 4) sums[warp * kTokens + t] = make_float2(sum, squares);
          } else {
            v0 = fmaf(norm.x, v0, fmaf(-norm.y, own.gamma.x, own.bias.x)), v1 = fmaf(norm.x, v1, fmaf(-norm.y, own.gamma.y, own.bias.y));
            if (s.epilogue == kFoldedBiasGelu) v0 = gelu(v0), v1 = gelu(v1);
          }
          if (exists) *reinterpret_cast<__half2*>(s.y + activation_offset(f, token + t, s.ld)) = __floats2half2_rn(v0, v1);
        }
      }
    }
    if (s.epilogue == kFoldedResidual) {
      __syncthreads();
      const int t = threadIdx.x;
      if (t < kTokens && mine >> t / 8 & 1) {
        float2 total = make_float2(0.0f, 0.0f);
#pragma unroll
        for (int w = 0; w < 8; ++w) total.x += sums[w * kTokens + t].x, total.y += sums[w * kTokens + t].y;
        s.stats_out[size_t(blockIdx.x) * s.ld + token + t] = total;
      }
    }
    if (multicast) cluster_arrive(), cluster_wait();  // nobody leaves while others still announce to its barriers
  }
};
#else
/** Elsewhere the entry points exist, so that a fatbin has the same names on every architecture, and trap. */
template <bool kSparse, int kTokens>
struct LinearWgmma {
  static __device__ __forceinline__ void run(const uint8_t*, const __half*, const FoldedSink&, int) { __trap(); }
};
#endif

}  // namespace filigree
