package dev.filigree.format;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Packing and unpacking of matrices. */
final class MatrixCodec {
    private MatrixCodec() {}

    static DenseMatrix packDense(float[] weights, int rows, int columns, DType dtype) {
        checkWeights(weights, rows, columns);
        if (dtype == DType.INT4) {
            short[] scales = Int4Codec.leastErrorScales(weights, rows, columns);
            return new DenseMatrix(rows, columns, dtype, Int4Codec.encode(weights, columns, scales), LittleEndian.shorts(scales));
        }
        float[] scales = dtype == DType.INT8 ? ValueCodec.maxAbsScales(weights, rows, columns) : new float[0];
        return packDense(weights, rows, columns, dtype, scales);
    }

    static DenseMatrix packDense(float[] weights, int rows, int columns, float[] scales) {
        checkWeights(weights, rows, columns);
        checkScales(scales, rows);
        return packDense(weights, rows, columns, DType.INT8, scales);
    }

    private static DenseMatrix packDense(float[] weights, int rows, int columns, DType dtype, float[] scales) {
        MemorySegment values = ValueCodec.encode(weights, columns, dtype, scales);
        return new DenseMatrix(rows, columns, dtype, values, LittleEndian.floats(scales));
    }

    /** Patterns are the set to choose from, or empty for the default. */
    static SparseMatrix packSparse(
            float[] weights, int rows, int columns, Sparsity sparsity, int[] patterns, DType dtype, int[] rowOrder) {
        Kept kept = gather(weights, rows, columns, sparsity, patterns, rowOrder);
        int width = sparsity.keptPerRow(columns);
        float[] scales = dtype == DType.INT8 ? ValueCodec.maxAbsScales(kept.values, rows, width) : new float[0];
        return pack(kept, dtype, scales);
    }

    /** INT8 with the given scales, one for each original row. */
    static SparseMatrix packSparse(
            float[] weights, int rows, int columns, Sparsity sparsity, int[] patterns, float[] scales, int[] rowOrder) {
        checkScales(scales, rows);
        Kept kept = gather(weights, rows, columns, sparsity, patterns, rowOrder);
        float[] stored = scales.clone();
        for (int r = 0; r < rowOrder.length; r++) {
            stored[r] = scales[rowOrder[r]];
        }
        return pack(kept, DType.INT8, stored);
    }

    private static SparseMatrix pack(Kept kept, DType dtype, float[] scales) {
        Sparsity sparsity = kept.sparsity;
        MemorySegment values = ValueCodec.encode(kept.values, sparsity.keptPerRow(kept.columns), dtype, scales);
        MemorySegment ids = MemorySegment.ofArray(kept.ids).asReadOnly();
        return new SparseMatrix(
                kept.rows, kept.columns, sparsity, kept.patterns, ids, dtype, values, LittleEndian.floats(scales), kept.rowOrder);
    }

    static float[] unpack(DenseMatrix matrix) {
        try {
            return ValueCodec.decode(matrix.values(), matrix.rows(), matrix.columns(), matrix.dtype(), matrix.scales());
        } catch (InternalError e) {
            throw MappedMemory.lost(e);
        }
    }

    static float[] unpack(SparseMatrix matrix) {
        try {
            return scatter(matrix);
        } catch (InternalError e) {
            throw MappedMemory.lost(e);
        }
    }

    static int patternId(SparseMatrix matrix, int blockRow, int group) {
        long block = (long) blockRow * matrix.sparsity().groups(matrix.columns()) + group;
        return PackedBits.get(matrix.patternIds(), block, matrix.patternIdBits());
    }

    /** What is kept of a matrix: values in stored row order, and the pattern of each block. */
    private record Kept(int rows, int columns, Sparsity sparsity, int[] patterns, byte[] ids, float[] values, int[] rowOrder) {}

    private static Kept gather(float[] weights, int rows, int columns, Sparsity sparsity, int[] allowed, int[] rowOrder) {
        checkWeights(weights, rows, columns);
        if (sparsity.isDense()) {
            throw new IllegalArgumentException("A sparse matrix needs a sparsity N:M@V with N < M: use DenseMatrix for a dense one.");
        }
        int[] order = checkedOrder(rowOrder, rows);
        int[] used = usedInputs(weights, rows, columns, sparsity, order);
        int[] patterns = allowed.length == 0 ? defaultPatterns(used, sparsity) : checkedPatterns(allowed, sparsity);
        int width = PatternSet.idBits(patterns.length);
        byte[] ids = new byte[Math.toIntExact(PackedBits.bytes(used.length, width))];
        float[] values = new float[Math.multiplyExact(rows, sparsity.keptPerRow(columns))];
        int groups = sparsity.groups(columns);
        for (int block = 0; block < used.length; block++) {
            int group = block % groups;
            int id = PatternSet.firstKeeping(used[block], patterns, sparsity.n());
            if (id < 0) {
                throw new IllegalArgumentException("No pattern of the set keeps every non-zero weight of stored row "
                        + block / groups * sparsity.v() + " and those of its block in the group that starts at input "
                        + group * sparsity.m() + ": project the weights on this set first.");
            }
            PackedBits.put(ids, block, width, id);
            int firstRow = block / groups * sparsity.v();
            int lastRow = Math.min(rows, firstRow + sparsity.v());
            for (int r = firstRow; r < lastRow; r++) {
                int from = original(order, r) * columns + group * sparsity.m();
                int to = (r * groups + group) * sparsity.n();
                int inGroup = Math.min(sparsity.m(), columns - group * sparsity.m());
                for (int mask = patterns[id]; mask != 0; mask &= mask - 1, to++) {
                    int input = Integer.numberOfTrailingZeros(mask);
                    values[to] = input < inGroup ? weights[from + input] : 0;
                }
            }
        }
        return new Kept(rows, columns, sparsity, patterns, ids, values, order);
    }

