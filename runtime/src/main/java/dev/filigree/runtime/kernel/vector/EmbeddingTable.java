package dev.filigree.runtime.kernel.vector;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Rows of an embedding, decoded when they are read: the largest matrix of a model stays in the file's memory, of which a call touches a
 * few rows.
 */
final class EmbeddingTable {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final DenseMatrix matrix;

    EmbeddingTable(Matrix matrix) {
        this.matrix = switch (matrix) {
            case DenseMatrix dense -> dense;
            case SparseMatrix sparse -> DenseMatrix.of(sparse.toFloats(), sparse.rows(), sparse.columns(), DType.FP32);
        };
    }

    /** Adds a row to {@code sum}, {@code [hidden]}. */
    void add(int row, float[] sum) {
        int columns = matrix.columns();
        long first = (long) row * columns;
        MemorySegment values = matrix.values();
        switch (matrix.dtype()) {
            case FP32 -> {
                for (int i = 0; i < columns; i++) {
                    sum[i] += values.getAtIndex(FLOAT, first + i);
                }
            }
            case FP16 -> {
                for (int i = 0; i < columns; i++) {
                    sum[i] += Float.float16ToFloat(values.getAtIndex(SHORT, first + i));
                }
            }
            case INT8 -> {
                float scale = matrix.scales().getAtIndex(FLOAT, row);
                for (int i = 0; i < columns; i++) {
                    sum[i] += values.get(ValueLayout.JAVA_BYTE, first + i) * scale;
                }
            }
        }
    }
}
