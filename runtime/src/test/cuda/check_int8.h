// Checks of the int8 kernels: codes and s32 sums must be exact, what the epilogues make of them close.
#pragma once
#include <climits>

#include "compare.h"

namespace filigree {

inline std::vector<int> to_integers(const Matrix& v) { return {v.begin(), v.end()}; }

inline void check_quantise(Gpu& gpu, Random& r) {
  for (int features : {64, 128, 320, 384, 768, 1536, 4160})
    for (int tokens : {1, 3, 37}) {
      const int ld = padded_tokens(tokens), padded = chunks_of(features, true) * 128;
      Matrix x = random_floats(r, size_t(tokens) * features, 2.0f);
      x[r.below(int(x.size()))] = 300.0f;  // an outlier, which takes all the steps of its token
      if (tokens > 2) std::fill(x.begin() + features, x.begin() + 2 * features, 0.0f);
      round_to_half(x);
      const reference::Quantised want = reference::quantised(x, features);
      const Buffer dx(gpu, to_activations(x, tokens, features, ld)), codes(gpu, size_t(padded) * ld), scales(gpu, size_t(ld) * 4);
      const auto get_codes = [&] {
        const std::vector<uint8_t> device = gpu.download<uint8_t>(codes.p, codes.bytes);
        std::vector<int> got;
        for (int t = 0; t < tokens; ++t)
          for (int f = 0; f < padded; ++f) {
            const int code = int8_t(device[code_offset(f, t, ld)]);
            if (f < features) got.push_back(code);
            else if (code != 0) got.back() = INT_MAX;  // padding
          }
        return got;
      };
      const std::string what = "features " + std::to_string(features) + " tokens " + std::to_string(tokens);
      launch_quantise(gpu, {dx.p, 0, 0, 0}, {codes.p, scales.p}, features, tokens, ld);
      gpu.synchronize();
      compare_exactly("quantise codes", what, get_codes(), want.codes);
      compare("quantise scales", what, gpu.download<float>(scales.p, tokens), want.scales, 0.0);
      if (features > 1024) continue;  // no LayerNorm is as wide

      const Folded folded(r, tokens, features, ld);
      const Buffer df(gpu, to_activations(folded.scaled, tokens, features, ld)), stats(gpu, folded.stats), gamma(gpu, folded.gamma), beta(gpu, folded.beta);
      launch_quantise(gpu, {df.p, stats.p, gamma.p, beta.p}, {codes.p, scales.p}, features, tokens, ld);
      gpu.synchronize();
      const reference::Quantised near = reference::quantised(folded.normed, features);
      compare("quantise scales of a folded norm", what, gpu.download<float>(scales.p, tokens), near.scales, 1e-4);
      const std::vector<int> got = get_codes();
      std::vector<int> off(got.size());
      for (size_t i = 0; i < got.size(); ++i) off[i] = std::abs(got[i] - near.codes[i]) > 1;  // one step is a tie that fell the other way
      compare_exactly("quantise codes of a folded norm", what, off, std::vector<int>(off.size()));
    }
}

/** One int8 layer with its input; every sum is compared with a plain loop over integers. */
struct Int8Case {
  int rows, inputs, tokens, ld;
  PackedWeight w;
  std::vector<int> codes, sums;
  std::vector<float> scales;  // of the tokens
  Matrix linear, bias;        // linear: scaled sums + bias

