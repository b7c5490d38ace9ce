// A whole BERT encoder from the kernels: model with random weights, and a forward pass that a graph can record.
#pragma once
#include <algorithm>
#include <map>

#include "../../main/cuda/launch_plan.h"
#include "gpu.h"
#include "random_data.h"

namespace filigree {

struct EncoderShape {
  std::string name;
  int layers, hidden, head, ffn, vocab, positions, labels;
  bool first_token_pooler;  // BERT's pooler; else the mean over tokens
};

inline const float kEpsilon = 1e-12f;  // of BERT's LayerNorm

struct HostLayer {
  PackedWeight qkv, out, up, down;
  std::vector<float> qkv_bias, out_bias, up_bias, down_bias, gamma1, beta1, gamma2, beta2;
};

/** Which linears are int8: none, all, or those that read a LayerNorm (query-key-value, FFN up), as in a file of both types. */
enum class Int8 { kNone, kAll, kAfterNorms };

/** Random weights; `distinct` false reuses the first layer's numbers for all layers, which is faster to make. */
struct HostModel {
  EncoderShape shape;
  std::vector<HostLayer> layers;
  std::vector<float> words, places, kinds, gamma, beta, pooler, pooler_bias, classifier, classifier_bias;

  HostModel(const EncoderShape& s, Random& r, int v, int per_four, Int8 int8, bool distinct) : shape(s) {
    const int h = s.hidden;
    const auto weight = [&](int rows, int inputs, bool after_norm) {
      const float scale = per_four == 0 ? 0.04f : 0.05f;
      const bool codes = int8 == Int8::kAll || (int8 == Int8::kAfterNorms && after_norm);
      return codes ? random_int8_weight(r, rows, inputs, v, per_four, scale) : random_weight(r, rows, inputs, v, per_four, scale);
    };
    for (int l = 0; l < s.layers; ++l) {
      if (l > 0 && !distinct) {
        layers.push_back(layers[0]);
        continue;
      }
      layers.push_back({weight(3 * h, h, true), weight(h, h, false), weight(s.ffn, h, true), weight(h, s.ffn, false),
                        random_floats(r, 3 * h, 0.1f), random_floats(r, h, 0.1f), random_floats(r, s.ffn, 0.1f),
                        random_floats(r, h, 0.1f), random_floats(r, h, 0.1f, 1.0f), random_floats(r, h, 0.1f),
                        random_floats(r, h, 0.1f, 1.0f), random_floats(r, h, 0.1f)});
    }
    words = random_floats(r, size_t(s.vocab) * h, 0.5f), places = random_floats(r, size_t(s.positions) * h, 0.5f);
    kinds = random_floats(r, size_t(2) * h, 0.5f), gamma = random_floats(r, h, 0.1f, 1.0f), beta = random_floats(r, h, 0.1f);
    pooler = random_floats(r, size_t(h) * h, 0.03f), pooler_bias = random_floats(r, h, 0.1f);
    classifier = random_floats(r, size_t(s.labels) * h, 0.05f), classifier_bias = random_floats(r, s.labels, 0.1f);
    for (auto* m : {&words, &places, &kinds, &pooler, &classifier}) round_to_half(*m);
  }
};

/** What the re-layout kernels read of a packed weight, on the device until the end of its scope. */
struct UploadedWeight {
  Gpu& gpu;
  CUdeviceptr patterns = 0, values, order = 0;

  UploadedWeight(Gpu& gpu, const PackedWeight& w) : gpu(gpu) {
    if (w.int8()) {
      std::vector<uint8_t> codes;
      for (uint16_t h : w.values) codes.push_back(uint8_t(int(float_of(h))));
      values = gpu.upload(codes);
    } else {
      values = gpu.upload(w.values);
    }
    if (w.per_four) patterns = gpu.upload(w.patterns);
    if (!w.row_order.empty()) order = gpu.upload(w.row_order);
  }
  ~UploadedWeight() {
    for (CUdeviceptr p : {patterns, values, order})
      if (p) gpu.free(p);
  }
  UploadedWeight(const UploadedWeight&) = delete;
};

/** Puts a packed weight into the tensor cores' order on the device. */
inline CUdeviceptr upload_weight(Gpu& gpu, const PackedWeight& w) {
  const bool sparse = w.per_four != 0, int8 = w.int8();
  const CUdeviceptr to = gpu.allocate(weight_bytes(w.rows, w.inputs, sparse, int8));
  const UploadedWeight from(gpu, w);
  const std::string suffix = int8 ? "_int8" : "";
  // A thread takes 16 inputs of a sparse row, or 16 bytes of a dense one.
  const unsigned n = padded_rows(w.rows) * chunks_of(w.inputs, int8) * (sparse ? block_inputs(int8) / 16 : 8);
  if (sparse)
    gpu.launch("relayout_sparse" + suffix, {(n + 255) / 256}, 256, 0, from.patterns, from.values, from.order, to, w.rows, w.inputs, w.v, w.per_four);
  else
    gpu.launch("relayout_dense" + suffix, {(n + 255) / 256}, 256, 0, from.values, to, w.rows, w.inputs);
  gpu.synchronize();
  return to;
}

/** The layer's weight on the device, with what a folded norm before it needs and the scales of int8 (0 where there are none). */
struct DeviceLinear {
  int rows, inputs;
  bool sparse;
  CUdeviceptr weight, bias, row_sums, folded_bias, scales;

