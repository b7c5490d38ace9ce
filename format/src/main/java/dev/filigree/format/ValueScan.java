package dev.filigree.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Looks through stored values for what no writer would store. */
final class ValueScan {
    private static final int FP32_EXPONENT = 0x7F80_0000;
    private static final int FP16_EXPONENT = 0x7C00;
    private static final int WORDS_AT_ONCE = 1 << 13;

    private ValueScan() {}

    /**
     * What an invalid value looks like in a word of several.
     *
     * @param ones the lowest bit of each value
     * @param flip bits to be turned over, after which an invalid value has only zeros where {@code mask} has ones
     * @param mask the bits that matter
     */
    private record Lanes(long ones, long flip, long mask) {
        static Lanes of(DType dtype) {
            return switch (dtype) {
                case FP32 -> new Lanes(0x0000_0001_0000_0001L, -1, FP32_EXPONENT * 0x0000_0001_0000_0001L);
                case FP16 -> new Lanes(0x0001_0001_0001_0001L, -1, FP16_EXPONENT * 0x0001_0001_0001_0001L);
                case INT8 -> new Lanes(0x0101_0101_0101_0101L, 0x8080_8080_8080_8080L, -1);
                case INT4 -> new Lanes(0x1111_1111_1111_1111L, 0x8888_8888_8888_8888L, -1);
            };
        }
    }

    /**
     * Offset in bytes of the first value that is not finite or is the code below the smallest; -1 when there is none. Every weight of a
     * file comes by here while it is opened, in a JVM that may just have started: eight bytes at a time, on the heap.
     */
    static long firstInvalid(MemorySegment values, DType dtype) {
        Lanes lanes = Lanes.of(dtype);
        long whole = values.byteSize() / Long.BYTES;
        long[] words = new long[(int) Math.min(WORDS_AT_ONCE, whole)];
        for (long done = 0; done < whole; done += words.length) {
            int count = (int) Math.min(words.length, whole - done);
            MemorySegment.copy(
                    values, LittleEndian.LONG, done * Long.BYTES, MemorySegment.ofArray(words), ValueLayout.JAVA_LONG, 0, count);
            int invalid = firstInvalid(words, count, lanes.ones, lanes.flip, lanes.mask);
            if (invalid < count) {
                return firstInvalid(values, dtype, (done + invalid) * Long.BYTES);
            }
        }
        return firstInvalid(values, dtype, whole * Long.BYTES);
    }

    /**
     * Index of the first word in which some value has only zeros where it matters, or {@code count}
     * (<a href="https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord">Mycroft 1987</a>). A method of its own and as small as it
     * can be, since a new JVM will compile it at once.
     */
    private static int firstInvalid(long[] words, int count, long ones, long flip, long mask) {
        long highest = Long.rotateRight(ones, 1);
        for (int i = 0; i < count; i++) {
            long lanes = (words[i] ^ flip) & mask;
            if ((lanes - ones & ~lanes & highest) != 0) {
                return i;
            }
        }
        return count;
    }

    /** The same from an offset on, value by value. */
    private static long firstInvalid(MemorySegment values, DType dtype, long from) {
        long step = dtype.rowBytes(1);
        for (long at = from; at < values.byteSize(); at += step) {
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
