// The same operations in plain C++, fp32 storage with fp64 sums: what every kernel is compared with. [tokens][features].
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

namespace filigree::reference {

using Matrix = std::vector<float>;

/** y[t][o] = sum_k w[o][k] x[t][k] + bias[o] (bias may be empty). */
inline Matrix linear(const Matrix& x, const Matrix& w, const Matrix& bias, int tokens, int rows, int inputs) {
  Matrix y(size_t(tokens) * rows);
  for (int t = 0; t < tokens; ++t)
    for (int o = 0; o < rows; ++o) {
      double sum = bias.empty() ? 0.0 : bias[o];
      const float *a = &x[size_t(t) * inputs], *b = &w[size_t(o) * inputs];
      for (int k = 0; k < inputs; ++k) sum += double(a[k]) * b[k];
      y[size_t(t) * rows + o] = float(sum);
    }
  return y;
}

inline void gelu(Matrix& x) {
  for (float& v : x) v = float(0.5 * v * (1.0 + std::erf(v / std::sqrt(2.0))));
}

inline Matrix add(const Matrix& a, const Matrix& b) {
  Matrix y(a.size());
  for (size_t i = 0; i < a.size(); ++i) y[i] = a[i] + b[i];
  return y;
}

inline Matrix layernorm(const Matrix& x, const Matrix& gamma, const Matrix& beta, int hidden, double epsilon) {
  Matrix y(x.size());
  for (size_t row = 0; row < x.size(); row += hidden) {
    double mean = 0, square = 0;
    for (int i = 0; i < hidden; ++i) mean += x[row + i];
    mean /= hidden;
    for (int i = 0; i < hidden; ++i) square += (x[row + i] - mean) * (x[row + i] - mean);
    const double scale = 1.0 / std::sqrt(square / hidden + epsilon);
    for (int i = 0; i < hidden; ++i) y[row + i] = float((x[row + i] - mean) * scale * gamma[i] + beta[i]);
  }
  return y;
}

/** Activations as codes of one scale a token: max |v| / 127, rounded to nearest, ties to even. */
struct Quantised {
  std::vector<int> codes;
  std::vector<float> scales;

  Matrix values() const {
    Matrix v(codes.size());
    for (size_t i = 0; i < v.size(); ++i) v[i] = codes[i] * scales[i / (codes.size() / scales.size())];
    return v;
  }
};

inline Quantised quantised(const Matrix& x, int features) {
  Quantised q;
  for (size_t row = 0; row < x.size(); row += features) {
    float high = 0;
    for (int i = 0; i < features; ++i) high = std::max(high, std::fabs(x[row + i]));
    const float steps = high > 1e-30f ? 127.0f / high : 0.0f;
    for (int i = 0; i < features; ++i) q.codes.push_back(int(std::nearbyint(x[row + i] * steps)));
    q.scales.push_back(high / 127.0f);
  }
  return q;
}

/** sums[t][o] = sum_k w[o][k] x[t][k], in integers. */
inline std::vector<int> integer_linear(const std::vector<int>& x, const std::vector<int>& w, int tokens, int rows, int inputs) {
  std::vector<int> y(size_t(tokens) * rows);
  for (int t = 0; t < tokens; ++t)
    for (int o = 0; o < rows; ++o) {
      int sum = 0;
      for (int k = 0; k < inputs; ++k) sum += x[size_t(t) * inputs + k] * w[size_t(o) * inputs + k];
      y[size_t(t) * rows + o] = sum;
    }
  return y;
}

/** qkv [tokens][3 hidden]; sequence s is tokens starts[s] .. starts[s + 1] - 1. */
inline Matrix attention(const Matrix& qkv, const std::vector<int>& starts, int hidden, int head) {
  const int tokens = starts.back(), wide = 3 * hidden;
  Matrix out(size_t(tokens) * hidden);
  std::vector<double> p;
  for (size_t s = 0; s + 1 < starts.size(); ++s)
    for (int h = 0; h < hidden; h += head)
      for (int q = starts[s]; q < starts[s + 1]; ++q) {
        p.assign(starts[s + 1] - starts[s], 0.0);
        double high = -INFINITY, total = 0;
        for (size_t k = 0; k < p.size(); ++k) {
          for (int i = 0; i < head; ++i)
            p[k] += double(qkv[size_t(q) * wide + h + i]) * qkv[(starts[s] + k) * wide + hidden + h + i];
          high = std::max(high, p[k] /= std::sqrt(double(head)));
        }
        for (double& v : p) total += v = std::exp(v - high);
        for (int i = 0; i < head; ++i) {
          double sum = 0;
          for (size_t k = 0; k < p.size(); ++k) sum += p[k] * qkv[(starts[s] + k) * wide + 2 * hidden + h + i];
          out[size_t(q) * hidden + h + i] = float(sum / total);
        }
      }
  return out;
}

}  // namespace filigree::reference