  bool int8() const { return scales != 0; }
};

inline DeviceLinear upload_linear(Gpu& gpu, const PackedWeight& w, const std::vector<float>& bias, CUdeviceptr gamma, CUdeviceptr beta) {
  DeviceLinear l{w.rows, w.inputs, w.per_four != 0, upload_weight(gpu, w), gpu.upload(bias), 0, 0, w.int8() ? gpu.upload(w.scales) : 0};
  if (!gamma || w.int8()) return l;
  const UploadedWeight from(gpu, w);
  l.row_sums = gpu.allocate(w.rows * 4), l.folded_bias = gpu.allocate(w.rows * 4);
  gpu.launch("fold_norm", {unsigned(w.rows + 3) / 4}, 128, 0, from.patterns, from.values, from.order, gamma, beta, l.bias, l.row_sums, l.folded_bias,
             w.rows, w.inputs, w.v, w.per_four);
  gpu.synchronize();
  return l;
}

inline void free_linear(Gpu& gpu, const DeviceLinear& l) {
  for (CUdeviceptr p : {l.weight, l.bias, l.row_sums, l.folded_bias, l.scales})
    if (p) gpu.free(p);
}

inline std::string linear_kernel(const LinearPlan& plan, bool sparse, bool int8) {
  return std::string(int8 ? "linear_int8_" : "linear_") + (sparse ? "sparse_" : "dense_") + plan.shape->name;
}

inline Gpu::Grid linear_grid(const LinearPlan& plan, int rows, int tokens) {
  const LinearShape& s = *plan.shape;
  const unsigned row_blocks = (rows + s.rows - 1) / s.rows, token_blocks = (tokens + s.tokens - 1) / s.tokens, splits = plan.splits;
  if (!s.wgmma) return {row_blocks, token_blocks, splits};
  return {wgmma_blocks(plan, padded_rows(rows) / s.rows * token_blocks), 1, splits, splits};
}

/** Launches a linear kernel, whose arguments begin with the weight. */
template <class... Args>
void launch_linear(Gpu& gpu, const LinearPlan& plan, const DeviceLinear& l, int tokens, Args... args) {
  gpu.launch(linear_kernel(plan, l.sparse, l.int8()), linear_grid(plan, l.rows, tokens), plan.shape->threads, plan.shape->shared_bytes(l.sparse, l.int8()),
             l.weight, args...);
}

/** What a linear layer reads: activations, or codes with the tokens' scales. */
struct Input {
  CUdeviceptr x, scales;
};

/** An mma kernel: epilogue 0 bias, 1 bias + GELU, 2 bias + residual, 3 partial sums. */
inline void launch_mma(Gpu& gpu, const LinearPlan& plan, const DeviceLinear& l, Input in, CUdeviceptr residual, CUdeviceptr y,
                       CUdeviceptr partial, int tokens, int ld, int epilogue) {
  if (l.int8()) launch_linear(gpu, plan, l, tokens, in.x, l.scales, in.scales, l.bias, residual, y, partial, l.rows, l.inputs, ld, epilogue);
  else launch_linear(gpu, plan, l, tokens, in.x, l.bias, residual, y, partial, l.rows, l.inputs, ld, epilogue);
}

/** A folded LayerNorm: activations times gamma, their statistics, and the norm's parameters. */
struct FoldedState {
  CUdeviceptr x, stats, gamma, beta;
};

/** A wgmma kernel, y = W LN(in) + b, with GELU if asked for. */
inline void launch_wgmma(Gpu& gpu, const LinearPlan& plan, const DeviceLinear& l, const FoldedState& in, CUdeviceptr y, int tokens,
                         int ld, int hidden, bool gelu) {
  const CUdeviceptr none = 0;
  launch_linear(gpu, plan, l, tokens, in.x, in.stats ? l.folded_bias : l.bias, in.stats ? l.row_sums : none, in.stats, none, none, none, none, y,
                none, l.rows, l.inputs, ld, hidden, kEpsilon, gelu ? 1 : 0, tokens);
}

/** A wgmma kernel of int8, y = W in + b (epilogue 0), with GELU (1), or the s32 sums (3). */
inline void launch_wgmma_int8(Gpu& gpu, const LinearPlan& plan, const DeviceLinear& l, Input in, CUdeviceptr y, int tokens, int ld, int epilogue) {
  const CUdeviceptr none = 0;
  launch_linear(gpu, plan, l, tokens, in.x, l.scales, in.scales, l.bias, none, none, none, none, none, y, none, l.rows, l.inputs, ld, l.rows,
                kEpsilon, epilogue, tokens);
}

/** A wgmma kernel, out = folded LN of (W in + b + LN(residual)). */
inline void launch_wgmma_residual(Gpu& gpu, const LinearPlan& plan, const DeviceLinear& l, Input in, const FoldedState& residual,
                                  const FoldedState& out, int tokens, int ld) {
  const CUdeviceptr none = 0;
  if (l.int8())
    launch_linear(gpu, plan, l, tokens, in.x, l.scales, in.scales, l.bias, residual.stats, residual.x, residual.gamma, residual.beta, out.gamma,
                  out.x, out.stats, l.rows, l.inputs, ld, l.rows, kEpsilon, 2, tokens);
  else
    launch_linear(gpu, plan, l, tokens, in.x, l.bias, none, residual.stats, residual.x, residual.gamma, residual.beta, out.gamma, out.x, out.stats,
                  l.rows, l.inputs, ld, l.rows, kEpsilon, 2, tokens);
}

constexpr unsigned kQuantiseThreads = 128;

/** Codes and scales of activations, or of the LayerNorm that a folded one (`from.stats` not 0) stands for. */
inline void launch_quantise(Gpu& gpu, const FoldedState& from, Input to, int features, int tokens, int ld) {
  gpu.launch("quantise", {unsigned(tokens)}, kQuantiseThreads, 0, from.x, from.stats, from.gamma, from.beta, to.x, to.scales, features, ld, kEpsilon);
}

inline void launch_attention(Gpu& gpu, bool wide, int head, CUdeviceptr qkv, CUdeviceptr starts, CUdeviceptr out, int hidden, int ld,
                             int longest, int sequences) {
  const unsigned queries = attention_queries(wide), tiles = (longest + queries - 1) / queries, blocks = tiles * (hidden / 64) * sequences;
  gpu.launch(std::string(wide ? "attention_wide_head" : "attention_head") + std::to_string(head),
             {tiles, unsigned(hidden / 64), unsigned(sequences)}, 128 * 64 / head, attention_shared_bytes(wide, int(blocks), gpu.wgmma), qkv,
             starts, out, hidden, ld);
}

/** Warps, one a token, of a LayerNorm's block: single ones while that spreads the tokens over more multiprocessors. */
inline unsigned norm_warps(int tokens) { return tokens <= 1024 ? 1 : 4; }

class Encoder {
 public:
  /** `folded`: the wgmma kernels with folded norms (sm_90); else the mma kernels with LayerNorm kernels. */
  Encoder(Gpu& gpu, const HostModel& m, bool folded) : gpu(gpu), shape(m.shape), folded(folded) {
    words = gpu.upload(to_halves(m.words)), places = gpu.upload(to_halves(m.places)), kinds = gpu.upload(to_halves(m.kinds));
    gamma = gpu.upload(m.gamma), beta = gpu.upload(m.beta);
    pooler = gpu.upload(to_halves(m.pooler)), pooler_bias = gpu.upload(m.pooler_bias);
    classifier = gpu.upload(to_halves(m.classifier)), classifier_bias = gpu.upload(m.classifier_bias);
    CUdeviceptr g = gamma, b = beta;
    for (const HostLayer& l : m.layers) {
      const CUdeviceptr gamma1 = gpu.upload(l.gamma1), beta1 = gpu.upload(l.beta1), gamma2 = gpu.upload(l.gamma2), beta2 = gpu.upload(l.beta2);
      layers.push_back({upload_linear(gpu, l.qkv, l.qkv_bias, folded ? g : 0, b), upload_linear(gpu, l.out, l.out_bias, 0, 0),
                        upload_linear(gpu, l.up, l.up_bias, folded ? gamma1 : 0, beta1), upload_linear(gpu, l.down, l.down_bias, 0, 0),
                        gamma1, beta1, gamma2, beta2});
      g = gamma2, b = beta2;
    }
  }

