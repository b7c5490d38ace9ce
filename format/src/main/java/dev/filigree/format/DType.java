package dev.filigree.format;

/** How the values of a matrix are stored. */
public enum DType {
    /** IEEE 754 binary32, little endian. */
    FP32(4),
    /** IEEE 754 binary16, little endian. */
    FP16(2),
    /** Signed 8-bit codes in [-127, 127] with one fp32 scale a row: {@code weight = code * scale[row]}. */
    INT8(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes a value takes. */
    public int bytes() {
        return bytes;
    }
}
