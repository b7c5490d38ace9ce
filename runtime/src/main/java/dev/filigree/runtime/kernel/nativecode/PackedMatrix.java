package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A weight cut into blocks of rows that keep the same inputs and tiles of rows within a block, on the heap; {@code fg_matrix} in
 * {@code filigree.h} says how. Exactly one of {@code values} and {@code codes} holds the weights.
 *
 * @param rows outputs
 * @param columns inputs
 * @param tile rows of a tile
 * @param tilesPerBlock tiles of a block
 * @param kept inputs a block keeps; even for codes
 * @param inputs {@code [blocks][kept]}
 * @param values fp32 weights {@code [tiles][kept][tile]}, empty for int8
 * @param codes int8 codes {@code [tiles][kept / 2][tile][2]}, empty for fp32
 * @param scales of the codes, {@code [tiles * tile]}
 * @param outputs the output of each row of a tile, -1 for those that only fill it up, {@code [tiles * tile]}
 */
record PackedMatrix(
        int rows,
        int columns,
        int tile,
        int tilesPerBlock,
        int kept,
        int[] inputs,
        float[] values,
        short[] codes,
        float[] scales,
        int[] outputs) {
    /** Blocks of fewer rows are run as dense ones: picking their inputs would cost more than the products they save. */
    private static final int LEAST_ROWS = 4;

    /** Rows of a dense matrix that are taken together: enough to make picking the inputs cheap, few enough to share them out. */
    private static final int DENSE_BLOCK = 32;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Where the weights come from, in stored order. */
    private interface Rows {
        float value(int row, int index);
    }

    /** Lays a matrix out for tiles of at most {@code widestTile} rows. */
    static PackedMatrix of(Matrix matrix, int widestTile) {
        return switch (matrix) {
            case SparseMatrix sparse when sparse.sparsity().v() >= LEAST_ROWS -> sparse(sparse, widestTile);
            case SparseMatrix sparse -> dense(expanded(sparse), widestTile);
            case DenseMatrix dense -> dense(dense, widestTile);
        };
    }

    int blocks() {
        return inputs.length / kept;
    }

    boolean int8() {
        return codes.length > 0;
    }

    /** The largest sum of the magnitudes of a row's codes: what bounds a sum of products. */
    long largestCodeSum() {
        long largest = 0;
        for (int first = 0; first < codes.length; first += kept * tile) {
            long[] sums = new long[tile];
            for (int i = 0; i < kept * tile; i++) {
                sums[i / 2 % tile] += Math.abs(codes[first + i]);
            }
            largest = Math.max(largest, Arrays.stream(sums).max().orElseThrow());
        }
        return largest;
    }

    /** The same weights, the same codes, with the zeros. */
    private static DenseMatrix expanded(SparseMatrix sparse) {
        float[] weights = sparse.toFloats();
        if (sparse.dtype() != DType.INT8) {
            return DenseMatrix.of(weights, sparse.rows(), sparse.columns(), DType.FP32);
        }
        float[] scales = new float[sparse.rows()];
        for (int row = 0; row < scales.length; row++) {
            scales[sparse.originalRow(row)] = sparse.scales().getAtIndex(FLOAT, row);
        }
        return DenseMatrix.ofInt8(weights, sparse.rows(), sparse.columns(), scales);
    }

    private static PackedMatrix dense(DenseMatrix matrix, int widestTile) {
        int columns = matrix.columns();
        int[] all = IntStream.range(0, columns).toArray();
        int[][] inputs = new int[Math.ceilDiv(matrix.rows(), DENSE_BLOCK)][];
        Arrays.fill(inputs, all);
        int[] identity = IntStream.range(0, matrix.rows()).toArray();
        if (matrix.dtype() == DType.INT8) {
            MemorySegment values = matrix.values();
            return pack(matrix, DENSE_BLOCK, widestTile, inputs, identity, matrix.scales(),
                    (row, i) -> values.get(ValueLayout.JAVA_BYTE, (long) row * columns + i));
        }
        float[] weights = matrix.toFloats();
        return pack(matrix, DENSE_BLOCK, widestTile, inputs, identity, matrix.scales(), (row, i) -> weights[row * columns + i]);
    }

    private static PackedMatrix sparse(SparseMatrix matrix, int widestTile) {
        int v = matrix.sparsity().v();
        int m = matrix.sparsity().m();
        int columns = matrix.columns();
        int kept = matrix.keptPerRow();
        int[][] inputs = new int[matrix.sparsity().blockRows(matrix.rows())][kept];
        for (int block = 0; block < inputs.length; block++) {
            int next = 0;
            for (int group = 0; group < matrix.sparsity().groups(columns); group++) {
                for (int mask = matrix.mask(block, group); mask != 0; mask &= mask - 1) {
                    inputs[block][next++] = group * m + Integer.numberOfTrailingZeros(mask);
                }
            }
        }
        int[] outputs = IntStream.range(0, matrix.rows()).map(matrix::originalRow).toArray();
        int tile = v % widestTile == 0 ? widestTile : LEAST_ROWS;
        if (matrix.dtype() == DType.INT8) {
            MemorySegment values = matrix.values();
            return pack(matrix, v, tile, inputs, outputs, matrix.scales(),
                    (row, i) -> inputs[row / v][i] < columns ? values.get(ValueLayout.JAVA_BYTE, (long) row * kept + i) : 0);
        }
        float[] weights = matrix.toFloats();
        return pack(matrix, v, tile, inputs, outputs, matrix.scales(),
                (row, i) -> inputs[row / v][i] < columns ? weights[outputs[row] * columns + inputs[row / v][i]] : 0);
    }

    private static PackedMatrix pack(
            Matrix matrix, int blockRows, int tile, int[][] inputs, int[] outputs, MemorySegment scales, Rows weights) {
        boolean int8 = matrix.dtype() == DType.INT8;
        int stored = inputs[0].length;
        int kept = int8 ? stored + stored % 2 : stored;
        int tilesPerBlock = Math.ceilDiv(blockRows, tile);
        int padded = Math.multiplyExact(inputs.length, tilesPerBlock * tile);
        int[] laidInputs = new int[Math.multiplyExact(inputs.length, kept)];
        float[] values = new float[int8 ? 0 : Math.multiplyExact(padded, kept)];
        short[] codes = new short[int8 ? Math.multiplyExact(padded, kept) : 0];
        float[] laidScales = new float[int8 ? padded : 0];
        int[] laidOutputs = new int[padded];
        Arrays.fill(laidOutputs, -1);
        for (int block = 0; block < inputs.length; block++) {
            for (int i = 0; i < kept; i++) {
                // A short last group may keep inputs beyond the last column, and an odd number of codes is filled up: both weigh nothing.
                laidInputs[block * kept + i] = Math.min(inputs[block][Math.min(i, stored - 1)], matrix.columns() - 1);
            }
            for (int row = block * blockRows; row < Math.min((block + 1) * blockRows, matrix.rows()); row++) {
                int inBlock = row - block * blockRows;
                int at = block * tilesPerBlock * tile + inBlock;
                int tileStart = (at - at % tile) * kept;
                laidOutputs[at] = outputs[row];
                if (int8) {
                    laidScales[at] = scales.getAtIndex(FLOAT, row);
                }
                for (int i = 0; i < stored; i++) {
                    if (int8) {
                        codes[tileStart + (i / 2 * tile + at % tile) * 2 + i % 2] = (short) weights.value(row, i);
                    } else {
                        values[tileStart + i * tile + at % tile] = weights.value(row, i);
                    }
                }
            }
        }
        return new PackedMatrix(
                matrix.rows(), matrix.columns(), tile, tilesPerBlock, kept, laidInputs, values, codes, laidScales, laidOutputs);
    }
}
