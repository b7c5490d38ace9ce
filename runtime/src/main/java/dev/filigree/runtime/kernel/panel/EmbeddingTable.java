package dev.filigree.runtime.kernel.panel;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;

/**
 * Rows of an embedding, decoded when they are read: the largest matrix of a model stays in the file's memory, of which a call touches a
 * few rows.
 */
final class EmbeddingTable {
    private final DenseMatrix matrix;

    EmbeddingTable(Matrix matrix) {
        this.matrix = switch (matrix) {
            case DenseMatrix dense -> dense;
            case SparseMatrix sparse -> DenseMatrix.of(sparse.toFloats(), sparse.rows(), sparse.columns(), DType.FP32);
        };
    }

    /**
     * Adds a row to {@code sum}, {@code [hidden]}.
     *
     * @param scratch as long; overwritten
     */
    void add(int row, float[] sum, float[] scratch) {
        matrix.decodeRow(row, scratch, 0);
        for (int i = 0; i < sum.length; i++) {
            sum[i] += scratch[i];
        }
    }
}
