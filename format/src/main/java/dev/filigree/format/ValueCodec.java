package dev.filigree.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Values to and from their stored form, and the choice of int8 scales. */
final class ValueCodec {
    /** The largest int8 code; the smallest is its negative, so that the codes are symmetric. */
    static final int MAX_CODE = 127;

    private ValueCodec() {}

    /** Symmetric per-row scales {@code max|w| / 127} of {@code [rows, width]} values; 1 for a row of zeros. */
    static float[] maxAbsScales(float[] values, int rows, int width) {
        float[] scales = new float[rows];
        for (int row = 0; row < rows; row++) {
            float max = 0;
            for (int i = row * width; i < (row + 1) * width; i++) {
                max = Math.max(max, Math.abs(values[i]));
            }
            float scale = max / MAX_CODE;
            // Division also underflows to zero for a row of the smallest denormals: all its codes are zero then.
            scales[row] = scale > 0 ? scale : 1;
        }
        return scales;
    }

    /**
     * Stores {@code [rows, width]} values of any type but INT4.
     *
     * @param scales one a row for INT8, empty otherwise
     */
    static MemorySegment encode(float[] values, int width, DType dtype, float[] scales) {
        return switch (dtype) {
            case FP32 -> LittleEndian.floats(values);
            case FP16 -> LittleEndian.shorts(halves(values));
            case INT8 -> MemorySegment.ofArray(codes(values, width, scales)).asReadOnly();
            case INT4 -> throw new IllegalArgumentException("4-bit values are for dense matrices: store a sparse one as int8.");
        };
    }

    /** The fp32 values {@code [rows, width]} of any type. */
    static float[] decode(MemorySegment values, int rows, int width, DType dtype, MemorySegment scales) {
        float[] decoded = new float[Math.multiplyExact(rows, width)];
        if (dtype == DType.INT8) {
            float[] rowScales = LittleEndian.floatsOf(scales);
            byte[] codes = LittleEndian.bytesOf(values);
            for (int row = 0; row < rows; row++) {
                scale(codes, row * width, width, rowScales[row], decoded, row * width);
            }
            return decoded;
        }
        for (int row = 0; row < rows; row++) {
            decodeRow(values, row, width, dtype, scales, decoded, row * width);
        }
        return decoded;
    }

    /** Writes row {@code row} of {@code [rows, width]} values of any type as fp32, from {@code to[at]} on. */
    static void decodeRow(MemorySegment values, int row, int width, DType dtype, MemorySegment scales, float[] to, int at) {
        long first = (long) row * width;
        switch (dtype) {
            case FP32 -> MemorySegment.copy(
                    values, LittleEndian.FLOAT, first * Float.BYTES,
                    MemorySegment.ofArray(to), ValueLayout.JAVA_FLOAT, (long) at * Float.BYTES, width);
            case FP16 -> {
                short[] halves = LittleEndian.shortsOf(values.asSlice(first * Short.BYTES, (long) width * Short.BYTES));
                for (int i = 0; i < width; i++) {
                    to[at + i] = Float.float16ToFloat(halves[i]);
                }
            }
            case INT8 -> {
                float scale = scales.getAtIndex(LittleEndian.FLOAT, row);
                scale(LittleEndian.bytesOf(values.asSlice(first, width)), 0, width, scale, to, at);
            }
            case INT4 -> Int4Codec.decodeRow(values, row, width, scales, to, at);
        }
    }

    /** A small method, which a new JVM compiles soon. */
    private static void scale(byte[] codes, int from, int count, float scale, float[] to, int at) {
        for (int i = 0; i < count; i++) {
            to[at + i] = codes[from + i] * scale;
        }
    }

    private static short[] halves(float[] values) {
        short[] halves = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            halves[i] = Float.floatToFloat16(values[i]);
            if ((halves[i] & 0x7C00) == 0x7C00) {
                throw new IllegalArgumentException("Value " + values[i] + " at index " + i + " does not fit into fp16: store it as fp32.");
            }
        }
        return halves;
    }

    private static byte[] codes(float[] values, int width, float[] scales) {
        byte[] codes = new byte[values.length];
        for (int row = 0; row < scales.length; row++) {
            float scale = scales[row];
            for (int i = row * width; i < (row + 1) * width; i++) {
                // Half to even; the clamp matters where a scale smaller than max|w| / 127 was chosen, and for rounding among denormals.
                codes[i] = (byte) Math.clamp(Math.rint(values[i] / scale), -MAX_CODE, MAX_CODE);
            }
        }
        return codes;
    }
}
