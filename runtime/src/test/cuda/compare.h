// What a check is made of: comparisons that are counted by group, and device memory with a scope.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "encoder.h"
#include "reference.h"

namespace filigree {

using reference::Matrix;

inline int failures = 0;
inline std::map<std::string, double> worst;
inline std::map<std::string, int> cases;

/** ||got - want|| / ||want|| and the largest single error against the root mean square of `want`; NaN fails. */
inline void compare(const std::string& group, const std::string& what, const Matrix& got, const Matrix& want, double tolerance) {
  double error = 0, norm = 0, largest = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    const double d = double(got[i]) - want[i];
    error += d * d, norm += double(want[i]) * want[i];
    if (!(std::fabs(d) <= largest)) largest = std::fabs(d);
  }
  const double relative = std::sqrt(error / norm), peak = largest / std::sqrt(norm / want.size());
  ++cases[group];
  if (relative <= tolerance && peak <= 20 * tolerance) {
    worst[group] = std::max(worst[group], relative);
    return;
  }
  ++failures;
  std::printf("FAILED %s: %s: relative error %.3g (allowed %.3g), largest %.3g of rms\n", group.c_str(), what.c_str(), relative,
              tolerance, peak);
  int shown = 0;
  for (size_t i = 0; i < want.size() && shown < 4; ++i)
    if (!(std::fabs(got[i] - want[i]) <= 4 * tolerance * std::sqrt(norm / want.size())))
      std::printf("  [%zu] got %g want %g\n", i, got[i], want[i]), ++shown;
}

constexpr double kHalfTolerance = 1e-3;  // one rounding to fp16 of results, fp32 sums

struct Buffer {
  Gpu& gpu;
  CUdeviceptr p;
  size_t bytes;
  Buffer(Gpu& gpu, size_t bytes) : gpu(gpu), p(gpu.allocate(bytes)), bytes(bytes) { gpu.fill(p, 0xff, bytes); }  // NaN
  template <class T>
  Buffer(Gpu& gpu, const std::vector<T>& v) : gpu(gpu), p(gpu.upload(v)), bytes(v.size() * sizeof(T)) {}
  ~Buffer() { gpu.free(p); }
  Buffer(const Buffer&) = delete;
};

/** The folded form of LN(h): gamma h in fp16 and its statistics by 128 features; `normed` is what it stands for. */
struct Folded {
  Matrix gamma, beta, scaled, normed;
  std::vector<float> stats;

  Folded(Random& r, int tokens, int hidden, int ld)
      : gamma(random_floats(r, hidden, 0.2f, 1.0f)), beta(random_floats(r, hidden, 0.3f)), stats(size_t(std::max(kMaxPairs, stat_pairs(hidden))) * ld * 2, NAN) {
    Matrix h = random_floats(r, size_t(tokens) * hidden, 1.0f, 0.3f);
    for (int t = 0; t < tokens; ++t) {
      double mean = 0, squares = 0;
      for (int i = 0; i < hidden; ++i) mean += h[size_t(t) * hidden + i], squares += double(h[size_t(t) * hidden + i]) * h[size_t(t) * hidden + i];
      mean /= hidden;
      const double scale = 1.0 / std::sqrt(squares / hidden - mean * mean + kEpsilon);
      for (int i = 0; i < hidden; ++i) {
        const float a = float_of(half_of(h[size_t(t) * hidden + i] * gamma[i]));
        scaled.push_back(a), normed.push_back(float(scale * (a - mean * gamma[i]) + beta[i]));
      }
    }
    const Matrix of_h = statistics(h, tokens, hidden, ld);
    for (size_t i = 0; i < of_h.size(); ++i)
      if (int(i / 2 % ld) < tokens) stats[i] = of_h[i];
  }

  /** [stat_pairs(hidden)][ld] pairs; of a feature, the pair that layout.h says. Those of absent tokens are 0. */
  static Matrix statistics(const Matrix& h, int tokens, int hidden, int ld) {
    Matrix pairs(size_t(stat_pairs(hidden)) * ld * 2);
    for (int t = 0; t < tokens; ++t)
      for (int f = 0; f < hidden; ++f) {
        float* pair = &pairs[(size_t(f / 128 * 2 + f / 16 % 2) * ld + t) * 2];
        pair[0] += h[size_t(t) * hidden + f], pair[1] += h[size_t(t) * hidden + f] * h[size_t(t) * hidden + f];
      }
    return pairs;
  }
  /** What a kernel wrote, without what it wrote for absent tokens, which does not matter. */
  static Matrix of_tokens(Matrix pairs, int tokens, int ld) {
    for (size_t i = 0; i < pairs.size(); ++i)
      if (int(i / 2 % ld) >= tokens) pairs[i] = 0;
    return pairs;
  }
  static constexpr int kMaxPairs = 16;
};

/** Integers, all of which must be equal. */
inline void compare_exactly(const std::string& group, const std::string& what, const std::vector<int>& got, const std::vector<int>& want) {
  ++cases[group];
  worst[group] += 0;
  size_t different = 0, first = 0;
  for (size_t i = want.size(); i-- > 0;)
    if (got[i] != want[i]) ++different, first = i;
  if (different == 0) return;
  ++failures;
  std::printf("FAILED %s: %s: %zu of %zu integers differ, the first at %zu: got %d want %d\n", group.c_str(), what.c_str(), different, want.size(),
              first, got[first], want[first]);
}

}  // namespace filigree