    /** The mask of inputs with a non-zero weight, for every block. */
    private static int[] usedInputs(float[] weights, int rows, int columns, Sparsity sparsity, int[] order) {
        int groups = sparsity.groups(columns);
        int[] used = new int[Math.multiplyExact(sparsity.blockRows(rows), groups)];
        for (int r = 0; r < rows; r++) {
            int from = original(order, r) * columns;
            int block = r / sparsity.v() * groups;
            for (int group = 0, c = 0; group < groups; group++) {
                int mask = 0;
                for (int j = 0; j < sparsity.m() && c < columns; j++, c++) {
                    mask |= weights[from + c] != 0 ? 1 << j : 0;
                }
                used[block + group] |= mask;
            }
        }
        for (int block = 0; block < used.length; block++) {
            if (Integer.bitCount(used[block]) > sparsity.n()) {
                throw new IllegalArgumentException("Stored row " + block / groups * sparsity.v() + " and those of its block use "
                        + Integer.bitCount(used[block]) + " inputs of the group that starts at input " + block % groups * sparsity.m()
                        + ", more than " + sparsity + " allows: project the weights first.");
            }
        }
        return used;
    }

    /** All C(M, N) patterns, or, where these are too many to imply, those that are used. */
    private static int[] defaultPatterns(int[] used, Sparsity sparsity) {
        if (PatternSet.count(sparsity.n(), sparsity.m()) <= PatternSet.MAX_IMPLIED) {
            return PatternSet.complete(sparsity.n(), sparsity.m());
        }
        return Arrays.stream(used)
                .map(mask -> PatternSet.smallestCovering(mask, sparsity.n()))
                .mapToLong(Integer::toUnsignedLong)
                .sorted()
                .distinct()
                .mapToInt(mask -> (int) mask)
                .toArray();
    }

    private static float[] scatter(SparseMatrix matrix) {
        Sparsity sparsity = matrix.sparsity();
        int columns = matrix.columns();
        int groups = sparsity.groups(columns);
        float[] kept = ValueCodec.decode(matrix.values(), matrix.rows(), matrix.keptPerRow(), matrix.dtype(), matrix.scales());
        float[] weights = new float[Math.multiplyExact(matrix.rows(), columns)];
        int[] masks = matrix.masks();
        for (int blockRow = 0; blockRow < sparsity.blockRows(matrix.rows()); blockRow++) {
            int lastRow = Math.min(matrix.rows(), (blockRow + 1) * sparsity.v());
            for (int group = 0; group < groups; group++) {
                int pattern = masks[blockRow * groups + group];
                int inGroup = Math.min(sparsity.m(), columns - group * sparsity.m());
                for (int r = blockRow * sparsity.v(); r < lastRow; r++) {
                    int from = (r * groups + group) * sparsity.n();
                    int to = matrix.originalRow(r) * columns + group * sparsity.m();
                    for (int mask = pattern; mask != 0; mask &= mask - 1, from++) {
                        int input = Integer.numberOfTrailingZeros(mask);
                        if (input < inGroup) {
                            weights[to + input] = kept[from];
                        }
                    }
                }
            }
        }
        return weights;
    }

    private static int[] checkedPatterns(int[] patterns, Sparsity sparsity) {
        int invalid = PatternSet.firstInvalid(patterns, sparsity);
        if (invalid >= 0) {
            throw new IllegalArgumentException("Pattern " + invalid + " of the set, " + Integer.toBinaryString(patterns[invalid])
                    + ", does not keep " + sparsity.n() + " of " + sparsity.m() + " inputs, or is not larger than the one before.");
        }
        return patterns.clone();
    }

    private static int original(int[] order, int row) {
        return order.length == 0 ? row : order[row];
    }

    private static int[] checkedOrder(int[] rowOrder, int rows) {
        if (rowOrder.length == 0) {
            return rowOrder;
        }
        boolean[] seen = new boolean[rows];
        for (int row : rowOrder) {
            if (rowOrder.length != rows || row < 0 || row >= rows || seen[row]) {
                throw new IllegalArgumentException("The row order is not a permutation of the " + rows + " rows.");
            }
            seen[row] = true;
        }
        return rowOrder.clone();
    }

    private static void checkWeights(float[] weights, int rows, int columns) {
        if (rows < 1 || columns < 1 || weights.length != (long) rows * columns) {
            throw new IllegalArgumentException("A matrix [" + rows + ", " + columns + "] cannot hold " + weights.length + " weights.");
        }
        for (int i = 0; i < weights.length; i++) {
            if (!Float.isFinite(weights[i])) {
                throw new IllegalArgumentException(
                        "Weight [" + i / columns + ", " + i % columns + "] is " + weights[i] + ", not a finite number.");
            }
        }
    }

    private static void checkScales(float[] scales, int rows) {
        if (scales.length != rows) {
            throw new IllegalArgumentException(scales.length + " scales were given for " + rows + " rows.");
        }
        for (float scale : scales) {
            if (!(scale > 0) || Float.isInfinite(scale)) {
                throw new IllegalArgumentException("Scale " + scale + " is not a positive finite number.");
            }
        }
    }
}
