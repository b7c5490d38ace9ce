package dev.filigree.format;

/**
 * One tensor of a model, as a listing shows it.
 *
 * @param name for example {@code layers.0.query.weight} or {@code embeddings.norm.gamma}
 * @param rows outputs, entries, or the length of a vector
 * @param columns inputs or hidden width; 1 for a vector
 * @param dtype how the values are stored
 * @param sparsity of a matrix; {@link Sparsity#DENSE} for a vector
 * @param bytes what it takes in the file, padding left out
 */
public record TensorSummary(String name, int rows, int columns, DType dtype, Sparsity sparsity, long bytes) {
    static TensorSummary of(String name, Matrix matrix) {
        return new TensorSummary(name, matrix.rows(), matrix.columns(), matrix.dtype(), matrix.sparsity(), matrix.storedBytes());
    }

    static TensorSummary of(String name, float[] vector) {
        return new TensorSummary(name, vector.length, 1, DType.FP32, Sparsity.DENSE, (long) vector.length * Float.BYTES);
    }

    /** Weights it stands for, pruned ones included. */
    public long weights() {
        return (long) rows * columns;
    }
}
