// Random inputs and the conversions between a host's row-major numbers and the device's layouts.
#pragma once
#include <stdint.h>

#include <cstring>
#include <utility>
#include <vector>

#include "../../main/cuda/layout.h"
#include "half.h"

namespace filigree {

struct Random {
  uint64_t state;
  explicit Random(uint64_t seed) : state(seed * 0x9E3779B97F4A7C15ull + 0x1234567ull) {}
  uint32_t next() {  // xorshift64*, Vigna 2016
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    return uint32_t((state * 0x2545F4914F6CDD1Dull) >> 32);
  }
  int below(int n) { return int((uint64_t(next()) * n) >> 32); }
  /** Roughly normal, mean 0, standard deviation 1. */
  float normal() {
    const uint32_t a = next(), b = next();
    return ((a & 0xffff) + (a >> 16) + (b & 0xffff) + (b >> 16) - 131070.0f) * (1.0f / 37836.7f);
  }
};

inline std::vector<float> random_floats(Random& r, size_t n, float scale, float offset = 0.0f) {
  std::vector<float> v(n);
  for (float& x : v) x = offset + scale * r.normal();
  return v;
}

inline std::vector<uint16_t> to_halves(const std::vector<float>& v) {
  std::vector<uint16_t> h(v.size());
  for (size_t i = 0; i < v.size(); ++i) h[i] = half_of(v[i]);
  return h;
}

/** Rounds in place, so that the reference sees what the kernel sees. */
inline void round_to_half(std::vector<float>& v) {
  for (float& x : v) x = float_of(half_of(x));
}

/** [tokens][features] to device activations; places of absent tokens hold NaN. */
inline std::vector<uint16_t> to_activations(const std::vector<float>& v, int tokens, int features, int ld) {
  std::vector<uint16_t> h(size_t(features) * ld, 0x7e00);
  for (int t = 0; t < tokens; ++t)
    for (int f = 0; f < features; ++f) h[activation_offset(f, t, ld)] = half_of(v[size_t(t) * features + f]);
  return h;
}

inline std::vector<float> from_activations(const std::vector<uint16_t>& h, int tokens, int features, int ld) {
  std::vector<float> v(size_t(tokens) * features);
  for (int t = 0; t < tokens; ++t)
    for (int f = 0; f < features; ++f) v[size_t(t) * features + f] = float_of(h[activation_offset(f, t, ld)]);
  return v;
}

/** [tokens][features] codes to the device's order; places of absent tokens and padding hold a code that would be noticed. */
inline std::vector<uint8_t> to_codes(const std::vector<int>& v, int tokens, int features, int ld) {
  std::vector<uint8_t> codes(size_t(chunks_of(features, true)) * 128 * ld, 0x55);
  for (int t = 0; t < tokens; ++t)
    for (int f = 0; f < features; ++f) codes[code_offset(f, t, ld)] = uint8_t(v[size_t(t) * features + f]);
  return codes;
}

/** A linear layer's weight as a packed file holds it. per_four 0: dense. */
struct PackedWeight {
  int rows, inputs, v, per_four;
  std::vector<uint8_t> patterns;  // [rows / v][inputs / 4]
  std::vector<uint16_t> values;   // kept values, row-major; in int8 the codes, as halves
  std::vector<int> row_order;     // stored row r is output row_order[r]; empty: the identity
  std::vector<float> scales;      // int8: of each output; empty: fp16

  bool int8() const { return !scales.empty(); }
  /** As they are, or in int8 the codes. */
  std::vector<float> to_dense_values() const {
    std::vector<float> w(size_t(rows) * inputs);
    size_t at = 0;
    for (int r = 0; r < rows; ++r)
      for (int k = 0; k < inputs; ++k)
        if (per_four == 0 || patterns[size_t(r / v) * (inputs / 4) + k / 4] >> (k % 4) & 1)
          w[size_t(row_order.empty() ? r : row_order[r]) * inputs + k] = float_of(values[at++]);
    return w;
  }
  std::vector<float> to_dense() const {
    std::vector<float> w = to_dense_values();
    if (int8())
      for (size_t i = 0; i < w.size(); ++i) w[i] *= scales[i / inputs];
    return w;
  }
};

inline PackedWeight random_weight(Random& r, int rows, int inputs, int v, int per_four, float scale) {
  PackedWeight w{rows, inputs, v, per_four, {}, {}, {}, {}};
  static const uint8_t kTwo[6] = {3, 5, 6, 9, 10, 12};
  if (per_four != 0)
    for (int i = 0; i < rows / v * (inputs / 4); ++i) w.patterns.push_back(per_four == 2 ? kTwo[r.below(6)] : uint8_t(1 << r.below(4)));
  if (per_four != 0 && v > 1) {  // rows regrouped so that similar ones share a block
    for (int i = 0; i < rows; ++i) w.row_order.push_back(i);
    for (int i = rows - 1; i > 0; --i) std::swap(w.row_order[i], w.row_order[r.below(i + 1)]);
  }
  w.values.resize(size_t(rows) * inputs / 4 * (per_four ? per_four : 4));
  for (uint16_t& x : w.values) x = half_of(scale * r.normal());
  return w;
}

/** The same in int8: every code is as likely, and each extreme one is there. `scale` is roughly the weights' deviation. */
inline PackedWeight random_int8_weight(Random& r, int rows, int inputs, int v, int per_four, float scale) {
  PackedWeight w = random_weight(r, rows, inputs, v, per_four, 1.0f);
  for (uint16_t& x : w.values) x = half_of(float(r.below(255) - 127));
  for (int i = 0; i < rows; ++i) w.scales.push_back(scale * (0.5f + r.below(1000) / 1000.0f) / 73.0f);
  return w;
}

}  // namespace filigree
