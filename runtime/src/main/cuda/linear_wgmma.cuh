// Linear layer on Hopper's warpgroup instructions (sm_90a), with LayerNorm folded in (folded_norm.cuh).
//
// In int8 activations and weights are codes with scales, and sums are s32 until the epilogue: a chunk is 128 inputs instead of 64, byte for
// byte alike, so everything but the instructions and the epilogue is the same. Norms are not folded into the layers that read codes
// (quantise.cu has normalised them), but the residual is a folded norm as in fp16.
//
// Two warpgroups multiply; a ninth warp feeds the pipeline, or the first one where a ninth would leave too few registers. The layouts were chosen so that a stage is two or three bulk copies of
// contiguous bytes: 128 x 64 blocks of weights with their metadata, and a swizzled tile of tokens.
// A block computes 128 outputs, 64 by each warpgroup, or 64 of which each warpgroup adds up half of the inputs. It goes through as
// many tiles as there are for it, the next one's chunks on their way while one is finished.
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
#include <type_traits>

#include "epilogue.cuh"
#include "folded_norm.cuh"
#include "linear_shapes.h"
#include "wgmma.cuh"

namespace filigree {

enum FoldedEpilogue : int { kFoldedBias = 0, kFoldedBiasGelu = 1, kFoldedResidual = 2, kIntegerSums = 3 };

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
  const float* row_scales = nullptr;    // [rows], int8: of the weights
  const float* token_scales = nullptr;  // [ld], int8: of the activations
};

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
template <bool kSparse, bool kInt8, int kRows, int kTokens>
struct LinearWgmma {
  using Sum = std::conditional_t<kInt8, int, float>;
  static constexpr LinearShape kShape{"", kRows, kTokens, wgmma_threads(kRows, kTokens), 1, true};
  static constexpr bool kFeedingWarp = kShape.threads > kMultipliers;
  static constexpr int kShares = 128 / kRows;  // warpgroups that share the inputs of a tile out: each takes every kShares-th chunk
  static constexpr int kChunkWarps = 8 / kShares;  // that multiply one chunk
  static constexpr int kStages = kShape.stages(kSparse, kInt8);
  static constexpr int kStageBytes = kShape.stage_bytes(kSparse, kInt8);
  static constexpr int kBlockBytes = block_bytes(kSparse, kInt8);  // 128 rows in global memory
  static constexpr int kTokenBytes = kTokens * kTokenRowBytes;
  static constexpr int kWeightBytes = kStageBytes - kTokenBytes;
  static constexpr int kM64Bytes = 4 * (kSparse ? kSparseTileBytes : kDenseTileBytes);
  static constexpr int kTileMetaBytes = tile_meta_bytes(kInt8);
  static constexpr int kM64MetaBytes = 4 * kTileMetaBytes;
  static constexpr int kMetaWords = kInt8 ? 2 : 1;  // of a lane and a chunk; in fp16 one serves both of its products
  static constexpr int kGroups = kTokens / 8;
  static constexpr bool kReceiveInStages = kShape.receive_bytes() == 0;        // sums of other blocks
  static constexpr int kTogether = kGroups < 8 ? kGroups : 8;  // token groups whose residuals are loaded at once
  static_assert(kStages % kShares == 0 && kStages * 16 + 8 <= kBarrierBytes && kTokenBytes % 1024 == 0);

  /** Shared memory: the stages' tokens, their weights, and the barriers that say that a stage is full and that it may be filled. */
  struct Ring {
    uint32_t tokens, weights, full, empty;
    __device__ __forceinline__ uint32_t tokens_of(int stage) const { return tokens + stage * kTokenBytes; }
    __device__ __forceinline__ uint32_t weights_of(int stage) const { return weights + stage * kWeightBytes; }
  };

  /** Where a pipeline is: a stage and the parity of its barriers. */
  struct Turn {
    int stage;
    uint32_t parity;
    __device__ __forceinline__ void advance(int by) {
      stage += by;
      if (stage >= kStages) stage -= kStages, parity ^= 1;
    }
  };

