package dev.filigree.format;

import java.lang.foreign.MemorySegment;

/**
 * A pattern-sparse matrix. Stored row {@code r} is output row {@code rowOrder[r]}; V consecutive stored rows by M inputs are a pattern
 * block. For every block, in row-major order of (block row, group), the index of its pattern in {@code patterns} is stored in
 * {@code ceil(log2(patterns.length))} bits, least significant bit first. Values are row-major {@code [rows, keptPerRow]} in stored row
 * order: for each group the kept values by rising input. Where the last group is short, kept positions beyond the last column hold zero.
 *
 * @param rows outputs
 * @param columns inputs
 * @param sparsity N:M@V, not dense
 * @param patterns the pattern set: masks of M bits with N ones, bit j for input j of the group, distinct and rising as unsigned
 *     numbers
 * @param patternIds the bit-packed pattern of every block
 * @param dtype how the values are stored
 * @param values {@code rows * keptPerRow} values
 * @param scales one fp32 a stored row for {@link DType#INT8}, empty otherwise
 * @param rowOrder a permutation of the rows, or empty for the identity
 */
public record SparseMatrix(
        int rows,
        int columns,
        Sparsity sparsity,
        int[] patterns,
        MemorySegment patternIds,
        DType dtype,
        MemorySegment values,
        MemorySegment scales,
        int[] rowOrder)
        implements Matrix {
    /** The default pattern set. */
    private static final int[] ANY = {};

    /**
     * Packs a row-major {@code [rows, columns]} matrix whose zeros already obey the sparsity under the given row order. The pattern set
     * is all C(M, N) patterns, or, where these are more than 65536, those in use. A block with fewer than N non-zero inputs takes the
     * first pattern of the set that keeps them. INT8 takes symmetric per-row scales {@code max|w| / 127}.
     *
     * @param rowOrder stored row r is original row {@code rowOrder[r]}; empty for the identity
     * @throws IllegalArgumentException when a block has non-zero weights at more than N inputs, or a value is not finite
     */
    public static SparseMatrix of(float[] weights, int rows, int columns, Sparsity sparsity, DType dtype, int[] rowOrder) {
        return MatrixCodec.packSparse(weights, rows, columns, sparsity, ANY, dtype, rowOrder);
    }

    /**
     * Packs as {@link #of(float[], int, int, Sparsity, DType, int[])} does, with a pattern set of the caller's choice, in which a block
     * takes the first pattern that keeps its non-zero inputs.
     *
     * @param patterns at least one mask of M bits with N ones, rising as unsigned numbers
     * @throws IllegalArgumentException also when the set is not valid, or has no pattern for a block
     */
    public static SparseMatrix of(
            float[] weights, int rows, int columns, Sparsity sparsity, int[] patterns, DType dtype, int[] rowOrder) {
        return MatrixCodec.packSparse(weights, rows, columns, sparsity, required(patterns), dtype, rowOrder);
    }

    /**
     * Packs as {@link #of(float[], int, int, Sparsity, DType, int[])} does, as INT8 with chosen scales; codes are rounded half to even and
     * clamped to {@code [-127, 127]}.
     *
     * @param scales positive and finite, one for each original row
     * @param rowOrder stored row r is original row {@code rowOrder[r]}; empty for the identity
     * @throws IllegalArgumentException as that does, and when a scale is not valid
     */
    public static SparseMatrix ofInt8(float[] weights, int rows, int columns, Sparsity sparsity, float[] scales, int[] rowOrder) {
        return MatrixCodec.packSparse(weights, rows, columns, sparsity, ANY, scales, rowOrder);
    }

    /** Packs as INT8 with chosen scales and a pattern set of the caller's choice. */
    public static SparseMatrix ofInt8(
            float[] weights, int rows, int columns, Sparsity sparsity, int[] patterns, float[] scales, int[] rowOrder) {
        return MatrixCodec.packSparse(weights, rows, columns, sparsity, required(patterns), scales, rowOrder);
    }

    private static int[] required(int[] patterns) {
        if (patterns.length == 0) {
            throw new IllegalArgumentException("A pattern set needs at least one pattern.");
        }
        return patterns;
    }

    /** The mask of the block at a block row and a group of inputs. */
    public int mask(int blockRow, int group) {
        return patterns[MatrixCodec.patternId(this, blockRow, group)];
    }

    /** Bits of each number in {@link #patternIds}. */
    public int patternIdBits() {
        return PatternSet.idBits(patterns.length);
    }

    /** The masks of all blocks, row-major {@code [block rows, groups]}. */
    public int[] masks() {
        int blocks = Math.multiplyExact(sparsity.blockRows(rows), sparsity.groups(columns));
        int[] masks = PackedBits.first(blocks, patternIds, patternIdBits());
        for (int block = 0; block < blocks; block++) {
            masks[block] = patterns[masks[block]];
        }
        return masks;
    }

    /** Values stored for each row. */
    public int keptPerRow() {
        return sparsity.keptPerRow(columns);
    }

    /** The original row that is stored at {@code storedRow}. */
    public int originalRow(int storedRow) {
        return rowOrder.length == 0 ? storedRow : rowOrder[storedRow];
    }

    @Override
    public float[] toFloats() {
        return MatrixCodec.unpack(this);
    }

    @Override
    public long storedBytes() {
        return values.byteSize() + scales.byteSize() + patternIds.byteSize() + 4L * rowOrder.length;
    }
}
