package dev.filigree.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Unsigned numbers of 0 to 31 bits, one after the other, least significant bit first. */
final class PackedBits {
    /** A multiple of eight, so that they fill whole bytes. */
    private static final int NUMBERS_AT_ONCE = 1 << 12;

    private PackedBits() {}

    /** Bytes that {@code count} numbers of {@code width} bits take. */
    static long bytes(long count, int width) {
        return Math.ceilDiv(Math.multiplyExact(count, width), Byte.SIZE);
    }

    /** The number at a position. */
    static int get(MemorySegment segment, long index, int width) {
        return (int) (bitsFrom(segment, index * width) & ((1L << width) - 1));
    }

    /** The first {@code count} numbers. */
    static int[] first(int count, MemorySegment segment, int width) {
        int[] numbers = new int[count];
        unpack(LittleEndian.bytesOf(segment), width, numbers, count);
        return numbers;
    }

    /** The first numbers of some bytes. From the heap and in a small method, which a new JVM runs and compiles soonest. */
    private static void unpack(byte[] bytes, int width, int[] numbers, int count) {
        long mask = (1L << width) - 1;
        long word = 0;
        int held = 0;
        int next = 0;
        for (int i = 0; i < count; i++) {
            while (held < width) {
                word |= (bytes[next++] & 0xFFL) << held;
                held += Byte.SIZE;
            }
            numbers[i] = (int) (word & mask);
            word >>>= width;
            held -= width;
        }
    }

    /** Position of the first of {@code count} numbers that is not below {@code bound}, which is at least one; -1 when all are. */
    static long firstNotBelow(int bound, MemorySegment segment, long count, int width) {
        int atOnce = (int) Math.min(count, NUMBERS_AT_ONCE);
        byte[] bytes = new byte[(int) bytes(atOnce, width)];
        long[] words = new long[bytes.length / Long.BYTES + 1];
        for (long done = 0; done < count; done += atOnce) {
            int some = (int) Math.min(count - done, atOnce);
            MemorySegment.copy(segment, done * width / Byte.SIZE, MemorySegment.ofArray(bytes), 0, bytes(some, width));
            if (allBelow(bound, words, inWords(bytes, (int) bytes(some, width), words), width)) {
                continue;
            }
            int[] numbers = new int[some];
            unpack(bytes, width, numbers, some);
            for (int i = 0; i < some; i++) {
                if (numbers[i] >= bound) {
                    return done + i;
                }
            }
        }
        return -1;
    }

    /** The same bytes and then zeros; answers how many words that are. */
    private static int inWords(byte[] bytes, int count, long[] words) {
        int whole = count / Long.BYTES;
        MemorySegment.copy(
                MemorySegment.ofArray(bytes), LittleEndian.LONG, 0, MemorySegment.ofArray(words), ValueLayout.JAVA_LONG, 0, whole);
        words[whole] = 0;
        for (int i = whole * Long.BYTES; i < count; i++) {
            words[whole] |= (bytes[i] & 0xFFL) << i * Byte.SIZE;
        }
        return whole * Long.BYTES == count ? whole : whole + 1;
    }

    /**
     * Whether all numbers in the first {@code count} words are below the bound. Several at once, so that a new JVM is soon through with it:
     * the even and the odd ones of a word each get the room of two, and {@code 2^width - bound} is added, which reaches the upper half of
     * the room where a number is too large.
     */
    private static boolean allBelow(int bound, long[] words, int count, int width) {
        int pairs = Long.SIZE / (2 * width);
        long ones = 0;
        for (int i = 0; i < pairs; i++) {
            ones |= 1L << 2 * width * i;
        }
        long lower = ones * ((1L << width) - 1);
        long add = ones * ((1L << width) - bound);
        long upper = ones << width;
        for (long bit = 0; bit < (long) count * Long.SIZE; bit += 2 * pairs * width) {
            int word = (int) (bit >>> 6);
            long next = word + 1 < count ? words[word + 1] : 0;
            long several = words[word] >>> bit | next << 1 << ~bit;
            if ((((several & lower) + add | (several >>> width & lower) + add) & upper) != 0) {
                return false;
            }
        }
        return true;
    }

    /** The bits from a position on, at least 57 of them where the segment goes on that far. */
    private static long bitsFrom(MemorySegment segment, long bit) {
        long first = bit >>> 3;
        long word = 0;
        if (first + Long.BYTES <= segment.byteSize()) {
            word = segment.get(LittleEndian.LONG, first);
        } else {
            for (long i = first; i < segment.byteSize(); i++) {
                word |= (segment.get(ValueLayout.JAVA_BYTE, i) & 0xFFL) << ((i - first) * Byte.SIZE);
            }
        }
        return word >>> (bit & 7);
    }

    /** Whether the bits of the last byte from position {@code bits} on are zero. */
    static boolean endsWithZeros(MemorySegment segment, long bits) {
        int used = (int) (bits & 7);
        return used == 0 || (LittleEndian.bytesOf(segment.asSlice(segment.byteSize() - 1))[0] & 0xFF) >>> used == 0;
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