  /** The tiles of this block, and the chunks of inputs that it multiplies of each. */
  struct Work {
    int row_blocks, tiles, all_chunks, begin, chunks;
  };

  static __device__ __forceinline__ void fetch_weights(const Ring& ring, int stage, const uint8_t* block, int operand, bool on) {
    const uint32_t to = ring.weights_of(stage), barrier = ring.full + stage * 8;
    barrier_arrive_expecting(on, barrier, kStageBytes);
    if constexpr (kShares == 1) {
      bulk_copy(on, to, block, kBlockBytes, barrier);
    } else {  // one m64 operand, and its metadata, which follows both
      bulk_copy(on, to, block + operand * kM64Bytes, kM64Bytes, barrier);
      if constexpr (kSparse) bulk_copy(on, to + kM64Bytes, block + 2 * kM64Bytes + operand * kM64MetaBytes, kM64MetaBytes, barrier);
    }
  }

  /** Fills stages, chunk after chunk of tile after tile; for one warp. Weights do not wait for the kernel before. */
  static __device__ __forceinline__ void feed(const uint8_t* weights, const uint8_t* x, int ld, const Ring& ring, const Work& w, bool on) {
    int early = 0;
    for (int tile = blockIdx.x; tile < w.tiles && early < kStages; tile += gridDim.x) {
      const int row_block = tile % w.row_blocks;
      const uint8_t* block = weights + (size_t(row_block / kShares) * w.all_chunks + w.begin) * kBlockBytes;
      for (int c = 0; c < w.chunks && early < kStages; ++c, ++early) fetch_weights(ring, early, block + size_t(c) * kBlockBytes, row_block % kShares, on);
    }
    wait_for_previous_kernel();
    int fetched = 0;
    Turn now{0, 1};
#pragma unroll 1
    for (int tile = blockIdx.x; tile < w.tiles; tile += gridDim.x) {
      const int row_block = tile % w.row_blocks, operand = row_block % kShares;
      const uint8_t* block = weights + (size_t(row_block / kShares) * w.all_chunks + w.begin) * kBlockBytes;
      const uint8_t* from = x + (size_t(w.begin) * ld + tile / w.row_blocks * kTokens) * kTokenRowBytes;
#pragma unroll 1
      for (int c = 0; c < w.chunks; ++c, ++fetched, block += kBlockBytes, from += size_t(ld) * kTokenRowBytes) {
        if (fetched >= kStages) barrier_wait(ring.empty + now.stage * 8, now.parity);
        if (fetched >= early) fetch_weights(ring, now.stage, block, operand, on);
        bulk_copy(on, ring.tokens_of(now.stage), from, kTokenBytes, ring.full + now.stage * 8);
        now.advance(1);
      }
    }
  }

  /** What warp 0 still fetches of a tile where no warp of its own feeds. */
  struct Refill {
    const uint8_t *weights, *x;
    size_t step;
    int left;
    bool on;

    __device__ __forceinline__ void go_to(const uint8_t* all_weights, const uint8_t* all_x, const Work& w, int tile) {
      weights = all_weights + (size_t(tile % w.row_blocks) * w.all_chunks + w.begin) * kBlockBytes;
      x = all_x + w.begin * step + tile / w.row_blocks * kTokenBytes;
      left = w.chunks;
    }
    __device__ __forceinline__ void next(const Ring& ring, int stage) {
      fetch_weights(ring, stage, weights, 0, on);
      bulk_copy(on, ring.tokens_of(stage), x, kTokenBytes, ring.full + stage * 8);
      weights += kBlockBytes, x += step, --left;
    }
    // At the start of a tile all stages are free: every warp fetches one chunk.
    __device__ __forceinline__ static Turn own_stage(Turn from, int warp) {
      from.advance(warp);
      return from;
    }
    __device__ __forceinline__ void start_weights(const Ring& ring, const Turn& from, int warp) const {
      if (warp < kStages) fetch_weights(ring, own_stage(from, warp).stage, weights + warp * kBlockBytes, 0, on && warp < left);
    }
    __device__ __forceinline__ void start_tokens(const Ring& ring, const Turn& from, int warp) {
      const int stage = own_stage(from, warp).stage;
      if (warp < kStages) bulk_copy(on && warp < left, ring.tokens_of(stage), x + warp * step, kTokenBytes, ring.full + stage * 8);
      weights += kStages * kBlockBytes, x += kStages * step, left -= kStages;
    }
  };

