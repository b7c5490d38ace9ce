package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A matrix as every layout for the kernels starts from: rows in stored order, in blocks that keep the same inputs.
 *
 * @param rows outputs
 * @param columns inputs
 * @param blockRows rows of a block; the last may be short
 * @param inputs {@code [blocks][kept]}, rising; of a short last group some may lie beyond the last column, and weigh nothing
 * @param outputs the output of each stored row
 * @param weights what each stored row has for the inputs its block keeps, {@code [rows, kept]}; empty for INT8
 * @param codes the same for INT8, maybe where the model's file is mapped; empty otherwise
 * @param scales of the codes, one a stored row; empty if they are not INT8
 */
record RowBlocks(
        int rows, int columns, int blockRows, int[][] inputs, int[] outputs, float[] weights, MemorySegment codes, float[] scales) {
    private static final MemorySegment NONE = MemorySegment.ofArray(new byte[0]);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Cuts a matrix into its pattern blocks, or a dense one into blocks of {@code denseRows} rows that keep everything. */
    static RowBlocks of(Matrix matrix, int denseRows) {
        return matrix instanceof SparseMatrix sparse ? sparse(sparse) : dense((DenseMatrix) matrix, denseRows);
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
        float[] stored = scales(sparse, sparse.scales());
        float[] scales = new float[stored.length];
        for (int row = 0; row < scales.length; row++) {
            scales[sparse.originalRow(row)] = stored[row];
        }
        return dense(DenseMatrix.ofInt8(weights, sparse.rows(), sparse.columns(), scales), denseRows);
    }

    /** A copy of the codes for C, which must not read them where the file is mapped: it may be cut short. */
    MemorySegment nativeCodes(Arena arena) {
        return Memory.bytes(arena, codes.byteSize()).copyFrom(codes);
    }

    /**
     * The sum of each stored row's codes, times its scale.
     *
     * @param nativeCodes of {@link #nativeCodes}
     */
    float[] scaledSums(MemorySegment nativeCodes) {
        float[] scaled = new float[rows];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sums = Memory.bytes(arena, (long) rows * Integer.BYTES);
            NativeCalls.sumRows(nativeCodes.address(), sums.address(), rows, kept());
            int[] exact = new int[rows];
            MemorySegment.copy(sums, 0, MemorySegment.ofArray(exact), 0, sums.byteSize());
            for (int row = 0; row < rows; row++) {
                scaled[row] = scales[row] * exact[row];
            }
        }
        return scaled;
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
        Arrays.fill(inputs, rising(columns));
        int[] outputs = rising(matrix.rows());
        boolean int8 = matrix.dtype() == DType.INT8;
        return new RowBlocks(
                matrix.rows(), columns, blockRows, inputs, outputs, int8 ? new float[0] : matrix.toFloats(),
                int8 ? matrix.values() : NONE, scales(matrix, matrix.scales()));
    }

    private static RowBlocks sparse(SparseMatrix matrix) {
        int v = matrix.sparsity().v();
        int columns = matrix.columns();
        int kept = matrix.keptPerRow();
        int[][] inputs = keptInputs(matrix);
        int[] outputs = matrix.rowOrder().length == 0 ? rising(matrix.rows()) : matrix.rowOrder().clone();
        boolean int8 = matrix.dtype() == DType.INT8;
        float[] weights = int8 ? new float[0] : gather(matrix.toFloats(), columns, inputs, outputs, v);
        MemorySegment codes = int8 ? matrix.values() : NONE;
        boolean beyond = false;
        for (int[] own : inputs) {
            beyond |= own[kept - 1] >= columns;
        }
        if (int8 && beyond) {
            codes = withinColumns(codes, columns, inputs, v);
        }
        return new RowBlocks(matrix.rows(), columns, v, inputs, outputs, weights, codes, scales(matrix, matrix.scales()));
    }

    /** The inputs that each block of rows keeps: listed in C, since those of every weight of a model come by while it is opened. */
    private static int[][] keptInputs(SparseMatrix matrix) {
        Sparsity sparsity = matrix.sparsity();
        int groups = sparsity.groups(matrix.columns());
        int blocks = sparsity.blockRows(matrix.rows());
        int kept = matrix.keptPerRow();
        int width = matrix.patternIdBits();
        try (Arena own = Arena.ofConfined()) {
            long bytes = Math.ceilDiv((long) blocks * groups * width, Byte.SIZE);
            MemorySegment ids = Memory.bytes(own, bytes).copyFrom(matrix.patternIds().asSlice(0, bytes));
            MemorySegment listed = Memory.bytes(own, Math.multiplyFull(blocks, kept) * Integer.BYTES);
            int[] patterns = matrix.patterns();
            if (NativeCalls.listInputs(
                    ids.address(), width, Memory.of(own, patterns).address(), patterns.length, sparsity.m(), sparsity.n(), blocks, groups,
                    listed.address()) == 0) {
                throw new IllegalArgumentException("A sparse matrix names a pattern that is not in its set, or one that does not keep "
                        + sparsity + ".");
            }
            int[] flat = new int[Math.multiplyExact(blocks, kept)];
            MemorySegment.copy(listed, 0, MemorySegment.ofArray(flat), 0, listed.byteSize());
            int[][] inputs = new int[blocks][];
            for (int block = 0; block < blocks; block++) {
                inputs[block] = Arrays.copyOfRange(flat, block * kept, (block + 1) * kept);
            }
            return inputs;
        }
    }

    /** 0, 1, 2 and so on. */
    private static int[] rising(int count) {
        int[] numbers = new int[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = i;
        }
        return numbers;
    }

    /** The codes with zeros for inputs beyond the last column. */
    private static MemorySegment withinColumns(MemorySegment codes, int columns, int[][] inputs, int v) {
        int kept = inputs[0].length;
        MemorySegment within = MemorySegment.ofArray(new byte[Math.toIntExact(codes.byteSize())]).copyFrom(codes);
        for (int row = 0; row < codes.byteSize() / kept; row++) {
            for (int i = kept; i > 0 && inputs[row / v][i - 1] >= columns; i--) {
                within.set(ValueLayout.JAVA_BYTE, (long) row * kept + i - 1, (byte) 0);
            }
        }
        return within;
    }

    /** What each stored row keeps of the weights {@code [rows, columns]}. */
    private static float[] gather(float[] weights, int columns, int[][] inputs, int[] outputs, int v) {
        int kept = inputs[0].length;
        float[] gathered = new float[Math.multiplyExact(outputs.length, kept)];
        for (int row = 0; row < outputs.length; row++) {
            int[] own = inputs[row / v];
            for (int i = 0; i < kept && own[i] < columns; i++) {
                gathered[row * kept + i] = weights[outputs[row] * columns + own[i]];
            }
        }
        return gathered;
    }

    private static float[] scales(Matrix matrix, MemorySegment stored) {
        if (matrix.dtype() != DType.INT8) {
            return new float[0];
        }
        float[] scales = new float[matrix.rows()];
        MemorySegment.copy(stored, FLOAT, 0, MemorySegment.ofArray(scales), ValueLayout.JAVA_FLOAT, 0, scales.length);
        return scales;
    }
}
