package dev.filigree.format;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Tokens as they lie in a file, UTF-8 joined by line feeds, with the end of each: a quarter of the heap of as many strings. A string is
 * made when it is asked for. Immutable.
 */
final class Vocabulary extends AbstractList<String> implements RandomAccess {
    // The smallest first bytes of UTF-8's characters of so many bytes, as signed numbers.
    private static final byte FIRST_OF_TWO = (byte) 0xC0;
    private static final byte FIRST_OF_THREE = (byte) 0xE0;
    private static final byte FIRST_OF_FOUR = (byte) 0xF0;
    private static final byte FIRST_OF_NONE = (byte) 0xF8;
    private static final int PRIME_BITS = 31;
    /** The prime 2^31 - 1: two tokens share a hash once in hundred million times, and are compared then. */
    private static final long PRIME = (1L << PRIME_BITS) - 1;

    private final byte[] utf8;
    /** Token i is {@code [ends[i - 1] + 1, ends[i])} of the bytes. */
    private final int[] ends;

    private Vocabulary(byte[] utf8, int[] ends) {
        this.utf8 = utf8;
        this.ends = ends;
    }

    /**
     * Copies a list of tokens.
     *
     * @throws IllegalArgumentException when a token is no Unicode text
     */
    static Vocabulary of(List<String> tokens) {
        if (tokens instanceof Vocabulary vocabulary) {
            return vocabulary;
        }
        byte[][] encoded = new byte[tokens.size()][];
        int[] ends = new int[encoded.length];
        int length = 0;
        for (int id = 0; id < encoded.length; id++) {
            encoded[id] = encode(tokens.get(id), id);
            ends[id] = Math.addExact(length, encoded[id].length);
            length = Math.addExact(ends[id], 1);
        }
        byte[] utf8 = new byte[Math.max(0, length - 1)];
        Arrays.fill(utf8, (byte) '\n');
        for (int id = 0; id < encoded.length; id++) {
            System.arraycopy(encoded[id], 0, utf8, ends[id] - encoded[id].length, encoded[id].length);
        }
        return new Vocabulary(utf8, ends);
    }

