package dev.filigree.format;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A vocabulary's ids by their tokens: one hash table, keyed anew each time, so that no file can be made whose tokens all fall into the same
 * place. Its loops are few and small, since a new JVM that opens a file has to compile them. Immutable.
 */
final class TokenTable {
    /** In place of the id of no token. */
    static final int NONE = -1;

    private static final int PRIME_BITS = 31;
    /** The prime 2^31 - 1: two tokens share a hash once in some ten million times, and are compared then. */
    private static final long PRIME = (1L << PRIME_BITS) - 1;
    /** Below this, one folding of each product keeps the next one within 63 bits. */
    private static final long KEYS = 1L << PRIME_BITS - 1;

    private final byte[] utf8;
    private final int[] ends;
    private final long key = ThreadLocalRandom.current().nextLong(1 << 16, KEYS);
    /** A token's id plus one, and above it its hash, without which every neighbour would have to be compared; 0 where empty. */
    private final long[] table;
    private final int longest;
    private final int firstRepeated;

    /** Token i is {@code [ends[i - 1] + 1, ends[i])} of the bytes. Of equal tokens the first is found. */
    TokenTable(byte[] utf8, int[] ends) {
        this.utf8 = utf8;
        this.ends = ends;
        table = new long[places(ends.length)];
        int mostBytes = 0;
        int repeated = NONE;
        int start = 0;
        for (int id = 0; id < ends.length; id++) {
            int end = ends[id];
            long hash = hash(utf8, start, end);
            int slot = slot(hash, utf8, start, end);
            if (table[slot] == 0) {
                table[slot] = hash << Integer.SIZE | id + 1;
            } else if (repeated == NONE) {
                repeated = id;
            }
            mostBytes = Math.max(mostBytes, end - start);
            start = end + 1;
        }
        longest = mostBytes;
        firstRepeated = repeated;
    }

    /** Places of the table of so many tokens, each a {@code long}: a power of two, about three a token at most. */
    static int places(int tokens) {
        return Integer.highestOneBit(tokens + tokens / 2 + 1) * 2;
    }

    /** The first token that is there already, or {@link #NONE}. */
    int firstRepeated() {
        return firstRepeated;
    }

    /** The token of these bytes, or {@link #NONE}. */
    int find(byte[] bytes, int from, int to) {
        return (int) table[slot(hash(bytes, from, to), bytes, from, to)] - 1;
    }

    /** The longest token, of at least a byte, that the bytes {@code [from, to)} begin with, or {@link #NONE}. */
    int longestPrefix(byte[] bytes, int from, int to) {
        // Most words are tokens.
        int found = to > from && to - from <= longest ? find(bytes, from, to) : NONE;
        if (found != NONE) {
            return found;
        }
        long hash = 1;
        for (int end = from; end < to && end - from < longest; ) {
            hash = extended(hash, bytes[end++]);
            int id = (int) table[slot(finished(hash), bytes, from, end)] - 1;
            found = id == NONE ? found : id;
        }
        return found;
    }

    /** Where a token is in the table, or else the empty place where it would be. */
    private int slot(long hash, byte[] bytes, int from, int to) {
        int slot = (int) hash & table.length - 1;
        while (table[slot] != 0 && !(table[slot] >> Integer.SIZE == hash && equal((int) table[slot] - 1, bytes, from, to))) {
            slot = slot + 1 & table.length - 1;
        }
        return slot;
    }

    private boolean equal(int id, byte[] bytes, int from, int to) {
        return Arrays.equals(utf8, id == 0 ? 0 : ends[id - 1] + 1, ends[id], bytes, from, to);
    }

    /** The bytes as the coefficients of a polynomial over the integers modulo 2^31 - 1, at {@link #key} (Carter and Wegman 1979). */
    private long hash(byte[] bytes, int from, int to) {
        long hash = 1;
        for (int i = from; i < to; i++) {
            // As extended(hash, bytes[i]): here it is not called, since before it is compiled the calls take longer than the rest.
            long product = hash * key + (bytes[i] & 0xFF);
            hash = (product & PRIME) + (product >>> PRIME_BITS);
        }
        return finished(hash);
    }

    /** The next coefficient; below 2^32, and equal modulo the prime to what it stands for. */
    private long extended(long hash, byte next) {
        long product = hash * key + (next & 0xFF);
        return (product & PRIME) + (product >>> PRIME_BITS);
    }

    /** The last multiplication, and what is left modulo the prime. */
    private long finished(long hash) {
        long product = hash * key;
        long folded = (product & PRIME) + (product >>> PRIME_BITS);
        folded = (folded & PRIME) + (folded >>> PRIME_BITS);
        return folded >= PRIME ? folded - PRIME : folded;
    }
}
