// Checks every kernel, and whole encoders, against the plain C++ reference: random inputs, odd sizes, poisoned outputs.
// Usage: check kernels.fatbin [seed] [quick]. Prints one line per group; names every failure; exit code 1 if there was one.
#include <ctime>

#include "check_int8.h"

using namespace filigree;

namespace {

void check_relayout(Gpu& gpu, Random& r) {
  const int sizes[][4] = {{128, 64, 1, 2}, {64, 128, 16, 2}, {320, 192, 4, 2}, {384, 384, 16, 1}, {32, 64, 32, 2}, {96, 320, 1, 0}, {768, 128, 1, 0}};
  for (auto& s : sizes) {
    const PackedWeight w = random_weight(r, s[0], s[1], s[2], s[3], 1.0f);
    const bool sparse = s[3] != 0;
    const size_t bytes = weight_bytes(w.rows, w.inputs, sparse);
    const CUdeviceptr p = upload_weight(gpu, w);
    const std::vector<uint8_t> got = gpu.download<uint8_t>(p, bytes);
    gpu.free(p);
    Matrix back(size_t(padded_rows(w.rows)) * w.inputs), want = w.to_dense();
    want.resize(back.size());
    for (int row = 0; row < padded_rows(w.rows); ++row)
      for (int chunk = 0; chunk < w.inputs / 64; ++chunk) {
        const uint8_t* block = &got[(size_t(row / 128) * (w.inputs / 64) + chunk) * (block_bytes(sparse, false))];
        float* to = &back[size_t(row) * w.inputs + chunk * 64];
        for (int k = 0; k < (sparse ? 32 : 64); ++k) {
          uint16_t h, meta;
          std::memcpy(&h, block + (sparse ? sparse_value_offset(row, 2 * k) : dense_value_offset(row, 2 * k)), 2);
          if (!sparse) {
            to[k] = float_of(h);
            continue;
          }
          std::memcpy(&meta, block + sparse_meta_offset(row, k / 8, false), 2);
          const int nibble = meta >> (k % 8 / 2 * 4) & 15;
          if ((nibble & 3) >= nibble >> 2) to[0] = NAN;  // not ascending
          to[k / 2 * 4 + (k % 2 ? nibble >> 2 : nibble & 3)] += float_of(h);
        }
      }
    compare("relayout", std::to_string(s[0]) + "x" + std::to_string(s[1]) + " V=" + std::to_string(s[2]), back, want, 0.0);
  }
}

void check_fold_norm(Gpu& gpu, Random& r) {
  const int sizes[][4] = {{64, 64, 1, 2}, {320, 192, 16, 2}, {384, 384, 4, 1}, {97, 128, 1, 0}};
  for (auto& s : sizes) {
    const PackedWeight w = random_weight(r, s[0], s[1], s[2], s[3], 1.0f);
    const Matrix bias = random_floats(r, w.rows, 1.0f), gamma = random_floats(r, w.inputs, 0.3f, 1.0f), beta = random_floats(r, w.inputs, 1.0f);
    const Buffer g(gpu, gamma), b(gpu, beta);
    const DeviceLinear l = upload_linear(gpu, w, bias, g.p, b.p);
    const std::string what = std::to_string(s[0]) + "x" + std::to_string(s[1]) + " V=" + std::to_string(s[2]);
    const Matrix zero(w.rows, 0.0f);
    compare("fold_norm", what + " row sums", gpu.download<float>(l.row_sums, w.rows), reference::linear(gamma, w.to_dense(), zero, 1, w.rows, w.inputs), 1e-5);
    compare("fold_norm", what + " bias", gpu.download<float>(l.folded_bias, w.rows), reference::linear(beta, w.to_dense(), bias, 1, w.rows, w.inputs), 1e-5);
    free_linear(gpu, l);
  }
}

void check_mma(Gpu& gpu, Random& r, bool quick) {
  for (const LinearShape& shape : kLinearShapes) {
    if (shape.wgmma) continue;
    for (int sparse = 0; sparse < 2; ++sparse)
      for (int trial = 0; trial < (quick ? 2 : 8); ++trial) {
        const int epilogue = trial % 4, splits = epilogue == 3 ? 1 + r.below(4) : 1;
        const int rows = 64 * (1 + r.below(6)), inputs = 64 * (splits + r.below(trial < 4 ? 4 : 28));
        const int tokens = 1 + r.below(2 * shape.tokens + 20), ld = (tokens + shape.tokens - 1) / shape.tokens * shape.tokens;
        const int v = trial % 2 ? 16 : 1, per_four = !sparse ? 0 : trial == 5 ? 1 : 2;
        const PackedWeight w = random_weight(r, rows, inputs, v, per_four, 1.0f);
        Matrix x = random_floats(r, size_t(tokens) * inputs, 1.0f), bias = random_floats(r, rows, 3.0f);
        Matrix residual = random_floats(r, size_t(tokens) * rows, 3.0f);
        round_to_half(x), round_to_half(residual);
        const Buffer dx(gpu, to_activations(x, tokens, inputs, ld)), dres(gpu, to_activations(residual, tokens, rows, ld));
        const Buffer y(gpu, size_t(rows) * ld * 2), partial(gpu, size_t(splits) * rows * ld * 4);
        const DeviceLinear l = upload_linear(gpu, w, bias, 0, 0);
        launch_mma(gpu, {&shape, splits}, l, {dx.p, 0}, dres.p, y.p, partial.p, tokens, ld, epilogue);
        gpu.synchronize();
        free_linear(gpu, l);
        Matrix want = reference::linear(x, w.to_dense(), epilogue == 3 ? Matrix() : bias, tokens, rows, inputs), got;
        if (epilogue == 1) reference::gelu(want);
        if (epilogue == 2) want = reference::add(want, residual);
        if (epilogue == 3) {
          const auto p = gpu.download<float>(partial.p, size_t(splits) * rows * ld);
          got.assign(want.size(), 0.0f);
          for (int s = 0; s < splits; ++s)
            for (int t = 0; t < tokens; ++t)
              for (int f = 0; f < rows; ++f) got[size_t(t) * rows + f] += p[size_t(s) * rows * ld + partial_offset(f, t, ld)];
        } else {
          got = from_activations(gpu.download<uint16_t>(y.p, size_t(rows) * ld), tokens, rows, ld);
        }
        char what[160];
        std::snprintf(what, sizeof what, "rows %d inputs %d tokens %d epilogue %d splits %d v %d of four %d", rows, inputs, tokens,
                      epilogue, splits, v, per_four);
        compare(linear_kernel({&shape}, sparse, false), what, got, want, kHalfTolerance);
      }
  }
}

void check_wgmma(Gpu& gpu, Random& r, bool quick) {
  for (const LinearShape& shape : kLinearShapes) {
    if (!shape.wgmma) continue;
    for (int sparse = 0; sparse < 2; ++sparse)
      for (int trial = 0; trial < (quick ? 4 : 12); ++trial) {
        const int kind = trial % 4;  // plain bias; folded input; folded input and GELU; residual
        LinearPlan plan{&shape};
        if (trial % 3 != 0) plan.splits = 1 + r.below(shape.max_splits());
        const int rows = 64 * (1 + r.below(8)), inputs = 64 * std::min(kind == 0 || kind == 3 ? 64 : 16, plan.splits + r.below(trial < 4 ? 4 : 30));
        const int tokens = 1 + r.below(shape.tokens + 20), ld = (tokens + shape.tokens - 1) / shape.tokens * shape.tokens;
        const PackedWeight w = random_weight(r, rows, inputs, trial % 2 ? 16 : 1, sparse ? 2 : 0, 1.0f);
        const Matrix bias = random_floats(r, rows, 3.0f);
        const Folded in(r, tokens, inputs, ld), residual(r, tokens, rows, ld);
        const Buffer x(gpu, to_activations(in.scaled, tokens, inputs, ld)), stats(gpu, kind == 3 ? residual.stats : in.stats);
        const Buffer gamma(gpu, kind == 3 ? residual.gamma : in.gamma), beta(gpu, kind == 3 ? residual.beta : in.beta);
        const Buffer res(gpu, to_activations(residual.scaled, tokens, rows, ld)), y(gpu, size_t(rows) * ld * 2);
        const Matrix gamma_out = random_floats(r, rows, 0.2f, 1.0f);
        const Buffer dgamma_out(gpu, gamma_out), stats_out(gpu, size_t(stat_pairs(rows)) * ld * 8);
        const bool folded = kind == 1 || kind == 2;
        const DeviceLinear l = upload_linear(gpu, w, bias, folded ? gamma.p : 0, beta.p);
        if (kind == 3)
          launch_wgmma_residual(gpu, plan, l, {x.p, 0}, {res.p, stats.p, gamma.p, beta.p}, {y.p, stats_out.p, dgamma_out.p, 0}, tokens, ld);
        else
          launch_wgmma(gpu, plan, l, {x.p, folded ? stats.p : 0, 0, 0}, y.p, tokens, ld, inputs, kind == 2);
        gpu.synchronize();
        free_linear(gpu, l);
        char what[160];
        std::snprintf(what, sizeof what, "rows %d inputs %d tokens %d kind %d splits %d", rows, inputs, tokens, kind, plan.splits);
        Matrix want = reference::linear(folded ? in.normed : in.scaled, w.to_dense(), bias, tokens, rows, inputs);
        if (kind == 2) reference::gelu(want);
        if (kind == 3) {
          want = reference::add(want, residual.normed);
          compare(linear_kernel(plan, sparse, false) + " stats", what,
                  Folded::of_tokens(gpu.download<float>(stats_out.p, size_t(stat_pairs(rows)) * ld * 2), tokens, ld),
                  Folded::statistics(want, tokens, rows, ld), kHalfTolerance);
          for (size_t i = 0; i < want.size(); ++i) want[i] *= gamma_out[i % rows];
        }
        compare(linear_kernel(plan, sparse, false), what, from_activations(gpu.download<uint16_t>(y.p, size_t(rows) * ld), tokens, rows, ld), want,
                kHalfTolerance);
      }
  }
}

void check_norms(Gpu& gpu, Random& r) {
  for (int hidden : {64, 128, 320, 384, 768, 1024})
    for (int tokens : {1, 3, 13, 64, 131}) {
      const int ld = padded_tokens(tokens), splits = 1 + r.below(8);
      const unsigned warps = 1 + r.below(4), blocks = (tokens + warps - 1) / warps;
      Matrix x = random_floats(r, size_t(tokens) * hidden, 2.0f, 1.0f);
      round_to_half(x);
      const Matrix gamma = random_floats(r, hidden, 0.3f, 1.0f), beta = random_floats(r, hidden, 0.5f), bias = random_floats(r, hidden, 1.0f);
      const Buffer dx(gpu, to_activations(x, tokens, hidden, ld)), dg(gpu, gamma), db(gpu, beta), dbias(gpu, bias);
      const Buffer y(gpu, size_t(hidden) * ld * 2);
      const std::string what = "hidden " + std::to_string(hidden) + " tokens " + std::to_string(tokens) + " splits " + std::to_string(splits);
      gpu.launch("layernorm", {blocks}, warps * 32, 0, dx.p, dg.p, db.p, y.p, tokens, hidden, ld, 1e-12f);
      gpu.synchronize();
      compare("layernorm", what, from_activations(gpu.download<uint16_t>(y.p, size_t(hidden) * ld), tokens, hidden, ld),
              reference::layernorm(x, gamma, beta, hidden, 1e-12), kHalfTolerance);

      std::vector<float> parts(size_t(splits) * hidden * ld, NAN);
      Matrix want = x;
      for (int s = 0; s < splits; ++s)
        for (int t = 0; t < tokens; ++t)
          for (int f = 0; f < hidden; ++f)
            want[size_t(t) * hidden + f] += parts[size_t(s) * hidden * ld + partial_offset(f, t, ld)] = r.normal();
      for (size_t i = 0; i < want.size(); ++i) want[i] += bias[i % hidden];
      const Buffer dp(gpu, parts);
      gpu.fill(y.p, 0xff, y.bytes);
      gpu.launch("layernorm_partial", {blocks}, warps * 32, 0, dp.p, dbias.p, dx.p, dg.p, db.p, y.p, tokens, hidden, ld, splits, 1e-12f);
      gpu.synchronize();
      compare("layernorm_partial", what, from_activations(gpu.download<uint16_t>(y.p, size_t(hidden) * ld), tokens, hidden, ld),
              reference::layernorm(want, gamma, beta, hidden, 1e-12), kHalfTolerance);
    }
}

std::vector<int> starts_of(const std::vector<int>& lengths) {
  std::vector<int> s{0};
  for (int n : lengths) s.push_back(s.back() + n);
  return s;
}

void check_attention(Gpu& gpu, Random& r, bool quick) {
  std::vector<std::vector<int>> batches = {{1}, {16}, {63}, {64}, {65}, {128}, {5, 1, 37}, {129, 2}, {3, 200, 64, 7}};
  if (!quick) batches.push_back({512}), batches.push_back({511, 130}), batches.push_back({100, 128, 31, 257});
  for (int head : {32, 64})
    for (const auto& lengths : batches) {
      const int hidden = 64 * (1 + r.below(3));
      const std::vector<int> starts = starts_of(lengths);
      const int tokens = starts.back(), ld = padded_tokens(tokens), longest = *std::max_element(lengths.begin(), lengths.end());
      Matrix qkv = random_floats(r, size_t(tokens) * 3 * hidden, 1.5f);
      round_to_half(qkv);
      const Buffer dq(gpu, to_activations(qkv, tokens, 3 * hidden, ld)), ds(gpu, starts), out(gpu, size_t(hidden) * ld * 2);
      const Matrix want = reference::attention(qkv, starts, hidden, head);
      for (bool wide : {false, true}) {
        gpu.fill(out.p, 0xff, out.bytes);
        launch_attention(gpu, wide, head, dq.p, ds.p, out.p, hidden, ld, longest, int(lengths.size()));
        gpu.synchronize();
        compare(std::string(wide ? "attention_wide_head" : "attention_head") + std::to_string(head),
                "hidden " + std::to_string(hidden) + " longest " + std::to_string(longest) + " of " + std::to_string(tokens),
                from_activations(gpu.download<uint16_t>(out.p, size_t(hidden) * ld), tokens, hidden, ld), want, 2 * kHalfTolerance);
      }
    }
}

/** The whole encoder in plain C++. */
Matrix reference_logits(const HostModel& m, const std::vector<int>& ids, const std::vector<int>& positions, const std::vector<int>& types,
                        const std::vector<int>& starts) {
  const EncoderShape& s = m.shape;
  const int tokens = int(ids.size()), h = s.hidden;
  Matrix x(size_t(tokens) * h);
  for (int t = 0; t < tokens; ++t)
    for (int f = 0; f < h; ++f)
      x[size_t(t) * h + f] = m.words[size_t(ids[t]) * h + f] + m.places[size_t(positions[t]) * h + f] + m.kinds[size_t(types[t]) * h + f];
  x = reference::layernorm(x, m.gamma, m.beta, h, kEpsilon);
  // An int8 layer reads what its codes stand for.
  const auto linear = [&](Matrix in, const PackedWeight& w, const Matrix& bias) {
    if (w.int8()) in = reference::quantised(in, w.inputs).values();
    return reference::linear(in, w.to_dense(), bias, tokens, w.rows, w.inputs);
  };
  for (const HostLayer& l : m.layers) {
    Matrix c = reference::attention(linear(x, l.qkv, l.qkv_bias), starts, h, s.head);
    x = reference::layernorm(reference::add(x, linear(c, l.out, l.out_bias)), l.gamma1, l.beta1, h, kEpsilon);
    c = linear(x, l.up, l.up_bias);
    reference::gelu(c);
    x = reference::layernorm(reference::add(x, linear(c, l.down, l.down_bias)), l.gamma2, l.beta2, h, kEpsilon);
  }
  const int sequences = int(starts.size()) - 1;
  Matrix pooled(size_t(sequences) * h);
  for (int i = 0; i < sequences; ++i) {
    if (s.first_token_pooler) {
      const Matrix first(x.begin() + size_t(starts[i]) * h, x.begin() + size_t(starts[i] + 1) * h);
      const Matrix p = reference::linear(first, m.pooler, m.pooler_bias, 1, h, h);
      for (int f = 0; f < h; ++f) pooled[size_t(i) * h + f] = std::tanh(p[f]);
    } else {
      for (int f = 0; f < h; ++f) {
        double sum = 0;
        for (int t = starts[i]; t < starts[i + 1]; ++t) sum += x[size_t(t) * h + f];
        pooled[size_t(i) * h + f] = float(sum / (starts[i + 1] - starts[i]));
      }
    }
  }
  return reference::linear(pooled, m.classifier, m.classifier_bias, sequences, s.labels, h);
}

void check_encoder(Gpu& gpu, Random& r, bool quick) {
  const EncoderShape bert{"bert", 2, 128, 64, 512, 1000, 512, 3, true}, mini{"mini", 3, 384, 32, 1536, 1000, 512, 5, false};
  std::vector<std::vector<int>> batches = {{16}, {5, 1, 37}, {128}};
  if (!quick) batches.push_back({64, 128, 3, 77, 128, 128, 100, 9}), batches.push_back({33, 31});
  for (const EncoderShape& shape : {bert, mini})
    for (int variant = 0; variant < 8; ++variant) {
      const int per_four = variant % 2 * 2;
      const bool folded = variant / 2 % 2 != 0, int8 = variant >= 4;
      if (folded && !gpu.wgmma) continue;
      const HostModel model(shape, r, 16, per_four, !int8 ? Int8::kNone : folded && per_four ? Int8::kAfterNorms : Int8::kAll, true);
      Encoder encoder(gpu, model, folded);
      for (const auto& lengths : batches) {
        if (int8 && (lengths.size() > 3 || (quick && lengths.size() == 1))) continue;  // the reference takes long
        const std::vector<int> starts = starts_of(lengths);
        std::vector<int> ids, positions, types;
        for (int n : lengths)
          for (int i = 0; i < n; ++i) ids.push_back(r.below(shape.vocab)), positions.push_back(i), types.push_back(i > n / 2);
        const Encoder::Bucket b = encoder.bucket(starts.back(), int(lengths.size()), *std::max_element(lengths.begin(), lengths.end()));
        gpu.copy_to(b.ids, ids), gpu.copy_to(b.positions, positions), gpu.copy_to(b.types, types), gpu.copy_to(b.starts, starts);
        for (CUdeviceptr p : {b.x, b.x1, b.context}) gpu.fill(p, 0xff, size_t(b.ld) * shape.hidden * 2);
        for (CUdeviceptr p : {b.stats, b.stats1}) gpu.fill(p, 0xff, size_t(b.ld) * stat_pairs(shape.hidden) * 8);
        const size_t logits = lengths.size() * shape.labels;
        gpu.fill(b.logits, 0xff, logits * 4);
        const CUgraphExec graph = gpu.capture([&] { encoder.forward(b); });
        const Matrix want = reference_logits(model, ids, positions, types, starts);
        std::vector<float> first;
        for (int repeat = 0; repeat < (int8 ? 2 : 3); ++repeat) {
          gpu.replay(graph);
          gpu.synchronize();
          const std::vector<float> got = gpu.download<float>(b.logits, logits);
          if (repeat == 0) first = got;
          // A code that fp16 rounds the other way is off by a whole step: int8 agrees less closely than its exact sums would.
          compare("encoder_" + shape.name + (int8 ? "_int8" : "") + (per_four ? "_sparse" : "_dense") + (folded ? "_folded" : ""),
                  "tokens " + std::to_string(starts.back()), got, want, int8 ? 4e-2 : 5e-3);
          if (got != first) ++failures, std::printf("FAILED encoder_%s: a replay of the same inputs differs\n", shape.name.c_str());
        }
        gpu.destroy(graph);
        encoder.release(b);
      }
    }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) return std::fprintf(stderr, "usage: check kernels.fatbin [seed] [quick]\n"), 2;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : uint64_t(std::time(nullptr));
  const bool quick = argc > 3;
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 12);
  Gpu gpu(argv[1]);
  Random r(seed);
  std::printf("check on %s, seed %llu\n", gpu.name().c_str(), static_cast<unsigned long long>(seed));
  check_relayout(gpu, r);
  check_fold_norm(gpu, r);
  check_mma(gpu, r, quick);
  if (gpu.wgmma) check_wgmma(gpu, r, quick);
  check_norms(gpu, r);
  check_quantise(gpu, r);
  check_int8_linear(gpu, r, quick);
  check_attention(gpu, r, quick);
  check_encoder(gpu, r, quick);
  for (const auto& [group, n] : cases) std::printf("%-36s %3d cases, worst relative error %.2g\n", group.c_str(), n, worst[group]);
  if (failures == 0) return std::puts("all passed"), 0;
  std::printf("FAILED: %d comparisons\n", failures);
  return 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "check failed: %s\n", e.what());
  return 1;
}
