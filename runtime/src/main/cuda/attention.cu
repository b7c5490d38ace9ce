// Self-attention over packed variable-length sequences: softmax(Q K^T / sqrt(head)) V, one pass with running maxima
// (Milakov and Gimelshein 2018; Dao 2023, FlashAttention-2), fp16 products, fp32 sums and softmax.
//
// qkv     activations of 3 * hidden features (queries, keys, values); out: activations of hidden features
// starts  int32 [sequences + 1], first token of each sequence
// Grid: (longest sequence / queries of a block rounded up, hidden / 64, sequences). A block works on one 64-feature block: one
// head of 64 (4 warps) or two heads of 32 (8 warps). Because a block of 64 features is contiguous, tiles are copied as they
// lie; rows past the sequence are zeros, and masked. Keys and values are double-buffered.
//
// attention_wide_*  64 queries a block: four warps with 16 queries each share tiles of 64 keys. For many tokens.
// attention_*       16 queries a block: four warps share the keys out (32 each of a tile of 128) and merge their running
//                   sums at the end. Four times the blocks and a quarter of the serial work, for few tokens: at batch 1 x 128
//                   the wide form took about 8 us a layer with 24 blocks.
#include "intrinsics.cuh"
#include "layout.h"
#include "linear_shapes.h"

namespace filigree {

template <int kHead, bool kWide>
struct Attention {
  static constexpr int kQueries = kWide ? 64 : 16;
  static constexpr int kKeys = kWide ? 64 : 128;  // of a tile
  static constexpr int kShares = kWide ? 1 : 4;   // warps that share the keys of a query
  static constexpr int kGroups = kKeys / kShares / 8;
  static constexpr int kThreads = 128 * (64 / kHead);
  static constexpr int kTileBytes = kKeys * 128;
  static constexpr int kOutputs = kHead / 8;
  static constexpr int kShared = kQueries * 128 + 4 * kTileBytes;

  static __device__ __forceinline__ void fetch(uint32_t to, const __half* from, int rows, int valid_rows) {
    for (int n = threadIdx.x; n < rows * 8; n += kThreads) {
      const bool valid = (n >> 3) < valid_rows;
      cp_async16_or_zero(to + n * 16, valid ? from + n * 8 : from, valid);
    }
  }

