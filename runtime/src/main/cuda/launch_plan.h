// Which kernels and tile shapes a bucket of tokens gets, for hosts. Plain C++, no CUDA types.
#pragma once
#include <cstring>

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
 * wgmma kernels with folded norms, sm_90: the largest tile that still gives enough blocks, then splits while few blocks run.
 * Up to 128 tokens this is what docs/performance-gpu.md measured end to end. Above, the thresholds follow the tuning run on
 * the same H100 (bench.cpp --tune), within 8 % of the best plan for every linear layer of BERT-base and MiniLM.
 */
inline LinearPlan plan_wgmma(int rows, int inputs, int tokens) {
  const int ld = padded_tokens(tokens), row_blocks = padded_rows(rows) / kBlockRows, chunks = inputs / kBlockInputs;
  const bool few = ld <= 128, short_sum = chunks <= 6;  // little work in a block: more and smaller ones pay longer
  const char* name = "wg128x16";
  if (few) {
    if (row_blocks * ld > 2304) name = "wg128x64";
    else if (row_blocks * ld > 600 && ld % 32 == 0) name = "wg128x32";
  } else if (row_blocks * ld >= 140 * 128 && row_blocks >= 6) {
    name = "wg128x128";
  } else if (row_blocks * ld >= (short_sum ? 140 : 40) * 64) {
    name = "wg128x64";
  } else if (row_blocks * ld >= (short_sum ? 36 : 12) * 32) {
    name = "wg128x32";
  }
  const LinearShape* shape = linear_shape(name);
  const int blocks = row_blocks * (ld / shape->tokens);
  const int most_blocks = few ? 144 : 200, most_splits = few ? chunks / 2 : (chunks + 3) / 3;
  int splits = 1;
  while (splits < shape->max_splits() && splits < most_splits && blocks * (splits + 1) <= most_blocks) ++splits;
  return {shape, splits};
}

/** Whether attention takes 64 queries a block (attention_wide_*): when sequences are short or there are many tokens. */
inline bool wide_attention(int sequences, int longest, int hidden) {
  return longest <= 64 || sequences * ((longest + 63) / 64) * (hidden / 64) >= 150;
}

inline int attention_queries(bool wide) { return wide ? 64 : 16; }
inline int attention_shared_bytes(bool wide) { return wide ? 64 * 128 + 4 * 64 * 128 : 16 * 128 + 4 * 128 * 128; }

}  // namespace filigree
