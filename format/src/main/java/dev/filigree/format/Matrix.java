package dev.filigree.format;

/**
 * A weight matrix as stored: {@code [rows, columns]} = {@code [outputs, inputs]} for a linear layer, {@code [entries, hidden]} for an
 * embedding. Immutable; its memory belongs to the file it was opened from, or to the heap.
 */
public sealed interface Matrix permits DenseMatrix, SparseMatrix {
    /** Outputs (or embedding entries). */
    int rows();

    /** Inputs (or hidden width). */
    int columns();

    /** How the values are stored. */
    DType dtype();

    /** The sparsity, {@link Sparsity#DENSE} for a dense matrix. */
    Sparsity sparsity();

    /**
     * The weights as fp32, row-major {@code [rows, columns]}, rows in their original order, dequantised, zeros where pruned.
     *
     * @throws IllegalStateException when the file that it was opened from is closed
     * @throws java.io.UncheckedIOException when the matrix is in a mapped file that has been cut short since it was opened
     */
    float[] toFloats();

    /** Bytes the values, scales, pattern ids and row order take in the file, padding left out. */
    long storedBytes();
}