  /** Buffers for one number of tokens and sequences. */
  struct Bucket {
    int tokens, sequences, longest, ld;
    CUdeviceptr ids, positions, types, starts, x, x1, stats, stats1, qkv, context, inner, partial, pooled, logits;
    Input codes;  // of what an int8 layer reads
  };

  Bucket bucket(int tokens, int sequences, int longest) {
    Bucket b{tokens, sequences, longest, padded_tokens(tokens), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {}};
    const size_t row = size_t(b.ld) * 2;
    b.ids = gpu.allocate(tokens * 4), b.positions = gpu.allocate(tokens * 4), b.types = gpu.allocate(tokens * 4);
    b.starts = gpu.allocate((sequences + 1) * 4);
    b.x = gpu.allocate(row * shape.hidden), b.x1 = gpu.allocate(row * shape.hidden);
    b.stats = gpu.allocate(size_t(b.ld) * stat_pairs(shape.hidden) * 8), b.stats1 = gpu.allocate(size_t(b.ld) * stat_pairs(shape.hidden) * 8);
    b.qkv = gpu.allocate(3 * row * shape.hidden), b.context = gpu.allocate(row * shape.hidden), b.inner = gpu.allocate(row * shape.ffn);
    const int splits = folded ? 1 : std::max(plan_mma(shape.hidden, shape.hidden, tokens, true).splits, plan_mma(shape.hidden, shape.ffn, tokens, true).splits);
    b.partial = gpu.allocate(splits > 1 ? 2 * row * shape.hidden * splits : 16);
    b.codes = {gpu.allocate(size_t(b.ld) * kTokenRowBytes * chunks_of(std::max(shape.hidden, shape.ffn), true)), gpu.allocate(size_t(b.ld) * 4)};
    b.pooled = gpu.allocate(size_t(sequences) * shape.hidden * 4), b.logits = gpu.allocate(size_t(sequences) * shape.labels * 4);
    return b;
  }

