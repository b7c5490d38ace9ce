// Which kernels and tile shapes a bucket of tokens gets, for hosts. Plain C++, no CUDA types.
#pragma once
#include <cstring>
#include <initializer_list>

#include "linear_shapes.h"

namespace filigree {

struct LinearPlan {
  const LinearShape* shape;
  int splits = 1;  // blocks that share out the inputs: mma kernels leave partial sums, wgmma kernels add them in a cluster
};

/** First dimension of a wgmma kernel's grid; the third, and the cluster's, is the plan's splits. Clusters and blocks that share inputs out take one tile. */
inline unsigned wgmma_blocks(const LinearPlan& plan, int tiles) {
  return plan.splits == 1 && plan.shape->rows == 128 && tiles > kResidentBlocks ? kResidentBlocks : tiles;
}

inline const LinearShape* linear_shape(const char* name) {
  for (const LinearShape& s : kLinearShapes)
    if (std::strcmp(s.name, name) == 0) return &s;
  return nullptr;
}

/** Tokens from one row of a buffer to the next: the next multiple of the largest tile that a bucket of this size uses. */
inline int padded_tokens(int tokens) {
  const int unit = tokens > 512 ? 256 : tokens > 64 ? 128 : tokens > 32 ? 64 : tokens > 16 ? 32 : 16;
  return (tokens + unit - 1) / unit * unit;
}

/** mma kernels, any architecture. `may_split`: the results go to layernorm_partial, which can add partial sums. */
inline LinearPlan plan_mma(int rows, int inputs, int tokens, bool may_split) {
  const int ld = padded_tokens(tokens);
  const LinearShape* shape = linear_shape(ld <= 64 ? "32x16" : ld <= 128 ? "64x32" : ld <= 512 ? "64x64" : "128x128");
  const int blocks = (rows + shape->rows - 1) / shape->rows * (ld / shape->tokens);
  int splits = 1;
  while (may_split && splits < kMaxSplits && blocks * splits < 96 && inputs / kBlockInputs / (splits + 1) >= shape->warps_k) ++splits;
  return {shape, splits};
}

/** Up to 32 tokens: many splits, so that about one block for each multiprocessor of an H100 reads weights. */
inline LinearPlan plan_few_tokens(int row_blocks, int chunks, int ld) {
  for (const char* name : {"wg128x32", "wg128x16"}) {
    const LinearShape* shape = linear_shape(name);
    if (ld % shape->tokens != 0) continue;
    const int blocks = row_blocks * (ld / shape->tokens), worth = shape->tokens == 32 ? (chunks + 4) / 4 : chunks <= 6 ? 3 : chunks / 3;
    const int most = worth < shape->max_splits() ? worth : shape->max_splits(), fit = 110 / blocks;
    const int splits = fit < 1 ? 1 : fit < most ? fit : most;
    if (blocks * splits >= 80 || shape->tokens == 16) return {shape, splits};
  }
  return {linear_shape("wg128x16"), 1};  // not reached: padded_tokens gives multiples of 16
}

/** `name`, with as many splits, up to `most`, as leave no more than `room` blocks. */
inline LinearPlan plan_splits(const char* name, int row_blocks, int ld, int most, int room) {
  const LinearShape* shape = linear_shape(name);
  const int fit = room / (row_blocks * (ld / shape->tokens)), limit = most < shape->max_splits() ? most : shape->max_splits();
  return {shape, fit < 1 ? 1 : fit < limit ? fit : limit};
}

/** wgmma kernels with folded norms, sm_90: a rule through what bench.cpp --tune-passes found, kernels alone say little. */
inline LinearPlan plan_wgmma(int rows, int inputs, int tokens) {
  const int ld = padded_tokens(tokens), row_blocks = padded_rows(rows) / kBlockRows, chunks = inputs / kBlockInputs;
  if (ld <= 32) return plan_few_tokens(row_blocks, chunks, ld);
  const int squares = row_blocks * ld / 128;  // tiles of 128 x 128
  if (squares >= 140) return {linear_shape("wg128x128")};
  if (chunks >= 16) {  // long sums are shared out
    if (squares >= (chunks >= 36 ? 24 : 60)) return plan_splits("wg128x64", row_blocks, ld, chunks / 12, 200);
    return plan_splits("wg128x32", row_blocks, ld, chunks / 6, ld <= 128 ? 132 : 200);
  }
  if (squares >= 60) return {linear_shape("wg128x64")};
  return {linear_shape(chunks < 12 ? "wg128x32" : squares >= 20 ? "wg64x64" : "wg64x32")};
}

/** Whether attention takes 64 queries a block (attention_wide_*): when that alone gives enough blocks, or sequences are short. */
inline bool wide_attention(int sequences, int longest, int hidden) {
  const int blocks = sequences * ((longest + 63) / 64) * (hidden / 64);
  return blocks >= 90 || (longest <= 64 && blocks >= 12);
}

inline int attention_queries(bool wide) { return wide ? 64 : 16; }
/** What its tiles take; on an H100, of few blocks, so much that they spread over the multiprocessors instead of three meeting on one. */
inline int attention_shared_bytes(bool wide, int blocks, bool h100) {
  if (h100 && blocks <= kResidentBlocks) return 112 * 1024;
  return wide ? 64 * 128 + 4 * 64 * 128 : 16 * 128 + 4 * 128 * 128;
}

}  // namespace filigree
