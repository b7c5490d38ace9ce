// From the packed file's order to the tensor cores' order (layout.h), once at load, on the device.
//
// relayout_sparse*: patterns are one byte per pattern block, [rows / v][inputs / 4], four-bit masks (bit i: input i of the four
//   is kept) with one or two ones; values fp16, or s8 codes, row-major, only the kept ones in input order, `per_four` (1 or 2) for
//   every four inputs. So 2:4@v and 1:4@v both fit: where a second value is missing a zero takes the nearest free place, because
//   mma.sp wants two ascending indices. row_order (null: the identity) says which output a stored row is.
// relayout_dense*: values row-major [rows][inputs].
// Rows past the end (up to the next multiple of 128), and in int8 inputs past the end, become zeros. One thread per row and 16 inputs
// or 16 bytes, and a few scattered writes; BERT-base takes well under a millisecond, so only one version was written.
#include "intrinsics.cuh"
#include "layout.h"

namespace filigree {

template <bool kInt8, class Value>
__device__ __forceinline__ void relayout_sparse_row(const uint8_t* patterns, const Value* values, const int* row_order, uint8_t* weights, int rows,
                                                    int inputs, int v, int per_four) {
  const int chunks = chunks_of(inputs, kInt8), in_block = block_inputs(kInt8) / 16, pieces = chunks * in_block;
  const int n = blockIdx.x * blockDim.x + threadIdx.x;
  if (n >= padded_rows(rows) * pieces) return;
  const int row = n / pieces, piece = n % pieces, in_row = piece % in_block;
  const int output = row_order && row < rows ? row_order[row] : row;
  uint8_t* block = weights + (size_t(output / kBlockRows) * chunks + piece / in_block) * block_bytes(true, kInt8);
  unsigned meta = 0;
  for (int four = 0; four < 4; ++four) {
    unsigned index[2] = {0, 1};
    Value value[2] = {Value(0), Value(0)};
    if (row < rows && piece * 16 < inputs) {
      const int group = piece * 4 + four;
      const unsigned mask = patterns[size_t(row / v) * (inputs / 4) + group];
      const Value* kept = values + (size_t(row) * (inputs / 4) + group) * per_four;
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
    const int at = (in_row * 4 + four) * 2 * int(sizeof(Value));
    *reinterpret_cast<Value*>(block + sparse_value_offset(output, at)) = value[0];
    *reinterpret_cast<Value*>(block + sparse_value_offset(output, at + sizeof(Value))) = value[1];
  }
  *reinterpret_cast<uint16_t*>(block + sparse_meta_offset(output, in_row, kInt8)) = uint16_t(meta);
}

/** `row_bytes`: of a row's values, a multiple of 16. */
template <bool kInt8>
__device__ __forceinline__ void relayout_dense_row(const uint8_t* values, uint8_t* weights, int rows, int row_bytes) {
  const int chunks = (row_bytes + kTokenRowBytes - 1) / kTokenRowBytes, pieces = chunks * 8;
  const int n = blockIdx.x * blockDim.x + threadIdx.x;
  if (n >= padded_rows(rows) * pieces) return;
  const int row = n / pieces, piece = n % pieces;
  uint8_t* block = weights + (size_t(row / kBlockRows) * chunks + piece / 8) * block_bytes(false, kInt8);
  const bool exists = row < rows && piece * 16 < row_bytes;
  const uint4 v = exists ? *reinterpret_cast<const uint4*>(values + size_t(row) * row_bytes + piece * 16) : make_uint4(0, 0, 0, 0);
  *reinterpret_cast<uint4*>(block + dense_value_offset(row, piece % 8 * 16)) = v;
}

}  // namespace filigree

extern "C" __global__ void relayout_sparse(const uint8_t* __restrict__ patterns, const __half* __restrict__ values,
                                           const int* __restrict__ row_order, uint8_t* __restrict__ weights, int rows, int inputs,
                                           int v, int per_four) {
  filigree::relayout_sparse_row<false>(patterns, values, row_order, weights, rows, inputs, v, per_four);
}

extern "C" __global__ void relayout_sparse_int8(const uint8_t* __restrict__ patterns, const int8_t* __restrict__ values,
                                                const int* __restrict__ row_order, uint8_t* __restrict__ weights, int rows, int inputs,
                                                int v, int per_four) {
  filigree::relayout_sparse_row<true>(patterns, values, row_order, weights, rows, inputs, v, per_four);
}

extern "C" __global__ void relayout_dense(const uint8_t* __restrict__ values, uint8_t* __restrict__ weights, int rows, int inputs) {
  filigree::relayout_dense_row<false>(values, weights, rows, inputs * 2);
}

extern "C" __global__ void relayout_dense_int8(const uint8_t* __restrict__ values, uint8_t* __restrict__ weights, int rows, int inputs) {
  filigree::relayout_dense_row<true>(values, weights, rows, inputs);
}