  void release(const Bucket& b) {
    for (CUdeviceptr p : {b.ids, b.positions, b.types, b.starts, b.x, b.x1, b.stats, b.stats1, b.qkv, b.context, b.inner, b.partial, b.pooled, b.logits, b.codes.x, b.codes.scales})
      gpu.free(p);
  }

  /** Launches one forward pass: ids, positions, types and starts of the bucket to its logits. */
  void forward(const Bucket& b) {
    const FoldedState last = folded ? forward_folded(b) : forward_plain(b);
    const int h = shape.hidden;
    if (shape.first_token_pooler)
      gpu.launch("pool_first", {unsigned(h / 8), unsigned(b.sequences)}, 256, 0, last.x, last.stats, last.gamma, last.beta, b.starts, pooler,
                 pooler_bias, b.pooled, h, b.ld, kEpsilon);
    else
      gpu.launch("pool_mean", {unsigned(h / 64), unsigned(b.sequences)}, 256, 0, last.x, last.stats, last.gamma, last.beta, b.starts, b.pooled,
                 h, b.ld, kEpsilon);
    gpu.launch("classify", {unsigned(shape.labels), unsigned(b.sequences)}, 32, 0, b.pooled, classifier, classifier_bias, b.logits, h,
               shape.labels);
  }

  /** Plans that take the place of plan_wgmma's, by rows and inputs of a linear; for tuning. */
  std::map<std::pair<int, int>, LinearPlan> plans;

  Gpu& gpu;
  const EncoderShape shape;
  const bool folded;

 private:
  struct Layer {
    DeviceLinear qkv, out, up, down;
    CUdeviceptr gamma1, beta1, gamma2, beta2;
  };

  LinearPlan plan(int rows, int inputs, int tokens) const {
    const auto found = plans.find({rows, inputs});
    return found != plans.end() ? found->second : plan_wgmma(rows, inputs, tokens);
  }

  void attention(const Bucket& b) {
    launch_attention(gpu, wide_attention(b.sequences, b.longest, shape.hidden), shape.head, b.qkv, b.starts, b.context, shape.hidden, b.ld,
                     b.longest, b.sequences);
  }

