package dev.filigree.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Unsigned numbers of 0 to 31 bits, one after the other, least significant bit first. */
final class PackedBits {
    private PackedBits() {}

    /** Bytes that {@code count} numbers of {@code width} bits take. */
    static long bytes(long count, int width) {
        return Math.ceilDiv(Math.multiplyExact(count, width), Byte.SIZE);
    }

    /** The number at a position. */
    static int get(MemorySegment segment, long index, int width) {
        long bit = index * width;
        long first = bit >>> 3;
        long word = 0;
        if (first + Long.BYTES <= segment.byteSize()) {
            word = segment.get(LittleEndian.LONG, first);
        } else {
            for (long i = first; i < segment.byteSize(); i++) {
                word |= (segment.get(ValueLayout.JAVA_BYTE, i) & 0xFFL) << ((i - first) * Byte.SIZE);
            }
        }
        return (int) ((word >>> (bit & 7)) & ((1L << width) - 1));
    }

    /** Whether the bits of the last byte from position {@code bits} on are zero. */
    static boolean endsWithZeros(MemorySegment segment, long bits) {
        int used = (int) (bits & 7);
        return used == 0 || (segment.get(ValueLayout.JAVA_BYTE, segment.byteSize() - 1) & 0xFF) >>> used == 0;
    }

    /** Writes a number of at most {@code width} bits over zeros. */
    static void put(byte[] bytes, long index, int width, int value) {
        long bit = index * width;
        long shifted = (value & 0xFFFF_FFFFL) << (bit & 7);
        for (int i = (int) (bit >>> 3); shifted != 0; i++, shifted >>>= Byte.SIZE) {
            bytes[i] |= (byte) shifted;
        }
    }
}
