package dev.filigree.format;

import java.lang.foreign.MemorySegment;

/** 4-bit codes: two a byte, the even column in the low half, each row from a byte of its own. */
final class Int4Codec {
    /** The largest code; the smallest is its negative. */
    static final int MAX_CODE = 7;

    /** Scales that are tried for a group: from {@code max|w| / 7} down in steps of 3 %, to 28 % of it. */
    private static final int TRIED_SCALES = 25;
    private static final float SCALE_STEP = 0.03f;

    private static final short SMALLEST_HALF = 1;
    private static final short LARGEST_HALF = 0x7BFF;
    private static final short HALF_ONE = 0x3C00;

    private Int4Codec() {}

    /** Scales a row of {@code width} values has. */
    static int groups(int width) {
        return (width + DType.INT4_GROUP - 1) / DType.INT4_GROUP;
    }

    /**
     * For each group the fp16 scale with the least squared error among those tried; a few outliers may be clamped for the sake of the
     * rest. One for a group of zeros.
     */
    static short[] leastErrorScales(float[] values, int rows, int width) {
        short[] scales = new short[Math.multiplyExact(rows, groups(width))];
        int next = 0;
        for (int row = 0; row < rows; row++) {
            for (int from = row * width; from < (row + 1) * width; from += DType.INT4_GROUP) {
                scales[next++] = leastErrorScale(values, from, Math.min(from + DType.INT4_GROUP, (row + 1) * width));
            }
        }
        return scales;
    }

    private static short leastErrorScale(float[] values, int from, int to) {
        float max = 0;
        for (int i = from; i < to; i++) {
            max = Math.max(max, Math.abs(values[i]));
        }
        if (max == 0) {
            return HALF_ONE;
        }
        short best = 0;
        double leastError = Double.POSITIVE_INFINITY;
        for (int step = 0; step < TRIED_SCALES; step++) {
            short scale = positiveHalf(max / MAX_CODE * (1 - step * SCALE_STEP));
            double error = squaredError(values, from, to, Float.float16ToFloat(scale));
            if (error < leastError) {
                leastError = error;
                best = scale;
            }
        }
        return best;
    }

    /** The nearest positive finite fp16 number. */
    private static short positiveHalf(float value) {
        short half = Float.floatToFloat16(value);
        if (half == 0) {
            return SMALLEST_HALF;
        }
        return half > LARGEST_HALF ? LARGEST_HALF : half;
    }

    private static double squaredError(float[] values, int from, int to, float scale) {
        double error = 0;
        for (int i = from; i < to; i++) {
            double difference = (double) code(values[i], scale) * scale - values[i];
            error += difference * difference;
        }
        return error;
    }

    /** Half to even, clamped. */
    private static int code(float value, float scale) {
        return Math.clamp((long) Math.rint(value / scale), -MAX_CODE, MAX_CODE);
    }

    /** Whether either half is -8, which no writer would store. */
    static boolean holdsUnusedCode(int pair) {
        return (pair & 0x0F) == 0x08 || (pair & 0xF0) == 0x80;
    }

    /** Index of the first scale that is not a positive finite fp16 number; -1 when there is none. */
    static int firstInvalidScale(MemorySegment scales) {
        short[] halves = LittleEndian.shortsOf(scales);
        for (int i = 0; i < halves.length; i++) {
            if (halves[i] <= 0 || halves[i] > LARGEST_HALF) {
                return i;
            }
        }
        return -1;
    }

    static MemorySegment encode(float[] values, int width, short[] scales) {
        int rows = values.length / width;
        int rowBytes = (int) DType.INT4.rowBytes(width);
        byte[] packed = new byte[Math.multiplyExact(rows, rowBytes)];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < width; column++) {
                float scale = Float.float16ToFloat(scales[row * groups(width) + column / DType.INT4_GROUP]);
                int code = code(values[row * width + column], scale) & 0xF;
                packed[row * rowBytes + column / 2] |= (byte) (code << 4 * (column % 2));
            }
        }
        return MemorySegment.ofArray(packed).asReadOnly();
    }

    /** Writes a row of {@code width} weights from {@code to[at]} on. */
    static void decodeRow(MemorySegment values, int row, int width, MemorySegment scales, float[] to, int at) {
        int rowBytes = (int) DType.INT4.rowBytes(width);
        byte[] pairs = LittleEndian.bytesOf(values.asSlice((long) row * rowBytes, rowBytes));
        long nextScale = (long) row * groups(width);
        for (int from = 0; from < width; from += DType.INT4_GROUP) {
            float scale = Float.float16ToFloat(scales.getAtIndex(LittleEndian.SHORT, nextScale++));
            for (int column = from; column < Math.min(from + DType.INT4_GROUP, width); column++) {
                int pair = pairs[column / 2];
                // Shifts that put the code's four bits on top and bring its sign down.
                int code = pair << (column % 2 == 0 ? 28 : 24) >> 28;
                to[at + column] = code * scale;
            }
        }
    }
}
