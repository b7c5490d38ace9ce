package dev.filigree.format;

/** Packing and unpacking of matrices. */
final class MatrixCodec {
    private MatrixCodec() {}

    static DenseMatrix packDense(float[] weights, int rows, int columns, DType dtype) {
        throw new IllegalStateException("to come");
    }

    static SparseMatrix packSparse(float[] weights, int rows, int columns, Sparsity sparsity, DType dtype, int[] rowOrder) {
        throw new IllegalStateException("to come");
    }

    static float[] unpack(Matrix matrix) {
        throw new IllegalStateException("to come");
    }

    static int patternId(SparseMatrix matrix, int blockRow, int group) {
        throw new IllegalStateException("to come");
    }
}
