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
 * A matrix as every layout for the kernels starts from: rows in stored order, in blocks that keep the same inputs.
 *
 * @param rows outputs
 * @param columns inputs
 * @param blockRows rows of a block; the last may be short
 * @param inputs {@code [blocks][kept]}, rising; of a short last group some may lie beyond the last column, and weigh nothing
 * @param outputs the output of each stored row
 * @param weights the weights, or their codes if they are INT8
 * @param scales of the codes, one a stored row; empty if they are not INT8
 */
record RowBlocks(int rows, int columns, int blockRows, int[][] inputs, int[] outputs, Weights weights, float[] scales) {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The weight, or the code, of a stored row for the {@code index}-th input that its block keeps. */
    interface Weights {
        float value(int row, int index);
    }

    /** Cuts a matrix into its pattern blocks, or a dense one into blocks of {@code denseRows} rows that keep everything. */
    static RowBlocks of(Matrix matrix, int denseRows) {
        return switch (matrix) {
            case SparseMatrix sparse -> sparse(sparse);
            case DenseMatrix dense -> dense(dense, denseRows);
        };
    }

    /** The same weights with the zeros, codes as codes: for patterns that a layout does not follow. */
    static RowBlocks expanded(Matrix matrix, int denseRows) {
        if (!(matrix instanceof SparseMatrix sparse)) {
            return of(matrix, denseRows);
        }
        float[] weights = sparse.toFloats();
        if (sparse.dtype() != DType.INT8) {
            return dense(DenseMatrix.of(weights, sparse.rows(), sparse.columns(), DType.FP32), denseRows);
        }
        float[] scales = new float[sparse.rows()];
        for (int row = 0; row < scales.length; row++) {
            scales[sparse.originalRow(row)] = sparse.scales().getAtIndex(FLOAT, row);
        }
        return dense(DenseMatrix.ofInt8(weights, sparse.rows(), sparse.columns(), scales), denseRows);
    }

    boolean int8() {
        return scales.length > 0;
    }

    /** Inputs that a row keeps. */
    int kept() {
        return inputs[0].length;
    }

    private static RowBlocks dense(DenseMatrix matrix, int blockRows) {
        int columns = matrix.columns();
        int[][] inputs = new int[Math.ceilDiv(matrix.rows(), blockRows)][];
        Arrays.fill(inputs, IntStream.range(0, columns).toArray());
        int[] outputs = IntStream.range(0, matrix.rows()).toArray();
        Weights weights;
        if (matrix.dtype() == DType.INT8) {
            MemorySegment values = matrix.values();
            weights = (row, i) -> values.get(ValueLayout.JAVA_BYTE, (long) row * columns + i);
        } else {
            float[] values = matrix.toFloats();
            weights = (row, i) -> values[row * columns + i];
        }
        return new RowBlocks(matrix.rows(), columns, blockRows, inputs, outputs, weights, scales(matrix, matrix.scales()));
    }

    private static RowBlocks sparse(SparseMatrix matrix) {
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
        Weights weights;
        if (matrix.dtype() == DType.INT8) {
            MemorySegment values = matrix.values();
            weights = (row, i) -> inputs[row / v][i] < columns ? values.get(ValueLayout.JAVA_BYTE, (long) row * kept + i) : 0;
        } else {
            float[] values = matrix.toFloats();
            weights = (row, i) -> inputs[row / v][i] < columns ? values[outputs[row] * columns + inputs[row / v][i]] : 0;
        }
        return new RowBlocks(matrix.rows(), columns, v, inputs, outputs, weights, scales(matrix, matrix.scales()));
    }

    private static float[] scales(Matrix matrix, MemorySegment stored) {
        float[] scales = new float[matrix.dtype() == DType.INT8 ? matrix.rows() : 0];
        for (int row = 0; row < scales.length; row++) {
            scales[row] = stored.getAtIndex(FLOAT, row);
        }
        return scales;
    }
}