    private static byte[] encode(String token, int id) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(token));
            return Arrays.copyOf(bytes.array(), bytes.limit());
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("Token " + id + " holds half a surrogate pair, which no text can hold.", e);
        }
    }

    /** How many lines there are, as many as tokens. */
    static int lines(byte[] utf8) {
        int lines = 1;
        for (byte b : utf8) {
            lines += b == '\n' ? 1 : 0;
        }
        return lines;
    }

    /** Takes the bytes as so many {@link #lines}. */
    static Vocabulary ofLines(byte[] utf8, int lines) {
        int[] ends = new int[lines];
        int id = 0;
        for (int i = 0; i < utf8.length; i++) {
            if (utf8[i] == '\n') {
                ends[id++] = i;
            }
        }
        ends[id] = utf8.length;
        return new Vocabulary(utf8, ends);
    }

    @Override
    public String get(int id) {
        int start = start(id);
        return new String(utf8, start, ends[id] - start, StandardCharsets.UTF_8);
    }

    @Override
    public int size() {
        return ends.length;
    }

    @Override
    public int indexOf(Object token) {
        if (token instanceof String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            for (int id = 0; id < ends.length; id++) {
                if (Arrays.equals(utf8, start(id), ends[id], bytes, 0, bytes.length)) {
                    return id;
                }
            }
        }
        return -1;
    }

    @Override
    public boolean contains(Object token) {
        return indexOf(token) >= 0;
    }

    /** The tokens as characters, joined by line feeds, and where each ends. */
    char[] characters(int[] characterEnds) {
        char[] characters = new char[utf8.length];
        int length = 0;
        int start = 0;
        for (int id = 0; id < ends.length; id++) {
            length = decode(utf8, start, ends[id], characters, length);
            characterEnds[id] = length;
            start = ends[id] + 1;
            if (id < ends.length - 1) {
                characters[length++] = '\n';
            }
        }
        return Arrays.copyOf(characters, length);
    }

    /**
     * Decodes UTF-8 that is known to be valid (RFC 3629), to {@code to[at]} and so on; answers where it ends. The JDK does it through a few
     * larger methods, with which the compiler of a new JVM is busy for long.
     */
    private static int decode(byte[] utf8, int from, int end, char[] to, int at) {
        int length = at;
        for (int i = from; i < end; ) {
            int first = utf8[i++];
            if (first >= 0) {
                to[length++] = (char) first;
                continue;
            }
            int more = continuations(first);
            int codePoint = first & 0x3F >> more;
            for (int last = i + more; i < last; i++) {
                codePoint = codePoint << 6 | utf8[i] & 0x3F;
            }
            length += Character.toChars(codePoint, to, length);
        }
        return length;
    }

    /** The tokens joined by line feeds. */
    MemorySegment utf8() {
        return MemorySegment.ofArray(utf8).asReadOnly();
    }

    /** Whether the bytes are UTF-8 (RFC 3629). As {@link #decode}, not by the JDK's decoder. */
    boolean isUtf8() {
        for (int i = 0; i < utf8.length; ) {
            int first = utf8[i++];
            if (first >= 0) {
                continue;
            }
            int more = continuations(first);
            int codePoint = first & 0x3F >> more;
            for (int last = i + more; i < last; i++) {
                if (i == utf8.length || (utf8[i] & 0xC0) != 0x80) {
                    return false;
                }
                codePoint = codePoint << 6 | utf8[i] & 0x3F;
            }
            boolean shortest = codePoint >= (more == 1 ? 0x80 : more == 2 ? 0x800 : 0x1_0000);
            boolean character = codePoint <= Character.MAX_CODE_POINT && codePoint >> 11 != Character.MIN_SURROGATE >> 11;
            if (first < FIRST_OF_TWO || first >= FIRST_OF_NONE || !shortest || !character) {
                return false;
            }
        }
        return true;
    }

    /** How many bytes follow the first one of a character that is not ASCII. */
    private static int continuations(int first) {
        return first < FIRST_OF_THREE ? 1 : first < FIRST_OF_FOUR ? 2 : 3;
    }

    /**
     * The first token that is there already, or -1. One hash table of ids, keyed anew each time, so that no file can be made whose tokens
     * all fall into the same place.
     */
    int firstRepeated() {
        long key = ThreadLocalRandom.current().nextLong(1 << 16, PRIME);
        // A token's id plus one, and above it its hash, without which every neighbour in the table would have to be compared.
        long[] table = new long[ends.length + ends.length / 2 + 1];
        for (int id = 0; id < ends.length; id++) {
            long hash = hash(id, key);
            int slot = (int) (hash % table.length);
            while (table[slot] != 0) {
                if (table[slot] >> Integer.SIZE == hash && equal(id, (int) table[slot] - 1)) {
                    return id;
                }
                slot = slot + 1 == table.length ? 0 : slot + 1;
            }
            table[slot] = hash << Integer.SIZE | id + 1;
        }
        return -1;
    }

    /** The token's bytes as the coefficients of a polynomial over the integers modulo 2^31 - 1, at {@code key} (Carter and Wegman 1979). */
    private long hash(int id, long key) {
        long hash = 1;
        for (int i = start(id); i < ends[id]; i++) {
            hash = times(hash, key) + (utf8[i] & 0xFF);
        }
        return times(hash, key);
    }

    /** {@code a * b} modulo 2^31 - 1, for {@code a} and {@code b} below 2^32 whose product is below 2^63. */
    private static long times(long a, long b) {
        long product = a * b;
        long folded = (product & PRIME) + (product >>> PRIME_BITS);
        folded = (folded & PRIME) + (folded >>> PRIME_BITS);
        return folded >= PRIME ? folded - PRIME : folded;
    }

    private boolean equal(int id, int other) {
        return Arrays.equals(utf8, start(id), ends[id], utf8, start(other), ends[other]);
    }

    private int start(int id) {
        return id == 0 ? 0 : ends[id - 1] + 1;
    }
}
