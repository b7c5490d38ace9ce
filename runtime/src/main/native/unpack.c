// What a file stores, as the layouts start from it: in C, since a new JVM would take longer than the rest of opening a file.
#include <stddef.h>

#include "filigree.h"

int32_t fg_list_inputs(const uint8_t* ids, int32_t width, const uint32_t* patterns, int32_t count, int32_t m, int32_t kept, int32_t blocks,
                       int32_t groups, int32_t* inputs) {
  uint64_t bits = 0;
  int32_t held = 0;
  for (int32_t block = 0; block < blocks; ++block)
    for (int32_t group = 0; group < groups; ++group) {
      for (; held < width; held += 8) bits |= (uint64_t)*ids++ << held;
      const uint32_t id = (uint32_t)(bits & ((UINT64_C(1) << width) - 1));
      bits >>= width;
      held -= width;
      if (id >= (uint32_t)count || __builtin_popcount(patterns[id]) != kept) return 0;
      for (uint32_t mask = patterns[id]; mask != 0; mask &= mask - 1) *inputs++ = group * m + __builtin_ctz(mask);
    }
  return 1;
}

void fg_scale_rows(const int8_t* codes, const float* scales, int32_t rows, int32_t columns, float* values) {
  for (int32_t row = 0; row < rows; ++row)
    for (int32_t i = 0; i < columns; ++i) *values++ = (float)*codes++ * scales[row];
}
