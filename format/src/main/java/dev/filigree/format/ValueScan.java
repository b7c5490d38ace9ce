package dev.filigree.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Looks through stored values for what no writer would store. */
final class ValueScan {
    private static final int FP32_EXPONENT = 0x7F80_0000;
    private static final int FP16_EXPONENT = 0x7C00;

    private ValueScan() {}

    /** Index of the first value that is not finite or is the code -128; -1 when there is none. */
    static long firstInvalid(MemorySegment values, DType dtype) {
        long count = values.byteSize() / dtype.bytes();
        for (long i = 0; i < count; i++) {
            boolean invalid = switch (dtype) {
                case FP32 -> (values.getAtIndex(LittleEndian.INT, i) & FP32_EXPONENT) == FP32_EXPONENT;
                case FP16 -> (values.getAtIndex(LittleEndian.SHORT, i) & FP16_EXPONENT) == FP16_EXPONENT;
                case INT8 -> values.get(ValueLayout.JAVA_BYTE, i) == Byte.MIN_VALUE;
            };
            if (invalid) {
                return i;
            }
        }
        return -1;
    }

    /** Whether the values that a short last group keeps beyond the last column are all zero. */
    static boolean keepsZerosBeyondLastColumn(SparseMatrix matrix) {
        Sparsity sparsity = matrix.sparsity();
        int lastGroup = sparsity.groups(matrix.columns()) - 1;
        int inputs = matrix.columns() - lastGroup * sparsity.m();
        if (inputs == sparsity.m()) {
            return true;
        }
        int bytes = matrix.dtype().bytes();
        int beyondMask = -1 << inputs;
        for (int row = 0; row < matrix.rows(); row++) {
            int mask = matrix.mask(row / sparsity.v(), lastGroup);
            long rowEnd = (row + 1L) * matrix.keptPerRow();
            long firstBeyond = rowEnd - Integer.bitCount(mask & beyondMask);
            for (long i = firstBeyond * bytes; i < rowEnd * bytes; i++) {
                if (matrix.values().get(ValueLayout.JAVA_BYTE, i) != 0) {
                    return false;
                }
            }
        }
        return true;
    }
}
