// From the packed file's order to the tensor cores' order (layout.h), once at load, on the device.
//
// relayout_sparse: patterns are one byte per pattern block, [rows / v][inputs / 4], four-bit masks (bit i: input i of the four
//   is kept) with one or two ones; values fp16, row-major, only the kept ones in input order, `per_four` (1 or 2) for every
//   four inputs. So 2:4@v and 1:4@v both fit: where a second value is missing a zero takes the nearest free place, because
//   mma.sp wants two ascending indices. row_order (null: the identity) says which output a stored row is.
// relayout_dense: values fp16 row-major [rows][inputs].
// Rows past the end (up to the next multiple of 128) become zeros. One thread per row and 16 inputs, a 32-byte read and a few
// scattered writes; BERT-base takes well under a millisecond, so only one version was written.
#include "intrinsics.cuh"
#include "layout.h"

using namespace filigree;

extern "C" __global__ void relayout_sparse(const uint8_t* __restrict__ patterns, const __half* __restrict__ values,
                                           const int* __restrict__ row_order, uint8_t* __restrict__ weights, int rows, int inputs,
                                           int v, int per_four) {
  const int quarters = inputs / 16;
  const int n = blockIdx.x * blockDim.x + threadIdx.x;
  if (n >= padded_rows(rows) * quarters) return;
  const int row = n / quarters, quarter = n % quarters, chunk = quarter >> 2;
  const int output = row_order && row < rows ? row_order[row] : row;
  uint8_t* block = weights + (size_t(output / kBlockRows) * (inputs / kBlockInputs) + chunk) * kSparseBlockBytes;
  unsigned meta = 0;
  for (int four = 0; four < 4; ++four) {
    unsigned index[2] = {0, 1};
    __half value[2] = {__half(0.0f), __half(0.0f)};
    if (row < rows) {
      const int group = quarter * 4 + four;
      const unsigned mask = patterns[size_t(row / v) * (inputs / 4) + group];
      const __half* kept = values + (size_t(row) * (inputs / 4) + group) * per_four;
      const unsigned first = __ffs(mask) - 1, rest = mask & (mask - 1);
      if (rest != 0) {
        index[0] = first, index[1] = __ffs(rest) - 1;
        value[0] = kept[0], value[1] = kept[1];
      } else if (mask != 0) {
        const int place = first == 3 ? 1 : 0;
        index[place] = first, index[1 - place] = place ? first - 1 : first + 1;
        value[place] = kept[0];
      }
    }
    meta |= (index[0] | index[1] << 2) << (4 * four);
    const int at = ((quarter & 3) * 4 + four) * 2;
    *reinterpret_cast<__half*>(block + sparse_value_offset(output, at)) = value[0];
    *reinterpret_cast<__half*>(block + sparse_value_offset(output, at + 1)) = value[1];
  }
  *reinterpret_cast<uint16_t*>(block + sparse_meta_offset(output, quarter & 3)) = uint16_t(meta);
}

extern "C" __global__ void relayout_dense(const __half* __restrict__ values, uint8_t* __restrict__ weights, int rows,
                                          int inputs) {
  const int eighths = inputs / 8;
  const int n = blockIdx.x * blockDim.x + threadIdx.x;
  if (n >= padded_rows(rows) * eighths) return;
  const int row = n / eighths, eighth = n % eighths;
  uint8_t* block = weights + (size_t(row / kBlockRows) * (inputs / kBlockInputs) + (eighth >> 3)) * kDenseBlockBytes;
  const uint4 v = row < rows ? *reinterpret_cast<const uint4*>(values + size_t(row) * inputs + eighth * 8) : make_uint4(0, 0, 0, 0);
  *reinterpret_cast<uint4*>(block + dense_value_offset(row, (eighth & 7) * 8)) = v;
}
