package dev.filigree.runtime.kernel.cuda;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.List;

/**
 * A weight matrix in int8 as the file has it, in the form of {@link KeptWeights}: {@code weight = code * scale of its row}.
 *
 * @param masks as there
 * @param codes as there, in [-127, 127]
 * @param scales {@code [rows]}, in the order of the outputs
 */
record CodeWeights(byte[] masks, byte[] codes, float[] scales) {
    private static final ValueLayout.OfFloat SCALE = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Whether all matrices are stored in int8. */
    static boolean holds(Collection<Matrix> matrices) {
        return matrices.stream().allMatch(matrix -> matrix.dtype() == DType.INT8);
    }

    /** Matrices in int8 of the same inputs one below the other, as one. */
    static CodeWeights of(List<Matrix> matrices) {
        float[] weights = KeptWeights.joined(matrices);
        int inputs = matrices.getFirst().columns();
        float[] scales = new float[weights.length / inputs];
        int first = 0;
        for (Matrix matrix : matrices) {
            for (int row = 0; row < matrix.rows(); row++) {
                switch (matrix) {
                    case DenseMatrix dense -> scales[first + row] = scale(dense.scales(), row);
                    case SparseMatrix sparse -> scales[first + sparse.originalRow(row)] = scale(sparse.scales(), row);
                }
            }
            first += matrix.rows();
        }
        // A weight is its code times its scale, rounded once: their quotient is the code but for a few parts in ten million.
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) Math.rint(weights[i] / scales[i / inputs]);
        }
        KeptWeights kept = KeptWeights.of(weights);
        byte[] codes = new byte[kept.values().length];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = (byte) kept.values()[i];
        }
        return new CodeWeights(kept.masks(), codes, scales);
    }

    boolean isSparse() {
        return masks.length > 0;
    }

    private static float scale(MemorySegment scales, int row) {
        return scales.getAtIndex(SCALE, row);
    }
}
