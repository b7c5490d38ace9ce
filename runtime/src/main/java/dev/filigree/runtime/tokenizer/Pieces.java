package dev.filigree.runtime.tokenizer;

import dev.filigree.format.TokenizerSpec;
import java.nio.charset.StandardCharsets;

/** Words, split greedily into the pieces that the vocabulary holds. For one text. */
final class Pieces {
    /** What continuation pieces begin with in the vocabulary, in UTF-8. */
    private static final byte CONTINUATION = '#';
    private static final int CONTINUATION_BYTES = 2;
    private static final int MAX_CHARACTER_BYTES = 4;

    private final TokenizerSpec spec;
    /** A word in UTF-8, with room before it. What has been split off becomes room for the next piece's {@code ##}. */
    private final byte[] word = new byte[CONTINUATION_BYTES + WordPieceTokenizer.MAX_WORD * MAX_CHARACTER_BYTES];

    Pieces(TokenizerSpec spec) {
        this.spec = spec;
    }

    /**
     * Splits a word of up to {@link WordPieceTokenizer#MAX_WORD} code points, each time into the longest piece there is, and adds the
     * pieces' ids.
     *
     * @return whether the whole word could be split; if not nothing is added
     */
    boolean split(StringBuilder text, int from, int to, IntList ids) {
        int before = ids.size();
        int end = CONTINUATION_BYTES + encode(text, from, to);
        int start = CONTINUATION_BYTES;
        for (int rest = start; rest < end; start = rest - CONTINUATION_BYTES) {
            int id = spec.longestPrefix(word, start, end);
            // The bare ## is a token of some vocabularies, but no piece.
            if (id < 0 || start + spec.bytes(id) <= rest) {
                ids.truncate(before);
                return false;
            }
            ids.add(id);
            rest = start + spec.bytes(id);
            word[rest - 2] = CONTINUATION;
            word[rest - 1] = CONTINUATION;
        }
        return true;
    }

    /** Writes the word; answers of how many bytes it is. */
    private int encode(StringBuilder text, int from, int to) {
        int length = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                byte[] utf8 = text.substring(from, to).getBytes(StandardCharsets.UTF_8);
                System.arraycopy(utf8, 0, word, CONTINUATION_BYTES, utf8.length);
                return utf8.length;
            }
            word[CONTINUATION_BYTES + length++] = (byte) c;
        }
        return length;
    }
}
