// Linear layer on Hopper's warpgroup instructions (sm_90a), with LayerNorm folded in (folded_norm.cuh).
//
// Two warpgroups multiply; thread 0 also feeds the pipeline (tried: a ninth warp for that; it cost a quarter of everybody's
// registers, which then spilled). The layouts were chosen so that a stage is two or three bulk copies of contiguous bytes:
// 128 x 64 blocks of weights with their metadata, and a swizzled tile of tokens.
// A block computes 128 outputs, 64 by each warpgroup.
// With few tokens a cluster of n blocks shares the inputs out; they add their sums through each other's shared memory, so that
// enough multiprocessors read weights without a second kernel.
// Weights and constants do not depend on the kernel before: they are fetched before waiting for it.
//
// Versions and what they won on an H100 (docs/performance-gpu.md): a producer warp of its own spilled registers; thread 0 feeds.
// Sums pulled by ld.shared::cluster need a fence that waits for all of the block's memory accesses; pushed, they need none.
// Residuals loaded before the first store: attention output at 16384 tokens 85 -> 70 us. Blocks that multicast weights and
// tokens to each other: nothing, and the address arithmetic of it held up the feeding warp. The next kernel allowed to start
// when the products are done, not at once: BERT-base 8 x 128 from 0.79 to 0.74 ms, because blocks are spread more evenly.
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

  /** Fills stages with one 64-input chunk after the other; called by the whole of warp 0, done by its lane 0. */
  struct Feeder {
    const uint8_t* weights;
    const __half* x;
    size_t token_step;
    uint32_t base, full;
    bool on;

    __device__ __forceinline__ void next_weights(int stage) {
      barrier_arrive_expecting(on, full + stage * 8, kStageBytes);
      bulk_copy(on, base + stage * kStageBytes + kTokenBytes, weights, kBlockBytes, full + stage * 8);
      weights += kBlockBytes;
    }
    __device__ __forceinline__ void next_tokens(int stage) {
      bulk_copy(on, base + stage * kStageBytes, x, kTokenBytes, full + stage * 8);
      x += token_step;
    }
  };

  /** Where the pipeline is: a stage and the parity of its barriers. */
  struct Turn {
    int stage;
    uint32_t parity;
    __device__ __forceinline__ void advance() {
      if (++stage == kStages) stage = 0, parity ^= 1;
    }
  };

  /** Products of chunk c. `meta` is loaded and read by them; `before` is that of the chunk before, which this one outlives. */
  static __device__ __forceinline__ void multiply_chunk(float (&acc)[kTokens / 2], Feeder& feed, int c, int chunks, Turn& now, Turn& last,
                                                        uint32_t empty, int warp, int lane, uint32_t& meta, uint32_t before) {
    const uint32_t tokens = feed.base + now.stage * kStageBytes, block = tokens + kTokenBytes, a = block + (warp >> 2) * kM64Bytes;
    barrier_wait(feed.full + now.stage * 8, now.parity);
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
    if (c > 0) {  // the chunk before is done with
      barrier_arrive(lane == 0, empty + last.stage * 8);
      if (warp == 0 && c - 1 + kStages < chunks) {
        barrier_wait(empty + last.stage * 8, last.parity);
        feed.next_weights(last.stage);
        feed.next_tokens(last.stage);
      }
    }
    last = now;
    now.advance();
  }

  static __device__ __forceinline__ void multiply(float (&acc)[kTokens / 2], Feeder& feed, int chunks, uint32_t empty, int warp, int lane) {
    uint32_t even = 0, odd = 0;
    Turn now{0, 0}, last{0, 0};
#pragma unroll 1
    for (int c = 0; c < chunks; c += 2) {
      multiply_chunk(acc, feed, c, chunks, now, last, empty, warp, lane, even, odd);
      if (c + 1 < chunks) multiply_chunk(acc, feed, c + 1, chunks, now, last, empty, warp, lane, odd, even);
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
  static __device__ __forceinline__ void load_residual(__half2 (&residual)[kTogether * 2], const __half* even, const __half* odd, int first,
                                                       unsigned mine) {
#pragma unroll
    for (int i = 0; i < kTogether; ++i)
      if (mine >> (first + i) & 1) {
        residual[2 * i] = *reinterpret_cast<const __half2*>(even + (first + i) * 512);
        residual[2 * i + 1] = *reinterpret_cast<const __half2*>(odd + (first + i) * 512);
      }
  }

  /** From sums to y. `even` and `odd` are the offsets of the lane's outputs for tokens 2 t and 2 t + 1 of group 0. */
  template <int kEpilogue>
  static __device__ __forceinline__ void finish(float (&acc)[kTokens / 2], const FoldedSink& s, const Lane& own, const float2* norms,
                                                size_t even, size_t odd, bool exists, unsigned mine, __half2 (&residual)[kTogether * 2],
                                                float2* sums, int warp, int lane) {
#pragma unroll
    for (int first = 0; first < kGroups; first += kTogether) {
      if (kEpilogue == kFoldedResidual && kTogether != kGroups && exists) load_residual(residual, s.residual + even, s.residual + odd, first, mine);
#pragma unroll
      for (int n = first; n < first + kTogether; ++n) {
        if (!(mine >> n & 1)) continue;
        const int t = n * 8 + (lane & 3) * 2;
        const float4 both = *reinterpret_cast<const float4*>(norms + t);
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          const float r = i ? both.z : both.x, mr = i ? both.w : both.y;
          float v0 = acc[4 * n + i], v1 = acc[4 * n + 2 + i];
          if constexpr (kEpilogue == kFoldedResidual) {
            const float2 a = __half22float2(residual[(n - first) * 2 + i]);
            v0 += own.bias.x + fmaf(r, a.x, fmaf(-mr, own.gamma.x, own.beta.x));
            v1 += own.bias.y + fmaf(r, a.y, fmaf(-mr, own.gamma.y, own.beta.y));
            float sum = exists ? v0 + v1 : 0.0f, squares = exists ? v0 * v0 + v1 * v1 : 0.0f;
            v0 *= own.gamma_out.x, v1 *= own.gamma_out.y;
#pragma unroll
            for (int d = 4; d < 32; d <<= 1)
              sum += __shfl_xor_sync(0xffffffffu, sum, d), squares += __shfl_xor_sync(0xffffffffu, squares, d);
            if (lane < 4) sums[warp * kTokens + t + i] = make_float2(sum, squares);
          } else {
            v0 = fmaf(r, v0, fmaf(-mr, own.gamma.x, own.bias.x)), v1 = fmaf(r, v1, fmaf(-mr, own.gamma.y, own.bias.y));
            if constexpr (kEpilogue == kFoldedBiasGelu) v0 = gelu(v0), v1 = gelu(v1);
          }
          if (exists) *reinterpret_cast<__half2*>(s.y + (i ? odd : even) + n * 512) = __floats2half2_rn(v0, v1);
        }
      }
    }
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
    const uint32_t base = shared_address(shared), after = base + kStages * kStageBytes;
    const uint32_t received = kReceiveInStages ? base + kSumBytes : after, full = after + kShape.receive_bytes();
    const uint32_t empty = full + kStages * 8, sums_received = empty + kStages * 8;
    float2* norms = reinterpret_cast<float2*>(shared + kStages * kStageBytes + kShape.receive_bytes() + 128);
    const int warp = __shfl_sync(0xffffffffu, threadIdx.x >> 5, 0), lane = threadIdx.x & 31;
    const int splits = gridDim.z, rank = blockIdx.z;
    unsigned mine = ~0u;  // token groups this block finishes
    if (splits > 1) {
      mine = 0;
      for (int n = rank; n < kGroups; n += splits) mine |= 1u << n;
    }
    if (threadIdx.x == 0) {
      for (int i = 0; i < kStages; ++i) barrier_init(full + i * 8, 1), barrier_init(empty + i * 8, 8);
      barrier_init(sums_received, 1);
      barrier_init_fence();
    }
    __syncthreads();
    if (splits > 1 && !kReceiveInStages) cluster_arrive();
    if (splits > 1) barrier_arrive_expecting(threadIdx.x == 0, sums_received, __popc(mine) * (splits - 1) * 4096);

    const int feature = blockIdx.x * 128, token = blockIdx.y * kTokens, all_chunks = inputs / kBlockInputs;
    const int begin = all_chunks * rank / splits, chunks = all_chunks * (rank + 1) / splits - begin;
    Feeder feed{weights + (size_t(blockIdx.x) * all_chunks + begin) * kBlockBytes, x + (size_t(begin) * s.ld + token) * 64,
                size_t(s.ld) * 64, base, full, threadIdx.x == 0};
    const int early = chunks < kStages ? chunks : kStages;
    if (warp == 0)
      for (int c = 0; c < early; ++c) feed.next_weights(c);

    // The two outputs of this lane, their constants, and where they go: tokens 8 n + 2 t (+ 1) of group n are 512 halves n on.
    const int f = feature + (warp & 3) * 32 + (warp >> 2) * 16 + (lane >> 2) * 2;
    const bool exists = f < s.rows;
    const size_t even = activation_offset(f, token + (lane & 3) * 2, s.ld), odd = activation_offset(f, token + (lane & 3) * 2 + 1, s.ld);
    Lane own{};
    if (exists) own.load(s, f);
    wait_for_previous_kernel();
    if (warp == 0)
      for (int c = 0; c < early; ++c) feed.next_tokens(c);
    if (threadIdx.x < kTokens)
      norms[threadIdx.x] = s.stats ? norm_of(s.stats, token + threadIdx.x, s.ld, s.hidden, s.epsilon) : make_float2(1.0f, 0.0f);
    __half2 residual[kTogether * 2];
    if (kTogether == kGroups && s.epilogue == kFoldedResidual && exists) load_residual(residual, s.residual + even, s.residual + odd, 0, mine);

    float acc[kTokens / 2] = {};
    multiply(acc, feed, chunks, empty, warp, lane);
    allow_next_kernel();
    __syncthreads();  // norms are there; stages are free for sums
    if (splits > 1) exchange(acc, received + threadIdx.x * 16, sums_received, splits, rank, mine);

    float2* sums = reinterpret_cast<float2*>(shared);
    if (s.epilogue == kFoldedBias) {
      finish<kFoldedBias>(acc, s, own, norms, even, odd, exists, mine, residual, sums, warp, lane);
    } else if (s.epilogue == kFoldedBiasGelu) {
      finish<kFoldedBiasGelu>(acc, s, own, norms, even, odd, exists, mine, residual, sums, warp, lane);
    } else {
      finish<kFoldedResidual>(acc, s, own, norms, even, odd, exists, mine, residual, sums, warp, lane);
      __syncthreads();
      const int t = threadIdx.x;
      if (t < kTokens && mine >> t / 8 & 1) {
        float2 total = make_float2(0.0f, 0.0f);
#pragma unroll
        for (int w = 0; w < 8; ++w) total.x += sums[w * kTokens + t].x, total.y += sums[w * kTokens + t].y;
        s.stats_out[size_t(blockIdx.x) * s.ld + token + t] = total;
      }
    }
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
