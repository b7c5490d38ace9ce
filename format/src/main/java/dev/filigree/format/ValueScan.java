package dev.filigree.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Looks through stored values for what no writer would store. */
final class ValueScan {
    private static final int FP32_EXPONENT = 0x7F80_0000;
    private static final int FP16_EXPONENT = 0x7C00;

    private ValueScan() {}

    /** Offset in bytes of the first value that is not finite or is the code below the smallest; -1 when there is none. */
    static long firstInvalid(MemorySegment values, DType dtype) {
        long step = dtype.rowBytes(1);
        for (long at = 0; at < values.byteSize(); at += step) {
            boolean invalid = switch (dtype) {
                case FP32 -> (values.get(LittleEndian.INT, at) & FP32_EXPONENT) == FP32_EXPONENT;
                case FP16 -> (values.get(LittleEndian.SHORT, at) & FP16_EXPONENT) == FP16_EXPONENT;
                case INT8 -> values.get(ValueLayout.JAVA_BYTE, at) == Byte.MIN_VALUE;
                case INT4 -> Int4Codec.holdsUnusedCode(values.get(ValueLayout.JAVA_BYTE, at));
            };
            if (invalid) {
                return at;
            }
        }
        return -1;
    }

    /** Whether the half byte after the last column of each row of 4-bit codes is zero. */
    static boolean keepsZerosBeyondLastColumn(DenseMatrix matrix) {
        if (matrix.dtype() != DType.INT4 || matrix.columns() % 2 == 0) {
            return true;
        }
        long rowBytes = matrix.dtype().rowBytes(matrix.columns());
        for (long end = rowBytes; end <= matrix.values().byteSize(); end += rowBytes) {
            if ((matrix.values().get(ValueLayout.JAVA_BYTE, end - 1) & 0xF0) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether the values that a short last group keeps beyond the last column are all zero. */
    static boolean keepsZerosBeyondLastColumn(SparseMatrix matrix) {
        Sparsity sparsity = matrix.sparsity();
        int lastGroup = sparsity.groups(matrix.columns()) - 1;
        int inputs = matrix.columns() - lastGroup * sparsity.m();
        if (inputs == sparsity.m()) {
            return true;
        }
        long bytes = matrix.dtype().rowBytes(1);
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