  static __device__ __forceinline__ void keep(const uint32_t (&meta)[kMetaWords], const Ring& ring) {
#pragma unroll
    for (int word = 0; word < kMetaWords; ++word) keep_until_here(meta[word], ring.tokens);
  }

  /** Products of a chunk. `meta` is loaded and read by them; `before` is that of the chunk before, which this one outlives. */
  static __device__ __forceinline__ void multiply_chunk(Sum (&acc)[kTokens / 2], const Ring& ring, Refill& refill, bool first, Turn& now, Turn& last,
                                                        int warp, int lane, uint32_t (&meta)[kMetaWords], const uint32_t (&before)[kMetaWords]) {
    const uint32_t tokens = ring.tokens_of(now.stage), a = ring.weights_of(now.stage) + (kShares == 1 ? (warp >> 2) * kM64Bytes : 0);
    barrier_wait(ring.full + now.stage * 8, now.parity);
    if constexpr (kSparse) {
      const int in_chunk = warp % kChunkWarps;
#pragma unroll
      for (int word = 0; word < kMetaWords; ++word)
        meta[word] = load_shared(ring.weights_of(now.stage) + kWeightBytes + (in_chunk - kChunkWarps) * kTileMetaBytes + word * 128 + lane * 4);
    }
    wgmma_fence();
    if constexpr (kSparse) {
      wgmma_sp<0>(acc, plain_descriptor(a, 128, 512), swizzled_descriptor(tokens), meta[0]);
      wgmma_sp<kInt8 ? 0 : 1>(acc, plain_descriptor(a + 256, 128, 512), swizzled_descriptor(tokens + 64), meta[kMetaWords - 1]);
    } else {
#pragma unroll
      for (int step = 0; step < 4; ++step)
        wgmma(acc, plain_descriptor(a + step * 256, 128, 1024), swizzled_descriptor(tokens + step * 32));
    }
    wgmma_commit();
    wgmma_wait<1>();
    if constexpr (kSparse) keep(before, ring);
    barrier_arrive(lane == 0 && !first, ring.empty + last.stage * 8);  // the chunk before is done with
    if (!kFeedingWarp && warp == 0 && !first && refill.left > 0) {
      barrier_wait(ring.empty + last.stage * 8, last.parity);
      refill.next(ring, last.stage);
    }
    last = now;
    now.advance(kShares);
  }

  /** Products of `chunks` chunks. */
  static __device__ __forceinline__ void multiply(Sum (&acc)[kTokens / 2], const Ring& ring, Refill& refill, int chunks, Turn& now, int warp, int lane) {
    uint32_t even[kMetaWords] = {}, odd[kMetaWords] = {};
    Turn last = now;
#pragma unroll 1
    for (int c = 0; c < chunks; c += 2) {
      multiply_chunk(acc, ring, refill, c == 0, now, last, warp, lane, even, odd);
      if (c + 1 < chunks) multiply_chunk(acc, ring, refill, false, now, last, warp, lane, odd, even);
    }
    wgmma_wait<0>();
    if constexpr (kSparse) keep(even, ring), keep(odd, ring);
    barrier_arrive(lane == 0 && chunks > 0, ring.empty + last.stage * 8);
  }

  /** A lane's constants: of its two outputs. */
  struct Lane {
    float2 bias, gamma, beta, gamma_out;  // gamma: W gamma where the epilogue is not the residual's
    float2 scale;                         // int8

