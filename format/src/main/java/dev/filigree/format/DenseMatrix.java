package dev.filigree.format;

import java.lang.foreign.MemorySegment;

/**
 * A dense matrix: values row-major {@code [rows, columns]}.
 *
 * @param rows outputs
 * @param columns inputs
 * @param dtype how the values are stored
 * @param values {@code rows * columns} values, little endian; for {@link DType#INT4} two a byte, the even column in the low four bits, and
 *     each row begins a byte
 * @param scales one fp32 a row for {@link DType#INT8}, {@code [rows, ceil(columns / 32)]} fp16 for {@link DType#INT4}, empty otherwise
 */
public record DenseMatrix(int rows, int columns, DType dtype, MemorySegment values, MemorySegment scales) implements Matrix {
    /**
     * Stores a row-major {@code [rows, columns]} matrix; INT8 takes symmetric per-row scales {@code max|w| / 127}, INT4 for each group of
     * columns the scale with the least squared error.
     *
     * @throws IllegalArgumentException when the length does not fit or a value is not finite
     */
    public static DenseMatrix of(float[] weights, int rows, int columns, DType dtype) {
        return MatrixCodec.packDense(weights, rows, columns, dtype);
    }

    /**
     * Stores a row-major {@code [rows, columns]} matrix as INT8 with chosen scales; codes are rounded half to even and clamped to
     * {@code [-127, 127]}.
     *
     * @param scales positive and finite, one a row
     * @throws IllegalArgumentException when a length does not fit, or a value or scale is not valid
     */
    public static DenseMatrix ofInt8(float[] weights, int rows, int columns, float[] scales) {
        return MatrixCodec.packDense(weights, rows, columns, scales);
    }

    /**
     * Writes one row of weights as fp32.
     *
     * @param to receives {@code columns} weights from {@code at} on
     * @throws IllegalStateException when the file that the matrix was opened from is closed
     */
    public void decodeRow(int row, float[] to, int at) {
        ValueCodec.decodeRow(values, row, columns, dtype, scales, to, at);
    }

    @Override
    public Sparsity sparsity() {
        return Sparsity.DENSE;
    }

    @Override
    public float[] toFloats() {
        return MatrixCodec.unpack(this);
    }

    @Override
    public long storedBytes() {
        return values.byteSize() + scales.byteSize();
    }
}
