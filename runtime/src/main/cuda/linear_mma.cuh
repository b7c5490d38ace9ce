// Linear layer on warp-level tensor-core instructions (sm_80 and later): y[t][o] = sum_k W[o][k] x[t][k], then an epilogue.
// W is the A operand (2:4 sparse or dense), the tokens are B, so a sparse weight needs half the bytes and half the mma. In int8
// both are codes with scales, sums are s32 and become fp32 in the epilogue; a chunk is 128 inputs instead of 64, byte for byte alike.
//
// A thread block computes kWarpsM * 32 outputs x kWarpsN * kNi * 8 tokens. Its warps also share out the inputs: warp wk takes
// the chunks wk, wk + kWarpsK, ...; their sums meet in shared memory at the end. gridDim.z splits the inputs further
// (epilogue kPartial; layernorm_partial adds the splits). With few tokens that is what lets all multiprocessors read weights.
// Weights do not depend on the kernel before, so their first stages are fetched before waiting for it.
//
// Versions: this is the first. On an H100 the wgmma kernels (linear_wgmma.cuh), which also save the LayerNorm kernels, took
// BERT-base 1 x 128 from about 0.51 to 0.31 ms, so there these serve as a second implementation; tile shapes were tuned there
// only coarsely, and not at all on sm_80 to sm_89. Sparse over dense, alone at 16384 tokens: 1.1 to 1.3 times.
//
// Needs: inputs a multiple of 64 (int8: activations padded to 128 with any codes); rows a multiple of 32; ld at least the tokens rounded up to the block's tokens.
// Dynamic shared memory: LinearShape::shared_bytes.
#pragma once
#include <type_traits>

#include "epilogue.cuh"
#include "linear_shapes.h"

namespace filigree {

template <bool kSparse, bool kInt8, int kWarpsM, int kWarpsN, int kWarpsK, int kNi>
struct LinearMma {
  using Sum = std::conditional_t<kInt8, int, float>;
  static constexpr int kRows = kWarpsM * 32;
  static constexpr int kTokens = kWarpsN * kNi * 8;
  static constexpr int kThreads = 32 * kWarpsM * kWarpsN * kWarpsK;
  static constexpr LinearShape kShape{"", kRows, kTokens, kThreads, kWarpsK, false};
  static constexpr int kTileBytes = tile_bytes(kSparse, kInt8);
  static constexpr int kChunkWeights = kRows / 16 * kTileBytes;  // bytes of one chunk
  static constexpr int kChunkBytes = kChunkWeights + kTokens * kTokenRowBytes;
  static constexpr int kStages = kShape.stages(kSparse, kInt8);

  /** Starts the copy of the weights of one chunk. In shared memory tiles lie as (w, i): pairs of one warp together. */
  static __device__ __forceinline__ void fetch_weights(uint32_t to, const uint8_t* block, int first_w) {
    constexpr int kPieces = kTileBytes / 16;
    for (int n = threadIdx.x; n < kRows / 16 * kPieces; n += kThreads) {
      const int local = n / kPieces, piece = n % kPieces;
      const int tile = (local & 1) * 4 + first_w + (local >> 1);
      const int from = !kSparse ? tile * kDenseTileBytes + piece * 16
                       : piece < 64 ? tile * kSparseTileBytes + piece * 16
                                    : 8 * kSparseTileBytes + tile * tile_meta_bytes(kInt8) + (piece - 64) * 16;
      cp_async16(to + n * 16, block + from);
    }
  }

  static __device__ __forceinline__ void fetch_tokens(uint32_t to, const uint8_t* x) {
    for (int n = threadIdx.x; n < kTokens * 8; n += kThreads) cp_async16(to + n * 16, x + n * 16);
  }

  /** One chunk of products of this warp. */
  static __device__ __forceinline__ void multiply(Sum (&acc)[2][kNi][4], uint32_t weights, uint32_t tokens) {
    const int lane = threadIdx.x & 31;
    // ldmatrix lane l supplies a row address of matrix l / 8: matrices are (rows 0-7, k 0), (rows 8-15, k 0), (0-7, k 1), ...
    const uint32_t a_lane = ((lane >> 3) & 1) * (kSparse ? 512 : 1024) + (lane >> 4) * 128 + (lane & 7) * 16;
    uint32_t meta[2];
#pragma unroll
    for (int step = 0; step < 2; ++step) {
      if constexpr (kSparse)
        if (step == 0 || kInt8)  // in fp16 one word serves both steps
#pragma unroll
          for (int i = 0; i < 2; ++i) meta[i] = load_shared(weights + i * kTileBytes + kSparseTileBytes + step * 128 + lane * 4);
      uint32_t a[kSparse ? 1 : 2][2][4];
#pragma unroll
      for (int part = 0; part < (kSparse ? 1 : 2); ++part)
#pragma unroll
        for (int i = 0; i < 2; ++i)
          ldmatrix_x4(a[part][i], weights + i * kTileBytes + a_lane + (kSparse ? step : step * 2 + part) * 256);
#pragma unroll
      for (int n = 0; n < kNi; ++n) {
        uint32_t b[4];
        const uint32_t row = n * 8 + (lane & 7);
        ldmatrix_x4(b, tokens + row * 128 + (((step * 4 + (lane >> 3)) ^ (lane & 7)) << 4));
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          if constexpr (kSparse && kInt8) {
            mma_sp_16864(acc[i][n], a[0][i], b, meta[i]);
          } else if constexpr (kInt8) {
            mma_16832(acc[i][n], a[0][i], b[0], b[1]);
            mma_16832(acc[i][n], a[1][i], b[2], b[3]);
          } else if constexpr (kSparse) {
            if (step == 0) mma_sp_16832<0>(acc[i][n], a[0][i], b, meta[i]);
            else mma_sp_16832<1>(acc[i][n], a[0][i], b, meta[i]);
          } else {
            mma_16816(acc[i][n], a[0][i], b[0], b[1]);
            mma_16816(acc[i][n], a[1][i], b[2], b[3]);
          }
        }
      }
    }
  }