  static __device__ __forceinline__ void run(const __half* qkv, const int* starts, __half* out, int hidden, int ld) {
    FILIGREE_DYNAMIC_SHARED;
    const uint32_t queries = shared_address(shared), keys = queries + kQueries * 128, values = keys + 2 * kTileBytes;
    const int start = starts[blockIdx.z], length = starts[blockIdx.z + 1] - start;
    const int first_query = blockIdx.x * kQueries;
    if (first_query >= length) return;  // which lets the next kernel start, too
    const int blocks = hidden / 64, lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int row0 = kWide ? (warp & 3) * 16 : 0, share = kWide ? 0 : warp & 3, head_chunk = (warp >> 2) * (kHead / 8);
    const int key0 = share * kGroups * 8;  // this warp's first key of a tile
    const __half* q = qkv + (size_t(blockIdx.y) * ld + start) * 64;
    const __half* k = q + size_t(blocks) * ld * 64;
    const __half* v = k + size_t(blocks) * ld * 64;
    const bool crowded = gridDim.x * gridDim.y * gridDim.z >= kResidentBlocks;
    const int turn = start & 7;  // chunk c of row r of a tile lies at c ^ ((turn + r) & 7); tiles start at multiples of 8

    wait_for_previous_kernel();
    if (!crowded) allow_next_kernel();
    fetch(queries, q + size_t(first_query) * 64, kQueries, length - first_query);
    fetch(keys, k, kKeys, length);
    cp_async_commit();
    fetch(values, v, kKeys, length);
    cp_async_commit();

    const float scale = 1.4426950f * rsqrtf(float(kHead));  // to base 2
    float sums[kOutputs][4] = {};
    float top[2] = {-1e30f, -1e30f}, total[2] = {0.0f, 0.0f};
    uint32_t a[kHead / 16][4];
    const int tiles = (length + kKeys - 1) / kKeys;
    for (int tile = 0; tile < tiles; ++tile) {
      const int base = tile * kKeys, buffer = (tile & 1) * kTileBytes, next = kTileBytes - buffer;
      if (tile + 1 < tiles) fetch(keys + next, k + size_t(base + kKeys) * 64, kKeys, length - base - kKeys);
      cp_async_commit();
      cp_async_wait<2>();
      __syncthreads();
      if (tile == 0)
#pragma unroll
        for (int s = 0; s < kHead / 16; ++s) {
          const int row = row0 + (lane & 15);
          ldmatrix_x4(a[s], queries + row * 128 + (((head_chunk + s * 2 + (lane >> 4)) ^ (turn + row)) & 7) * 16);
        }

      float score[kGroups][4] = {};
#pragma unroll
      for (int s = 0; s < kHead / 32; ++s)
#pragma unroll
        for (int n = 0; n < kGroups; ++n) {
          uint32_t b[4];
          const int row = key0 + n * 8 + (lane & 7);
          ldmatrix_x4(b, keys + buffer + row * 128 + (((head_chunk + s * 4 + (lane >> 3)) ^ (turn + row)) & 7) * 16);
          mma_16816(score[n], a[2 * s], b[0], b[1]);
          mma_16816(score[n], a[2 * s + 1], b[2], b[3]);
        }
      if (tile + 1 < tiles) fetch(values + next, v + size_t(base + kKeys) * 64, kKeys, length - base - kKeys);
      cp_async_commit();
      if (base + kKeys > length)
#pragma unroll
        for (int n = 0; n < kGroups; ++n)
#pragma unroll
          for (int j = 0; j < 4; ++j)
            if (base + key0 + n * 8 + (lane & 3) * 2 + (j & 1) >= length) score[n][j] = -INFINITY;

#pragma unroll
      for (int r = 0; r < 2; ++r) {  // rows lane / 4 and lane / 4 + 8
        float high = top[r];
#pragma unroll
        for (int n = 0; n < kGroups; ++n) high = fmaxf(high, fmaxf(score[n][2 * r], score[n][2 * r + 1]));
        high = fmaxf(high, __shfl_xor_sync(0xffffffffu, high, 1));
        high = fmaxf(high, __shfl_xor_sync(0xffffffffu, high, 2));
        const float shrink = fast_exp2((top[r] - high) * scale), bias = -high * scale;
        top[r] = high, total[r] *= shrink;
#pragma unroll
        for (int n = 0; n < kOutputs; ++n) sums[n][2 * r] *= shrink, sums[n][2 * r + 1] *= shrink;
#pragma unroll
        for (int n = 0; n < kGroups; ++n)
#pragma unroll
          for (int j = 2 * r; j < 2 * r + 2; ++j) {
            score[n][j] = fast_exp2(fmaf(score[n][j], scale, bias));
            total[r] += score[n][j];
          }
      }

      cp_async_wait<2>();
      __syncthreads();
#pragma unroll
      for (int s = 0; s < kGroups / 2; ++s) {  // 16 keys at a time; accumulators become the next A operand as they are
        uint32_t p[4];
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          const __half2 h = __floats2half2_rn(score[2 * s + (j >> 1)][(j & 1) * 2], score[2 * s + (j >> 1)][(j & 1) * 2 + 1]);
          p[j] = reinterpret_cast<const uint32_t&>(h);
        }
#pragma unroll
        for (int n = 0; n < kOutputs; n += 2) {
          uint32_t b[4];
          const int row = key0 + s * 16 + (lane & 15);
          ldmatrix_x4_transposed(b, values + buffer + row * 128 + (((head_chunk + n + (lane >> 4)) ^ (turn + row)) & 7) * 16);
          mma_16816(sums[n], p, b[0], b[1]);
          mma_16816(sums[n + 1], p, b[2], b[3]);
        }
      }
      __syncthreads();
    }
    if (crowded) allow_next_kernel();
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      total[r] += __shfl_xor_sync(0xffffffffu, total[r], 1);
      total[r] += __shfl_xor_sync(0xffffffffu, total[r], 2);
    }
    if constexpr (kShares > 1) merge(shared + (warp >> 2) * kShares * (kOutputs * 512 + 512), share, lane, sums, top, total, scale);

#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int query = first_query + row0 + r * 8 + (lane >> 2);
      if (query >= length) continue;
      const float part = 1.0f / total[r];
#pragma unroll
      for (int n = 0; n < kOutputs; ++n) {
        if (n % kShares != share) continue;
        const int feature = blockIdx.y * 64 + (head_chunk + n) * 8 + (lane & 3) * 2;
        *reinterpret_cast<__half2*>(out + activation_offset(feature, start + query, ld)) =
            __floats2half2_rn(sums[n][2 * r] * part, sums[n][2 * r + 1] * part);
      }
    }
  }

  /** Adds what the warps of one head found for the same queries; warp `share` is left with output groups n % kShares == share. */
  static __device__ __forceinline__ void merge(uint8_t* meeting, int share, int lane, float (&sums)[kOutputs][4], float (&top)[2],
                                               float (&total)[2], float scale) {
    float4* states = reinterpret_cast<float4*>(meeting) + lane;
    float4* parts = states + kShares * 32;
    states[share * 32] = make_float4(top[0], top[1], total[0], total[1]);
#pragma unroll
    for (int n = 0; n < kOutputs; ++n)
      if (n % kShares != share) parts[(share * kOutputs + n) * 32] = make_float4(sums[n][0], sums[n][1], sums[n][2], sums[n][3]);
    __syncthreads();
    float4 state[kShares];
    float high[2] = {-INFINITY, -INFINITY};
#pragma unroll
    for (int w = 0; w < kShares; ++w) {
      state[w] = states[w * 32];
      high[0] = fmaxf(high[0], state[w].x), high[1] = fmaxf(high[1], state[w].y);
    }
    total[0] = total[1] = 0.0f;
    const float own[2] = {fast_exp2((top[0] - high[0]) * scale), fast_exp2((top[1] - high[1]) * scale)};
#pragma unroll
    for (int n = 0; n < kOutputs; ++n) sums[n][0] *= own[0], sums[n][1] *= own[0], sums[n][2] *= own[1], sums[n][3] *= own[1];
#pragma unroll
    for (int w = 0; w < kShares; ++w) {
      const float x = fast_exp2((state[w].x - high[0]) * scale), y = fast_exp2((state[w].y - high[1]) * scale);
      total[0] = fmaf(state[w].z, x, total[0]), total[1] = fmaf(state[w].w, y, total[1]);
      if (w == share) continue;
#pragma unroll
      for (int n = 0; n < kOutputs; ++n) {
        if (n % kShares != share) continue;
        const float4 part = parts[(w * kOutputs + n) * 32];
        sums[n][0] = fmaf(part.x, x, sums[n][0]), sums[n][1] = fmaf(part.y, x, sums[n][1]);
        sums[n][2] = fmaf(part.z, y, sums[n][2]), sums[n][3] = fmaf(part.w, y, sums[n][3]);
      }
    }
  }
};

}  // namespace filigree

// Dynamic shared memory of the four entry points: attention_shared_bytes of launch_plan.h.
#define FILIGREE_ATTENTION(NAME, HEAD, WIDE)                                                                           \
  extern "C" __global__ void __launch_bounds__(128 * (64 / HEAD)) NAME(const __half* qkv, const int* __restrict__ starts, \
                                                                       __half* out, int hidden, int ld) {              \
    filigree::Attention<HEAD, WIDE>::run(qkv, starts, out, hidden, ld);                                                \
  }

FILIGREE_ATTENTION(attention_head64, 64, false)
FILIGREE_ATTENTION(attention_head32, 32, false)
FILIGREE_ATTENTION(attention_wide_head64, 64, true)
FILIGREE_ATTENTION(attention_wide_head32, 32, true)
