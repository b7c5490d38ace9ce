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

/**
 * Tokens as they lie in a file, UTF-8 joined by line feeds, with the end of each and a table of them: half of the heap of as many strings.
 * A string is made when it is asked for. Immutable.
 */
final class Vocabulary extends AbstractList<String> implements RandomAccess {
    // The smallest first bytes of UTF-8's characters of so many bytes, as signed numbers.
    private static final byte FIRST_OF_TWO = (byte) 0xC0;
    private static final byte FIRST_OF_THREE = (byte) 0xE0;
    private static final byte FIRST_OF_FOUR = (byte) 0xF0;
    private static final byte FIRST_OF_NONE = (byte) 0xF8;
    /** In place of the number of lines of bytes that are no UTF-8. */
    static final int NOT_UTF8 = -1;

    private final byte[] utf8;
    /** Token i is {@code [ends[i - 1] + 1, ends[i])} of the bytes. */
    private final int[] ends;

    private final TokenTable table;

    /** Takes bytes, and the ends that {@link #lines} found. */
    Vocabulary(byte[] utf8, int[] ends) {
        this.utf8 = utf8;
        this.ends = ends;
        this.table = new TokenTable(utf8, ends);
    }

    /**
     * Copies a list of tokens.
     *
     * @throws IllegalArgumentException when a token is no Unicode text, or is there twice
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
        Vocabulary vocabulary = new Vocabulary(utf8, ends);
        int repeated = vocabulary.firstRepeated();
        if (repeated != TokenTable.NONE) {
            throw new IllegalArgumentException("Token '" + tokens.get(repeated) + "' is in the vocabulary twice, at "
                    + tokens.indexOf(tokens.get(repeated)) + " and at " + repeated + ".");
        }
        return vocabulary;
    }

    private static byte[] encode(String token, int id) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(token));
            return Arrays.copyOf(bytes.array(), bytes.limit());
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("Token " + id + " holds half a surrogate pair, which no text can hold.", e);
        }
    }

    /**
     * How many lines there are, as many as tokens, or {@link #NOT_UTF8} (RFC 3629). In one small loop, and not by the JDK's decoder, which
     * takes larger methods for it: a new JVM that opens a file has to compile what it runs so often.
     *
     * @param ends receives the ends of the lines, as far as there is room
     */
    static int lines(byte[] utf8, int[] ends) {
        int line = 0;
        for (int i = 0; i < utf8.length; ) {
            int first = utf8[i++];
            if (first == '\n') {
                if (line < ends.length) {
                    ends[line] = i - 1;
                }
                line++;
            } else if (first < 0) {
                i = endOfCharacter(utf8, i - 1);
                if (i < 0) {
                    return NOT_UTF8;
                }
            }
        }
        if (line < ends.length) {
            ends[line] = utf8.length;
        }
        return line + 1;
    }

    /** Where a character that is not ASCII ends, or a negative number when it is none. */
    private static int endOfCharacter(byte[] utf8, int from) {
        int first = utf8[from];
        int more = first < FIRST_OF_THREE ? 1 : first < FIRST_OF_FOUR ? 2 : 3;
        int end = from + 1 + more;
        if (first < FIRST_OF_TWO || first >= FIRST_OF_NONE || end > utf8.length) {
            return NOT_UTF8;
        }
        int codePoint = first & 0x3F >> more;
        for (int i = from + 1; i < end; i++) {
            if ((utf8[i] & 0xC0) != 0x80) {
                return NOT_UTF8;
            }
            codePoint = codePoint << 6 | utf8[i] & 0x3F;
        }
        boolean shortest = codePoint >= (more == 1 ? 0x80 : more == 2 ? 0x800 : 0x1_0000);
        boolean character = codePoint <= Character.MAX_CODE_POINT && codePoint >> 11 != Character.MIN_SURROGATE >> 11;
        return shortest && character ? end : NOT_UTF8;
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
            return table.find(bytes, 0, bytes.length);
        }
        return TokenTable.NONE;
    }

    @Override
    public boolean contains(Object token) {
        return indexOf(token) >= 0;
    }

    /** The tokens joined by line feeds. */
    MemorySegment utf8() {
        return MemorySegment.ofArray(utf8).asReadOnly();
    }

    /** The longest token, of at least a byte, that the bytes {@code [from, to)} begin with, or -1. */
    int longestPrefix(byte[] bytes, int from, int to) {
        return table.longestPrefix(bytes, from, to);
    }

    /** Bytes of a token. */
    int bytes(int id) {
        return ends[id] - start(id);
    }

    /** The first token that is there already, or -1. */
    int firstRepeated() {
        return table.firstRepeated();
    }

    private int start(int id) {
        return id == 0 ? 0 : ends[id - 1] + 1;
    }
}
