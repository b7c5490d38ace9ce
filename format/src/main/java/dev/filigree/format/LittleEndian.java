package dev.filigree.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The one byte order of the file, for any machine and any alignment of a segment on the heap. */
final class LittleEndian {
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** A segment of no bytes. */
    static final MemorySegment NONE = MemorySegment.ofArray(new byte[0]).asReadOnly();

    private LittleEndian() {}

    // As MemorySegment.toArray, which has the JDK make classes for it when a JVM first calls it for a type. So has MemorySegment.get, and
    // nothing that a new JVM does on its way to a first answer should be the first to call that.

    static byte[] bytesOf(MemorySegment segment) {
        byte[] values = new byte[Math.toIntExact(segment.byteSize())];
        MemorySegment.copy(segment, 0, MemorySegment.ofArray(values), 0, values.length);
        return values;
    }

    static float[] floatsOf(MemorySegment segment) {
        float[] values = new float[Math.toIntExact(segment.byteSize() / Float.BYTES)];
        MemorySegment.copy(segment, FLOAT, 0, MemorySegment.ofArray(values), ValueLayout.JAVA_FLOAT, 0, values.length);
        return values;
    }

    static int[] intsOf(MemorySegment segment) {
        int[] values = new int[Math.toIntExact(segment.byteSize() / Integer.BYTES)];
        MemorySegment.copy(segment, INT, 0, MemorySegment.ofArray(values), ValueLayout.JAVA_INT, 0, values.length);
        return values;
    }

    static short[] shortsOf(MemorySegment segment) {
        short[] values = new short[Math.toIntExact(segment.byteSize() / Short.BYTES)];
        MemorySegment.copy(segment, SHORT, 0, MemorySegment.ofArray(values), ValueLayout.JAVA_SHORT, 0, values.length);
        return values;
    }

    /** The values as they lie in a file; backed by a {@code float[]}, so that readers may assume 4-byte alignment. */
    static MemorySegment floats(float[] values) {
        MemorySegment segment = MemorySegment.ofArray(new float[values.length]);
        MemorySegment.copy(values, 0, segment, FLOAT, 0, values.length);
        return segment.asReadOnly();
    }

    /** The values as they lie in a file; backed by a {@code short[]}, so that readers may assume 2-byte alignment. */
    static MemorySegment shorts(short[] values) {
        MemorySegment segment = MemorySegment.ofArray(new short[values.length]);
        MemorySegment.copy(values, 0, segment, SHORT, 0, values.length);
        return segment.asReadOnly();
    }

    /** The values as they lie in a file; backed by an {@code int[]}. */
    static MemorySegment ints(int[] values) {
        MemorySegment segment = MemorySegment.ofArray(new int[values.length]);
        MemorySegment.copy(values, 0, segment, INT, 0, values.length);
        return segment.asReadOnly();
    }
}