  /** `extreme`: every weight is -127 and every code 127 or -127, of one sign for each token, so that sums are the largest there are. */
  Int8Case(Random& r, int rows, int inputs, int tokens, int ld, int v, int per_four, bool extreme)
      : rows(rows), inputs(inputs), tokens(tokens), ld(ld), w(random_int8_weight(r, rows, inputs, v, per_four, 1.0f)) {
    if (extreme) std::fill(w.values.begin(), w.values.end(), half_of(-127.0f));
    for (int t = 0; t < tokens; ++t) {
      const int sign = r.below(2) ? 1 : -1;
      for (int k = 0; k < inputs; ++k) codes.push_back(extreme ? 127 * sign : r.below(255) - 127);
      scales.push_back((0.5f + r.below(1000) / 1000.0f) / 73.0f);
    }
    bias = random_floats(r, rows, 3.0f);
    sums = reference::integer_linear(codes, to_integers(w.to_dense_values()), tokens, rows, inputs);
    for (size_t i = 0; i < sums.size(); ++i) linear.push_back(float(double(sums[i]) * w.scales[i % rows] * scales[i / rows] + bias[i % rows]));
    scales.resize(ld, NAN);
  }

  std::string name(int splits) const {
    return "rows " + std::to_string(rows) + " inputs " + std::to_string(inputs) + " tokens " + std::to_string(tokens) + " splits " +
           std::to_string(splits) + " of four " + std::to_string(w.per_four);
  }
  /** The sums of the splits, from their order on the device. */
  std::vector<int> gather(const std::vector<int>& device, int splits) const {
    std::vector<int> got(sums.size());
    for (int s = 0; s < splits; ++s)
      for (int t = 0; t < tokens; ++t)
        for (int f = 0; f < rows; ++f) got[size_t(t) * rows + f] += device[size_t(s) * rows * ld + partial_offset(f, t, ld)];
    return got;
  }
};

/** Epilogues to check beside the sums: none where these are extreme, for their GELUs may all be zeros. */
inline std::vector<int> epilogues_of(int trial, bool quick) {
  if (trial == 1) return {};
  return !quick ? std::vector<int>{0, 1, 2} : trial == 0 ? std::vector<int>{1} : std::vector<int>{0, 2};
}

inline void check_int8_mma(Gpu& gpu, Random& r, const LinearShape& shape, int trial, bool sparse, bool quick) {
  const bool extreme = trial == 1;
  const int splits = 1 + r.below(trial % 2 ? 3 : 1), rows = 64 * (1 + r.below(quick ? 3 : 5)), inputs = extreme ? 64 * 33 : 64 * (splits * 2 + r.below(quick ? 4 : 9));
  const int tokens = extreme ? 5 : 1 + r.below(2 * shape.tokens + 20), ld = (tokens + shape.tokens - 1) / shape.tokens * shape.tokens;
  const Int8Case c(r, rows, inputs, tokens, ld, trial % 2 ? 16 : 1, !sparse ? 0 : trial == 2 ? 1 : 2, extreme);
  Matrix residual = random_floats(r, size_t(tokens) * rows, 3.0f);
  round_to_half(residual);
  const Buffer codes(gpu, to_codes(c.codes, tokens, inputs, ld)), scales(gpu, c.scales), res(gpu, to_activations(residual, tokens, rows, ld));
  const Buffer y(gpu, size_t(rows) * ld * 2), partial(gpu, size_t(splits) * rows * ld * 4);
  const DeviceLinear l = upload_linear(gpu, c.w, c.bias, 0, 0);
  const std::string kernel = linear_kernel({&shape}, sparse, true);
  launch_mma(gpu, {&shape, splits}, l, {codes.p, scales.p}, 0, 0, partial.p, tokens, ld, 3);
  gpu.synchronize();
  compare_exactly(kernel + " sums", c.name(splits), c.gather(gpu.download<int>(partial.p, size_t(splits) * rows * ld), splits), c.sums);
  for (int epilogue : epilogues_of(trial, quick)) {
    launch_mma(gpu, {&shape, 1}, l, {codes.p, scales.p}, res.p, y.p, 0, tokens, ld, epilogue);
    gpu.synchronize();
    Matrix want = c.linear;
    if (epilogue == 1) reference::gelu(want);
    if (epilogue == 2) want = reference::add(want, residual);
    compare(kernel, c.name(1) + " epilogue " + std::to_string(epilogue), from_activations(gpu.download<uint16_t>(y.p, size_t(rows) * ld), tokens, rows, ld),
            want, kHalfTolerance);
  }
  free_linear(gpu, l);
}

inline void check_int8_wgmma(Gpu& gpu, Random& r, const LinearShape& shape, int trial, bool sparse, bool quick) {
  const bool extreme = trial == 1;
  const LinearPlan plan{&shape, trial % 2 ? 1 + r.below(shape.max_splits()) : 1};
  const int rows = 64 * (1 + r.below(quick ? 3 : 7)), inputs = extreme ? 64 * 33 : 64 * (plan.splits * 2 + r.below(quick ? 4 : 12));
  const int tokens = extreme ? 5 : 1 + r.below(shape.tokens + 20), ld = (tokens + shape.tokens - 1) / shape.tokens * shape.tokens;
  const Int8Case c(r, rows, inputs, tokens, ld, trial % 2 ? 16 : 1, !sparse ? 0 : trial == 2 ? 1 : 2, extreme);
  const Folded residual(r, tokens, rows, ld);
  const Buffer codes(gpu, to_codes(c.codes, tokens, inputs, ld)), scales(gpu, c.scales), res(gpu, to_activations(residual.scaled, tokens, rows, ld));
  const Buffer stats(gpu, residual.stats), gamma(gpu, residual.gamma), beta(gpu, residual.beta);
  const Buffer y(gpu, size_t(rows) * ld * 2), sums(gpu, size_t(rows) * ld * 4), stats_out(gpu, size_t(stat_pairs(rows)) * ld * 8);
  const Matrix gamma_out = random_floats(r, rows, 0.2f, 1.0f);
  const Buffer dgamma_out(gpu, gamma_out);
  const DeviceLinear l = upload_linear(gpu, c.w, c.bias, 0, 0);
  const std::string kernel = linear_kernel(plan, sparse, true);
  launch_wgmma_int8(gpu, plan, l, {codes.p, scales.p}, sums.p, tokens, ld, 3);
  gpu.synchronize();
  compare_exactly(kernel + " sums", c.name(plan.splits), c.gather(gpu.download<int>(sums.p, size_t(rows) * ld), 1), c.sums);
  for (int epilogue : epilogues_of(trial, quick)) {
    Matrix want = c.linear;
    if (epilogue == 2) {
      launch_wgmma_residual(gpu, plan, l, {codes.p, scales.p}, {res.p, stats.p, gamma.p, beta.p}, {y.p, stats_out.p, dgamma_out.p, 0}, tokens, ld);
      want = reference::add(want, residual.normed);
    } else {
      launch_wgmma_int8(gpu, plan, l, {codes.p, scales.p}, y.p, tokens, ld, epilogue);
      if (epilogue == 1) reference::gelu(want);
    }
    gpu.synchronize();
    if (epilogue == 2) {
      compare(kernel + " stats", c.name(plan.splits), Folded::of_tokens(gpu.download<float>(stats_out.p, size_t(stat_pairs(rows)) * ld * 2), tokens, ld),
              Folded::statistics(want, tokens, rows, ld), kHalfTolerance);
      for (size_t i = 0; i < want.size(); ++i) want[i] *= gamma_out[i % rows];
    }
    compare(kernel, c.name(plan.splits) + " epilogue " + std::to_string(epilogue),
            from_activations(gpu.download<uint16_t>(y.p, size_t(rows) * ld), tokens, rows, ld), want, kHalfTolerance);
  }
  free_linear(gpu, l);
}

inline void check_int8_linear(Gpu& gpu, Random& r, bool quick) {
  for (const LinearShape& shape : kLinearShapes)
    for (int sparse = 0; sparse < 2; ++sparse)
      for (int trial = 0; trial < (quick ? 3 : 8); ++trial) {
        if (!shape.wgmma) check_int8_mma(gpu, r, shape, trial, sparse != 0, quick);
        else if (gpu.wgmma) check_int8_wgmma(gpu, r, shape, trial, sparse != 0, quick);
      }
}

}  // namespace filigree
