// IEEE binary16 on the host, round to nearest even.
#pragma once
#include <stdint.h>

#include <cstring>

namespace filigree {

inline uint16_t half_of(float f) {
  uint32_t x;
  std::memcpy(&x, &f, 4);
  const uint16_t sign = uint16_t(x >> 16 & 0x8000);
  x &= 0x7fffffff;
  if (x > 0x7f800000) return sign | 0x7e00;
  if (x >= 0x477ff000) return sign | 0x7c00;
  if (x < 0x38800000) {  // subnormal or zero: let fp32 addition do the rounding
    float magnitude;
    std::memcpy(&magnitude, &x, 4);
    magnitude += 0.5f;
    std::memcpy(&x, &magnitude, 4);
    return sign | uint16_t(x - 0x3f000000);
  }
  return sign | uint16_t((x - 0x38000000 + 0xfff + (x >> 13 & 1)) >> 13);
}

inline float float_of(uint16_t h) {
  const uint32_t sign = uint32_t(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff;
  uint32_t x;
  if (exponent == 31) x = sign | 0x7f800000 | fraction << 13;
  else if (exponent != 0) x = sign | (exponent + 112) << 23 | fraction << 13;
  else {
    const float magnitude = fraction * (1.0f / 16777216.0f);
    std::memcpy(&x, &magnitude, 4);
    x |= sign;
  }
  float f;
  std::memcpy(&f, &x, 4);
  return f;
}

}  // namespace filigree