    __device__ __forceinline__ void load(const FoldedSink& s, int f) {
      if constexpr (kInt8) scale = *reinterpret_cast<const float2*>(s.row_scales + f);
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

  /** The s32 sums as they are, [features / 64][ld][64]: what a check compares with plain integer sums. */
  static __device__ __forceinline__ void store_sums(const Sum (&acc)[kTokens / 2], int* to, int f, int token, int ld, unsigned mine) {
#pragma unroll
    for (int n = 0; n < kGroups; ++n)
      if (mine >> n & 1)
#pragma unroll
        for (int i = 0; i < 2; ++i)
          *reinterpret_cast<int2*>(to + partial_offset(f, token + n * 8 + i, ld)) = make_int2(int(acc[4 * n + i]), int(acc[4 * n + 2 + i]));
  }

  /** From sums to y. `even` and `odd` are the offsets of the lane's outputs for tokens 2 t and 2 t + 1 of group 0. */
  template <int kEpilogue>
  static __device__ __forceinline__ void finish(Sum (&acc)[kTokens / 2], const FoldedSink& s, const Lane& own, const float2* norms,
                                                const float* scales, size_t even, size_t odd, bool exists, unsigned mine, __half2 (&residual)[kTogether * 2],
                                                float2* sums, int warp, int lane) {
#pragma unroll
    for (int first = 0; first < kGroups; first += kTogether) {
      if (kEpilogue == kFoldedResidual && kTogether != kGroups && exists) load_residual(residual, s.residual + even, s.residual + odd, first, mine);
#pragma unroll
      for (int n = first; n < first + kTogether; ++n) {
        if (!(mine >> n & 1)) continue;
        const int t = n * 8 + (lane & 3) * 2;
        const float4 both = *reinterpret_cast<const float4*>(norms + t);
        float2 scale = make_float2(1.0f, 1.0f);
        if constexpr (kInt8) scale = *reinterpret_cast<const float2*>(scales + t);
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          const float r = i ? both.z : both.x, mr = i ? both.w : both.y;
          float v0 = acc[4 * n + i], v1 = acc[4 * n + 2 + i];
          if constexpr (kInt8) v0 *= own.scale.x * (i ? scale.y : scale.x), v1 *= own.scale.y * (i ? scale.y : scale.x);
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
          } else if constexpr (kInt8) {
            v0 += own.bias.x, v1 += own.bias.y;
            if constexpr (kEpilogue == kFoldedBiasGelu) gelu(v0, v1);
          } else {
            v0 = fmaf(r, v0, fmaf(-mr, own.gamma.x, own.bias.x)), v1 = fmaf(r, v1, fmaf(-mr, own.gamma.y, own.bias.y));
            if constexpr (kEpilogue == kFoldedBiasGelu) gelu(v0, v1);
          }
          if (exists) *reinterpret_cast<__half2*>(s.y + (i ? odd : even) + n * 512) = __floats2half2_rn(v0, v1);
        }
      }
    }
  }

  static __device__ __forceinline__ void add_four(Sum (&acc)[kTokens / 2], int n, float4 part) {
    add_carried(acc[4 * n], part.x), add_carried(acc[4 * n + 1], part.y);
    add_carried(acc[4 * n + 2], part.z), add_carried(acc[4 * n + 3], part.w);
  }

