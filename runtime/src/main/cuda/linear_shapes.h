// The tile shapes the linear kernels come in, and the choice among them. Plain C++: hosts read it, kernels are made from it.
#pragma once
#include "layout.h"

namespace filigree {

/** Shared memory of a block is kept under half of a multiprocessor's: a second one, perhaps of the next kernel, fits beside it. */
constexpr int kSharedBudget = 106 * 1024;
constexpr int kInt8SharedBudget = 102 * 1024;
/** What a block of the mma kernels may have: all that sm_86 and sm_89 give. */
constexpr int kMmaSharedBudget = 99 * 1024;
/** Blocks that may share out the inputs of one layer (the portable cluster size). */
constexpr int kMaxSplits = 8;
constexpr int kBarrierBytes = 256;
/** Threads of a wgmma kernel that multiply: two warpgroups. */
constexpr int kMultipliers = 256;
/** With a warp that feeds them; where a tile is large its registers are needed for sums, and the first of the others does it. */
FILIGREE_HD constexpr int wgmma_threads(int rows, int tokens) { return rows * tokens < 128 * 64 ? kMultipliers + 32 : kMultipliers; }
/** Blocks of wgmma kernels that an H100 has room for at once. Grids are no larger: a block goes through its share of the tiles. */
constexpr int kResidentBlocks = 2 * 132;

struct LinearShape {
  const char* name;   // kernel is linear_sparse_<name> or linear_dense_<name>; in int8, linear_int8_sparse_<name> or linear_int8_dense_<name>
  int rows, tokens;   // computed by one thread block
  int threads;
  int warps_k;        // chunks of 64 inputs (int8: 128) in one pipeline stage
  bool wgmma;         // sm_90a only

  FILIGREE_HD constexpr int stage_bytes(bool sparse, bool int8) const {
    return warps_k * (rows / 16 * tile_bytes(sparse, int8) + tokens * kTokenRowBytes);
  }
  FILIGREE_HD constexpr int stages(bool sparse, bool int8) const {
    const int fit = (wgmma ? (int8 ? kInt8SharedBudget : kSharedBudget) - receive_bytes() : kMmaSharedBudget) / stage_bytes(sparse, int8);
    if (wgmma && rows == 64) return fit > 12 ? 12 : fit / 2 * 2;
    return fit > 6 ? 6 : fit < 2 ? 2 : fit;
  }
  FILIGREE_HD constexpr int shared_bytes(bool sparse, bool int8) const {
    return stages(sparse, int8) * stage_bytes(sparse, int8) + (wgmma ? extra_bytes(int8) : 0);
  }
  /** Blocks that may share out the inputs in a cluster; mma kernels leave partial sums and have no limit of their own. */
  FILIGREE_HD constexpr int max_splits() const { return !wgmma ? kMaxSplits : rows == 64 ? 1 : tokens <= 32 ? kMaxSplits : 4; }
  /** Where a wgmma kernel's block receives the sums of the others: at most 7 times 4 KB; 0: in the stages, once all are done. */
  FILIGREE_HD constexpr int receive_bytes() const { return wgmma && rows == 128 && tokens <= 64 ? 28 * 1024 : 0; }
  /** Beside the stages: received sums, barriers, norms of two tiles' tokens, their statistics by warp, and in int8 their scales. */
  FILIGREE_HD constexpr int extra_bytes(bool int8) const { return receive_bytes() + kBarrierBytes + tokens * (int8 ? 88 : 80); }
};

// Kernel entry points of linear_mma.cu, in this order: kWarpsM, kWarpsN, kWarpsK, kNi.
#define FILIGREE_MMA_SHAPES(X) \
  X(32x16, 1, 1, 4, 2)         \
  X(64x32, 2, 1, 4, 4)         \
  X(64x64, 2, 2, 2, 4)         \
  X(128x128, 4, 2, 1, 8)

// Kernel entry points of linear_wgmma.cu: outputs, tokens. With 64 outputs the two warpgroups share the inputs out. Tried and
// dropped: 256 x 128 and 128 x 256, which leave room for one block on a multiprocessor, so that nothing hides their epilogue.
#define FILIGREE_WGMMA_SHAPES(X) \
  X(wg64x32, 64, 32)             \
  X(wg64x64, 64, 64)             \
  X(wg128x16, 128, 16)           \
  X(wg128x32, 128, 32)           \
  X(wg128x64, 128, 64)           \
  X(wg128x128, 128, 128)

#define FILIGREE_MMA_SHAPE(NAME, WM, WN, WK, NI) {#NAME, WM * 32, WN * NI * 8, WM * WN * WK * 32, WK, false},
#define FILIGREE_WGMMA_SHAPE(NAME, ROWS, TOKENS) {#NAME, ROWS, TOKENS, wgmma_threads(ROWS, TOKENS), 1, true},
constexpr LinearShape kLinearShapes[] = {FILIGREE_MMA_SHAPES(FILIGREE_MMA_SHAPE) FILIGREE_WGMMA_SHAPES(FILIGREE_WGMMA_SHAPE)};

}  // namespace filigree