  static __device__ __forceinline__ void run(const uint8_t* weights, const uint8_t* x, Sink sink, int inputs) {
    FILIGREE_DYNAMIC_SHARED;
    allow_next_kernel();
    const uint32_t base = shared_address(shared);
    const int warp = threadIdx.x >> 5;
    const int wk = warp % kWarpsK, wn = warp / kWarpsK % kWarpsN, wm = warp / (kWarpsK * kWarpsN);
    const int feature = blockIdx.x * kRows, token = blockIdx.y * kTokens;

    const int all_chunks = chunks_of(inputs, kInt8);
    const int begin = all_chunks * blockIdx.z / gridDim.z, end = all_chunks * (blockIdx.z + 1) / gridDim.z;
    const int chunks = end - begin, rounds = (chunks + kWarpsK - 1) / kWarpsK;
    constexpr int kBlockBytes = block_bytes(kSparse, kInt8);
    const uint8_t* w = weights + (size_t(feature / kBlockRows) * all_chunks + begin) * kBlockBytes;
    const int first_w = feature % kBlockRows / 32;
    const uint8_t* tokens = x + (size_t(begin) * sink.ld + token) * kTokenRowBytes;

    auto place = [&](int round, int k) { return base + ((round % kStages) * kWarpsK + k) * kChunkBytes; };
    auto fetch = [&](int round, bool want_weights, bool want_tokens) {
#pragma unroll
      for (int k = 0; k < kWarpsK; ++k) {
        const int chunk = round * kWarpsK + k;
        if (chunk >= chunks) break;
        if (want_weights) fetch_weights(place(round, k), w + size_t(chunk) * kBlockBytes, first_w);
        if (want_tokens) fetch_tokens(place(round, k) + kChunkWeights, tokens + size_t(chunk) * sink.ld * kTokenRowBytes);
      }
    };

#pragma unroll
    for (int s = 0; s < kStages - 1; ++s) fetch(s, true, false);
    wait_for_previous_kernel();
#pragma unroll
    for (int s = 0; s < kStages - 1; ++s) {
      fetch(s, false, true);
      cp_async_commit();
    }

    Sum acc[2][kNi][4] = {};
    for (int round = 0; round < rounds; ++round) {
      cp_async_wait<kStages - 2>();
      __syncthreads();
      fetch(round + kStages - 1, true, true);
      cp_async_commit();
      if (round * kWarpsK + wk < chunks) {
        const uint32_t chunk = place(round, wk);
        multiply(acc, chunk + wm * 2 * kTileBytes, chunk + kChunkWeights + wn * kNi * 8 * kTokenRowBytes);
      }
    }
    cp_async_wait<0>();

    if (gridDim.z > 1) sink.partial += size_t(blockIdx.z) * (sink.rows / 64) * sink.ld * 64;
    const int lane = threadIdx.x & 31;
    float4* meeting = reinterpret_cast<float4*>(shared) + (wm * kWarpsN + wn) * kWarpsK * kNi * 2 * 32 + lane;
    if constexpr (kWarpsK > 1) {  // every warp keeps the token groups n with n % kWarpsK == wk and gives the others away
      __syncthreads();
#pragma unroll
      for (int n = 0; n < kNi; ++n)
        if (n % kWarpsK != wk)
#pragma unroll
          for (int i = 0; i < 2; ++i)
            meeting[((wk * kNi + n) * 2 + i) * 32] =
                make_float4(carried(acc[i][n][0]), carried(acc[i][n][1]), carried(acc[i][n][2]), carried(acc[i][n][3]));
      __syncthreads();
    }
#pragma unroll
    for (int n = 0; n < kNi; ++n) {
      if (n % kWarpsK != wk) continue;
#pragma unroll
      for (int other = 0; other < kWarpsK; ++other) {
        if (other == wk) continue;
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          const float4 v = meeting[((other * kNi + n) * 2 + i) * 32];
          add_carried(acc[i][n][0], v.x), add_carried(acc[i][n][1], v.y), add_carried(acc[i][n][2], v.z), add_carried(acc[i][n][3], v.w);
        }
      }
#pragma unroll
      for (int i = 0; i < 2; ++i) store_tile(sink, feature + wm * 32 + i * 16, token + (wn * kNi + n) * 8, acc[i][n]);
    }
  }
};

}  // namespace filigree
