package dev.filigree.format;

import java.util.List;

/**
 * A BERT WordPiece tokenizer.
 *
 * @param vocabulary token of each id; holds {@code [PAD] [UNK] [CLS] [SEP]}, no duplicates
 * @param lowerCase whether text is lower-cased
 * @param stripAccents whether combining marks are removed
 * @param splitChinese whether CJK characters become words of their own
 * @param maxTokens longest sequence in tokens, special tokens included; longer texts are truncated
 */
public record TokenizerSpec(List<String> vocabulary, boolean lowerCase, boolean stripAccents, boolean splitChinese, int maxTokens) {
    /**
     * Copies the vocabulary into a compact list, which makes a string each time one is asked for, and finds one by a table.
     *
     * @throws IllegalArgumentException when a token is no Unicode text, or is there twice
     */
    public TokenizerSpec {
        vocabulary = Vocabulary.of(vocabulary);
    }

    /**
     * The longest token, of at least a byte, that the bytes {@code [from, to)} begin with, or -1; {@link #bytes} tells how much of them
     * it is.
     *
     * @param utf8 text in UTF-8
     */
    public int longestPrefix(byte[] utf8, int from, int to) {
        return ((Vocabulary) vocabulary).longestPrefix(utf8, from, to);
    }

    /** Bytes of a token in UTF-8. */
    public int bytes(int id) {
        return ((Vocabulary) vocabulary).bytes(id);
    }
}