  /** Every block of the cluster sends its sums to the block that finishes them, and adds what it receives. */
  static __device__ __forceinline__ void exchange(Sum (&acc)[kTokens / 2], uint32_t slot, uint32_t sums_received, int splits, int rank,
                                                  unsigned mine) {
    if constexpr (kReceiveInStages) cluster_arrive();  // else said at the start: here the stages of all must be done with
    cluster_wait();
    int owner = 0, turn = 0;  // n % splits, n / splits
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
      if (owner != rank)
        store_remote(shared_of(slot + (turn * (splits - 1) + rank - (rank > owner)) * 4096, owner), carried(acc[4 * n]), carried(acc[4 * n + 1]),
                     carried(acc[4 * n + 2]), carried(acc[4 * n + 3]), shared_of(sums_received, owner));
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
        if (r < splits - 1) add_four(acc, n, part[r]);
      ++turn;
    }
  }

  /** The same between two warpgroups that shared the inputs out: each finishes every other token group. */
  static __device__ __forceinline__ void exchange_shares(Sum (&acc)[kTokens / 2], uint32_t slot, int share) {
#pragma unroll
    for (int n = 0; n < kGroups; ++n)
      if (n % 2 != share) store_shared4(slot + n * 2048, carried(acc[4 * n]), carried(acc[4 * n + 1]), carried(acc[4 * n + 2]), carried(acc[4 * n + 3]));
    warps_barrier(kMultipliers);
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
      if (n % 2 != share) continue;
      add_four(acc, n, load_shared4(slot + n * 2048));
    }
  }

  static __device__ __forceinline__ void run(const uint8_t* weights, const uint8_t* x, const FoldedSink& s, int inputs, int tokens) {
    FILIGREE_DYNAMIC_SHARED;
    constexpr int kStagesBytes = kStages * kStageBytes;
    const uint32_t base = shared_address(shared), received = base + (kReceiveInStages ? 0 : kStagesBytes);
    const uint32_t full = base + kStagesBytes + kShape.receive_bytes(), sums_received = full + kStages * 16;
    const Ring ring{base, base + kStages * kTokenBytes, full, full + kStages * 8};
    float2* const norms = reinterpret_cast<float2*>(shared + kStagesBytes + kShape.receive_bytes() + kBarrierBytes);
    float2* const sums = norms + 2 * kTokens;  // after the norms of two tiles
    float* const scales = reinterpret_cast<float*>(sums + 8 * kTokens);
    const int warp = __shfl_sync(0xffffffffu, threadIdx.x >> 5, 0), lane = threadIdx.x & 31;
    const int splits = gridDim.z, rank = blockIdx.z, share = kShares == 1 ? 0 : warp >> 2;
    unsigned mine = kShares == 1 ? ~0u : 0x55555555u << share;  // token groups this warpgroup finishes
    if (kShares == 1 && splits > 1) {
      mine = 0;
      for (int n = rank; n < kGroups; n += splits) mine |= 1u << n;
    }
    if (threadIdx.x < kStages) barrier_init(ring.full + threadIdx.x * 8, 1), barrier_init(ring.empty + threadIdx.x * 8, kChunkWarps);
    if (threadIdx.x == kStages) barrier_init(sums_received, 1);
    if (threadIdx.x <= kStages) barrier_init_fence();
    __syncthreads();
    if (splits > 1 && !kReceiveInStages) cluster_arrive();
    const int row_blocks = (s.rows + 127) / 128 * kShares, all_chunks = chunks_of(inputs, kInt8), begin = all_chunks * rank / splits;
    const Work work{row_blocks, row_blocks * ((tokens + kTokens - 1) / kTokens), all_chunks, begin, all_chunks * (rank + 1) / splits - begin};
    if (kFeedingWarp && warp == kMultipliers / 32) {
      feed(weights, x, s.ld, ring, work, lane == 0);
      if (splits > 1 && kReceiveInStages) cluster_arrive();
      if (splits > 1) cluster_wait();
      return;
    }
    if (splits > 1) barrier_arrive_expecting(threadIdx.x == 0, sums_received, __popc(mine) * (splits - 1) * 4096);

    const int chunks = (work.chunks - share + kShares - 1) / kShares, t = threadIdx.x;
    Turn now{share, 0};
    Refill refill;
    refill.step = size_t(s.ld) * kTokenRowBytes, refill.on = lane == 0;
    if (!kFeedingWarp) {
      refill.go_to(weights, x, work, blockIdx.x);
      refill.start_weights(ring, now, warp);
    }
    int parity = 0;
    bool waited = false;
    const bool crowded = gridDim.x * splits >= kResidentBlocks;
#pragma unroll 1
    for (int tile = blockIdx.x; tile < work.tiles; tile += gridDim.x, parity ^= 1) {
      // The two outputs of this lane, their constants, and where they go: tokens 8 n + 2 t (+ 1) of group n are 512 halves n on.
      const int row_block = tile % row_blocks, token = tile / row_blocks * kTokens;
      const int operand = kShares == 1 ? row_block * 2 + (warp >> 2) : row_block;  // of 64 rows
      const int f = (operand >> 1) * 128 + (warp & 3) * 32 + (operand & 1) * 16 + (lane >> 2) * 2;
      const bool exists = f < s.rows;
      const size_t even = activation_offset(f, token + (lane & 3) * 2, s.ld), odd = activation_offset(f, token + (lane & 3) * 2 + 1, s.ld);
      Lane own{};
      if (exists) own.load(s, f);
      if (!waited) {
        wait_for_previous_kernel();
        if (!kFeedingWarp) refill.start_tokens(ring, now, warp);
        if (!crowded) allow_next_kernel();
        waited = true;
      }
      float2* const tile_norms = norms + parity * kTokens;
      const int in_tile = kFeedingWarp ? t : t - 128;  // not by a warp that feeds
      if (in_tile >= 0 && in_tile < kTokens)
        tile_norms[in_tile] = s.stats ? norm_of(s.stats, token + in_tile, s.ld, s.hidden, s.epsilon) : make_float2(1.0f, 0.0f);
      float* const tile_scales = scales + parity * kTokens;
      if constexpr (kInt8)
        if (in_tile >= 0 && in_tile < kTokens) tile_scales[in_tile] = s.token_scales[token + in_tile];
      __half2 residual[kTogether * 2];
      if (kTogether == kGroups && s.epilogue == kFoldedResidual && exists)
        load_residual(residual, s.residual + even, s.residual + odd, 0, mine);

      Sum acc[kTokens / 2] = {};
      multiply(acc, ring, refill, chunks, now, warp, lane);
      const int next = tile + gridDim.x;
      if (crowded && next >= work.tiles) allow_next_kernel();
      warps_barrier(kMultipliers);  // norms are there; sums of the tile before, and stages where inputs were shared out, are free
      if (!kFeedingWarp && next < work.tiles) {
        refill.go_to(weights, x, work, next);
        refill.start_weights(ring, now, warp);
        refill.start_tokens(ring, now, warp);
      }
      if (kShares > 1) exchange_shares(acc, base + (t & 127) * 16, share);
      else if (splits > 1) exchange(acc, received + t * 16, sums_received, splits, rank, mine);

      if (kInt8 && s.epilogue == kIntegerSums) {
        if (exists) store_sums(acc, reinterpret_cast<int*>(s.y), f, token + (lane & 3) * 2, s.ld, mine);
      } else if (s.epilogue == kFoldedBias) {
        finish<kFoldedBias>(acc, s, own, tile_norms, tile_scales, even, odd, exists, mine, residual, sums, warp, lane);
      } else if (s.epilogue == kFoldedBiasGelu) {
        finish<kFoldedBiasGelu>(acc, s, own, tile_norms, tile_scales, even, odd, exists, mine, residual, sums, warp, lane);
      } else {
        finish<kFoldedResidual>(acc, s, own, tile_norms, tile_scales, even, odd, exists, mine, residual, sums, warp, lane);
        warps_barrier(kMultipliers);
        // Statistics of 64 rows: of the four warps of an operand, or of those that finished this token.
        const int of = t % kTokens, first = kShares == 1 ? t / kTokens * 4 : (of >> 3 & 1) * 4;
        if (t < kTokens * 2 / kShares && (kShares > 1 || mine >> of / 8 & 1)) {
          float2 total = make_float2(0.0f, 0.0f);
#pragma unroll
          for (int w = first; w < first + 4; ++w) total.x += sums[w * kTokens + of].x, total.y += sums[w * kTokens + of].y;
          s.stats_out[size_t(kShares == 1 ? row_block * 2 + first / 4 : row_block) * s.ld + token + of] = total;
        }
      }
    }
  }
};
#else
/** Elsewhere the entry points exist, so that a fatbin has the same names on every architecture, and trap. */
template <bool kSparse, bool kInt8, int kRows, int kTokens>
struct LinearWgmma {
  static __device__ __forceinline__ void run(const uint8_t*, const uint8_t*, const FoldedSink&, int, int) { __trap(); }
};
#endif

}  // namespace filigree
