package dev.filigree.runtime.tokenizer;

import dev.filigree.format.TokenizerSpec;
import java.util.Arrays;

/**
 * The vocabulary as one trie over UTF-16 code units, its transitions in one open-addressing table. A longest match walks it once and
 * looks no shorter prefix up again. Immutable.
 */
final class PieceTrie {
    /** What continuation pieces begin with in the vocabulary. */
    private static final String CONTINUATION = "##";
    /** Bits of a node number in an entry: an entry is node, code unit, child. */
    private static final int NODE_BITS = 24;
    private static final int MAX_NODES = 1 << NODE_BITS;
    private static final int LEAST_SLOTS = 1 << 12;
    private static final int USUAL_TOKENS = 1 << 17;
    private static final int ROOT = 0;
    private static final int NONE = -1;

    /** {@code (node << 16 | unit) << NODE_BITS | child}; 0 where empty, which no entry is because no child is the root. */
    private long[] table;
    /** Token that ends at a node, or {@link #NONE}. */
    private int[] tokens;
    private int nodes = 1;
    private final int continuationRoot;

    /**
     * Builds the trie; a token's id is its place in the vocabulary.
     *
     * @throws IllegalArgumentException when a token occurs twice, or the vocabulary is too large
     */
    PieceTrie(TokenizerSpec spec) {
        int[] ends = new int[spec.vocabulary().size()];
        char[] characters = spec.characters(ends);
        // Room for two to four nodes a token, which vocabularies of the usual size need; for more it grows.
        table = new long[Math.max(LEAST_SLOTS, 8 * Integer.highestOneBit(Math.min(ends.length, USUAL_TOKENS)))];
        tokens = new int[table.length / 2 + 1];
        tokens[ROOT] = NONE;
        int start = 0;
        for (int id = 0; id < ends.length; id++) {
            int node = insert(characters, start, ends[id]);
            if (tokens[node] != NONE) {
                throw new IllegalArgumentException("Token '" + spec.vocabulary().get(id) + "' is in the vocabulary twice, at "
                        + tokens[node] + " and at " + id + ".");
            }
            tokens[node] = id;
            start = ends[id] + 1;
        }
        continuationRoot = insert(CONTINUATION.toCharArray(), 0, CONTINUATION.length());
    }

    /**
     * Splits a word greedily, each time into the longest piece that the vocabulary holds, and adds the pieces' ids.
     *
     * @return whether the whole word could be split; if not nothing is added
     */
    boolean split(CharSequence text, int from, int to, IntList ids) {
        int before = ids.size();
        int root = ROOT;
        for (int start = from; start < to; root = continuationRoot) {
            int node = root;
            int token = NONE;
            int end = start;
            for (int i = start; i < to; i++) {
                node = child(node, text.charAt(i));
                if (node == NONE) {
                    break;
                }
                if (tokens[node] != NONE) {
                    token = tokens[node];
                    end = i + 1;
                }
            }
            if (token == NONE) {
                ids.truncate(before);
                return false;
            }
            ids.add(token);
            start = end;
        }
        return true;
    }

    private int insert(char[] characters, int from, int to) {
        int node = ROOT;
        for (int i = from; i < to; i++) {
            int child = child(node, characters[i]);
            node = child == NONE ? addChild(node, characters[i]) : child;
        }
        return node;
    }

    private int child(int node, char unit) {
        long key = (long) node << 16 | unit;
        for (int slot = slot(key, table.length);; slot = slot + 1 & table.length - 1) {
            long entry = table[slot];
            if (entry == 0) {
                return NONE;
            }
            if (entry >>> NODE_BITS == key) {
                return (int) entry & MAX_NODES - 1;
            }
        }
    }

    private int addChild(int node, char unit) {
        if (nodes == MAX_NODES) {
            throw new IllegalArgumentException("The vocabulary needs more than " + MAX_NODES + " trie nodes.");
        }
        if (nodes * 2 > table.length) {
            grow();
        }
        tokens[nodes] = NONE;
        put(table, ((long) node << 16 | unit) << NODE_BITS | nodes);
        return nodes++;
    }

    private void grow() {
        long[] larger = new long[table.length * 2];
        for (long entry : table) {
            if (entry != 0) {
                put(larger, entry);
            }
        }
        table = larger;
        tokens = Arrays.copyOf(tokens, larger.length / 2 + 1);
    }

    private static void put(long[] table, long entry) {
        int slot = slot(entry >>> NODE_BITS, table.length);
        while (table[slot] != 0) {
            slot = slot + 1 & table.length - 1;
        }
        table[slot] = entry;
    }

    /** Fibonacci hashing: the product's upper bits. */
    private static int slot(long key, int capacity) {
        return (int) (key * 0x9E3779B97F4A7C15L >>> Long.numberOfLeadingZeros(capacity) + 1);
    }
}
