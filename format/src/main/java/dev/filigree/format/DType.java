package dev.filigree.format;

/** How the values of a matrix are stored. */
public enum DType {
    /** IEEE 754 binary32, little endian. */
    FP32(32),
    /** IEEE 754 binary16, little endian. */
    FP16(16),
    /** Signed 8-bit codes in [-127, 127] with one fp32 scale a row: {@code weight = code * scale[row]}. */
    INT8(8),
    /**
     * Signed 4-bit codes in [-7, 7], two a byte, with one fp16 scale for every {@link #INT4_GROUP} columns of a row:
     * {@code weight = code * scale[row, column / 32]}. For dense matrices alone.
     */
    INT4(4);

    /** Columns of a row that share a scale of {@link #INT4}; the last group of a row may be short. */
    public static final int INT4_GROUP = 32;

    private final int bits;

    DType(int bits) {
        this.bits = bits;
    }

    /** Bytes that a row of {@code width} values takes. */
    public long rowBytes(int width) {
        return ((long) width * bits + 7) / 8;
    }

    /** Bytes that the scales of a row of {@code width} values take. */
    long scaleBytes(int width) {
        return switch (this) {
            case FP32, FP16 -> 0;
            case INT8 -> Float.BYTES;
            case INT4 -> (long) Int4Codec.groups(width) * Short.BYTES;
        };
    }
}
