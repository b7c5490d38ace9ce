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

/**
 * wgmma kernels with folded norms, sm_90: the largest tile, with splits where they help, that gives 70 to 110 blocks or more,
 * about one for each multiprocessor of an H100. Within 10 % of the best plan of a tuning run there (bench.cpp --tune) for every
 * linear layer of BERT-base and MiniLM at 16 to 16384 tokens but one.
 */
inline LinearPlan plan_wgmma(int rows, int inputs, int tokens) {
  const int ld = padded_tokens(tokens), row_blocks = padded_rows(rows) / kBlockRows, chunks = inputs / kBlockInputs;
  for (const char* name : {"wg128x128", "wg128x64", "wg128x32", "wg128x16"}) {
    const LinearShape* shape = linear_shape(name);
    if (ld % shape->tokens != 0) continue;
    const int blocks = row_blocks * (ld / shape->tokens);
    const int worth = shape->tokens == 128 ? (chunks >= 24 ? 2 : 1) : shape->tokens == 16 ? (chunks + 3) / 3 : (chunks + 4) / 4;
    const int most = worth < shape->max_splits() ? worth : shape->max_splits(), fit = 110 / blocks;
    const int splits = fit < 1 ? 1 : fit < most ? fit : most;
    if (blocks * splits >= 70 || shape->tokens == 16) return {shape, splits};
  }
  return {linear_shape("wg128x16"), 1};  // not reached: padded_tokens gives multiples of 16
}

/** Whether attention takes 64 queries a block (attention_wide_*): when that alone gives enough blocks, or sequences are short. */
inline bool wide_attention(int sequences, int longest, int hidden) {
  const int blocks = sequences * ((longest + 63) / 64) * (hidden / 64);
  return blocks >= 90 || (longest <= 64 && blocks >= 12);
}

inline int attention_queries(bool wide) { return wide ? 64 : 16; }
inline int attention_shared_bytes(bool wide) { return wide ? 64 * 128 + 4 * 64 * 128 : 16 * 128 + 4 * 128 * 128; }

}  // namespace filigree