  FoldedState forward_folded(const Bucket& b) {
    const int h = shape.hidden;
    const unsigned warps = norm_warps(b.tokens);
    gpu.launch("embed_folded", {(b.tokens + warps - 1) / warps}, warps * 32, 0, b.ids, b.positions, b.types, words, places, kinds, gamma, b.x,
               b.stats, b.tokens, h, b.ld);
    FoldedState state{b.x, b.stats, gamma, beta};
    for (const Layer& l : layers) {
      from_norm(b, l.qkv, state, b.qkv, false);
      attention(b);
      const FoldedState middle{b.x1, b.stats1, l.gamma1, l.beta1};
      launch_wgmma_residual(gpu, plan(h, h, b.tokens), l.out, input(b, l.out, b.context), state, middle, b.tokens, b.ld);
      from_norm(b, l.up, middle, b.inner, true);
      state = {b.x, b.stats, l.gamma2, l.beta2};
      launch_wgmma_residual(gpu, plan(h, shape.ffn, b.tokens), l.down, input(b, l.down, b.inner), middle, state, b.tokens, b.ld);
    }
    return state;
  }

  /** y = W LN(from) + b, with GELU if asked for. */
  void from_norm(const Bucket& b, const DeviceLinear& l, const FoldedState& from, CUdeviceptr y, bool gelu) {
    const LinearPlan p = plan(l.rows, l.inputs, b.tokens);
    if (!l.int8()) return launch_wgmma(gpu, p, l, from, y, b.tokens, b.ld, shape.hidden, gelu);
    launch_quantise(gpu, from, b.codes, l.inputs, b.tokens, b.ld);
    launch_wgmma_int8(gpu, p, l, b.codes, y, b.tokens, b.ld, gelu ? 1 : 0);
  }

  /** Activations as a layer reads them. */
  Input input(const Bucket& b, const DeviceLinear& l, CUdeviceptr x) {
    if (!l.int8()) return {x, 0};
    launch_quantise(gpu, {x, 0, 0, 0}, b.codes, l.inputs, b.tokens, b.ld);
    return b.codes;
  }

  FoldedState forward_plain(const Bucket& b) {
    const int h = shape.hidden;
    const unsigned warps = norm_warps(b.tokens);
    gpu.launch("embed_layernorm", {(b.tokens + warps - 1) / warps}, warps * 32, 0, b.ids, b.positions, b.types, words, places, kinds, gamma,
               beta, b.x, b.tokens, h, b.ld, kEpsilon);
    for (const Layer& l : layers) {
      launch_mma(gpu, plan_mma(3 * h, h, b.tokens, false), l.qkv, input(b, l.qkv, b.x), 0, b.qkv, 0, b.tokens, b.ld, 0);
      attention(b);
      mma_and_norm(b, l.out, b.context, l.gamma1, l.beta1);
      launch_mma(gpu, plan_mma(shape.ffn, h, b.tokens, false), l.up, input(b, l.up, b.x), 0, b.inner, 0, b.tokens, b.ld, 1);
      mma_and_norm(b, l.down, b.inner, l.gamma2, l.beta2);
    }
    return {b.x, 0, 0, 0};
  }

  /** b.x = LayerNorm(b.x + W from + bias). layernorm_partial adds fp32 sums alone. */
  void mma_and_norm(const Bucket& b, const DeviceLinear& l, CUdeviceptr from, CUdeviceptr g, CUdeviceptr be) {
    const LinearPlan p = plan_mma(l.rows, l.inputs, b.tokens, !l.int8());
    const unsigned warps = norm_warps(b.tokens), blocks = (b.tokens + warps - 1) / warps;
    launch_mma(gpu, p, l, input(b, l, from), b.x, b.x1, b.partial, b.tokens, b.ld, p.splits > 1 ? 3 : 2);
    if (p.splits > 1)
      gpu.launch("layernorm_partial", {blocks}, warps * 32, 0, b.partial, l.bias, b.x, g, be, b.x, b.tokens, l.rows, b.ld, p.splits, kEpsilon);
    else
      gpu.launch("layernorm", {blocks}, warps * 32, 0, b.x1, g, be, b.x, b.tokens, l.rows, b.ld, kEpsilon);
  }

  std::vector<Layer> layers;
  CUdeviceptr words, places, kinds, gamma, beta, pooler, pooler_bias, classifier, classifier_bias;
};

}  // namespace filigree
