package dev.filigree.pruner.export;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A matrix in int8, zeros where it is pruned: {@code weight = code * scale[row]}.
 *
 * @param rowMajor codes in [-127, 127], {@code [rows, columns]}, rows in their original order
 * @param scales one a row
 */
record Codes(byte[] rowMajor, float[] scales) {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The file's own codes and scales where it has them; otherwise the weights rounded with scales {@code max|w| / 127}. */
    static Codes of(Matrix matrix) {
        DenseMatrix dense = switch (matrix) {
            case DenseMatrix stored when stored.dtype() == DType.INT8 -> stored;
            case SparseMatrix stored when stored.dtype() == DType.INT8 ->
                    // code * scale, divided by the same scale, rounds to the code again.
                    DenseMatrix.ofInt8(stored.toFloats(), stored.rows(), stored.columns(), originalScales(stored));
            default -> DenseMatrix.of(matrix.toFloats(), matrix.rows(), matrix.columns(), DType.INT8);
        };
        return new Codes(dense.values().toArray(ValueLayout.JAVA_BYTE), dense.scales().toArray(FLOAT));
    }

    /** The codes of matrices of as many columns, transposed and side by side: {@code [columns, rows of all]}. */
    static byte[] columnMajor(List<Codes> matrices) {
        int width = matrices.stream().mapToInt(matrix -> matrix.scales.length).sum();
        int columns = matrices.getFirst().rowMajor.length / matrices.getFirst().scales.length;
        byte[] result = new byte[Math.multiplyExact(columns, width)];
        int at = 0;
        for (Codes matrix : matrices) {
            for (int row = 0; row < matrix.scales.length; row++, at++) {
                for (int column = 0; column < columns; column++) {
                    result[column * width + at] = matrix.rowMajor[row * columns + column];
                }
            }
        }
        return result;
    }

    private static float[] originalScales(SparseMatrix matrix) {
        float[] scales = new float[matrix.rows()];
        for (int row = 0; row < scales.length; row++) {
            scales[matrix.originalRow(row)] = matrix.scales().getAtIndex(FLOAT, row);
        }
        return scales;
    }
}
