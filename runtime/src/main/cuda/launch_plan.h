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

/** The largest tile that, with splits, gives 70 to 110 blocks or more: about one for each multiprocessor of an H100. */
inline LinearPlan plan_few_tokens(int row_blocks, int chunks, int ld) {
  for (const char* name : {"wg128x64", "wg128x32", "wg128x16"}) {
    const LinearShape* shape = linear_shape(name);
    if (ld % shape->tokens != 0) continue;
    const int blocks = row_blocks * (ld / shape->tokens), worth = shape->tokens == 16 ? (chunks + 3) / 3 : (chunks + 4) / 4;
    const int most = worth < shape->max_splits() ? worth : shape->max_splits(), fit = 110 / blocks;
    const int splits = fit < 1 ? 1 : fit < most ? fit : most;
    if (blocks * splits >= 70 || shape->tokens == 16) return {shape, splits};
  }
  return {linear_shape("wg128x16"), 1};  // not reached: padded_tokens gives multiples of 16
}

/** Large tiles early, splits as long as all blocks fit on an H100 twice over. */
inline LinearPlan plan_many_tokens(int row_blocks, int chunks, int ld) {
  const bool short_sum = chunks <= 6;  // little work in a block: more and smaller ones pay longer
  const int area = row_blocks * ld;
  const char* name = "wg128x16";
  if (area >= 140 * 128 && row_blocks >= 6) name = "wg128x128";
  else if (area >= (short_sum ? 140 : 40) * 64) name = "wg128x64";
  else if (area >= (short_sum ? 36 : 12) * 32) name = "wg128x32";
  const LinearShape* shape = linear_shape(name);
  const int blocks = row_blocks * (ld / shape->tokens);
  int splits = 1;
  while (splits < shape->max_splits() && splits < (chunks + 3) / 3 && blocks * (splits + 1) <= 200) ++splits;
  return {shape, splits};
}

/**
 * wgmma kernels with folded norms, sm_90. Of two rules, each is used where whole passes were faster with it: what a plan takes
 * alone (bench.cpp --tune) says little above 128 tokens, where one kernel's last blocks run beside the next one's first.
 */
inline LinearPlan plan_wgmma(int rows, int inputs, int tokens) {
  const int ld = padded_tokens(tokens), row_blocks = padded_rows(rows) / kBlockRows, chunks = inputs / kBlockInputs;
  return ld <= 128 ? plan_few_tokens(row_blocks, chunks, ld) : plan_many_tokens(row_blocks, chunks, ld);
}

/** Whether attention takes 64 queries a block (attention_wide_*): when that alone gives enough blocks, or sequences are short. */
inline bool wide_attention(int sequences, int longest, int hidden) {
  const int blocks = sequences * ((longest + 63) / 64) * (hidden / 64);
  return blocks >= 90 || (longest <= 64 && blocks >= 12);
}

inline int attention_queries(bool wide) { return wide ? 64 : 16; }
inline int attention_shared_bytes(bool wide) { return wide ? 64 * 128 + 4 * 64 * 128 : 16 * 128 + 4 * 128 * 128; }

}  // namespace filigree
