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
    /** Copies the vocabulary into a compact list, which makes a string each time one is asked for. */
    public TokenizerSpec {
        vocabulary = Vocabulary.of(vocabulary);
    }

    /**
     * The characters of the whole vocabulary, token after token with a line feed between them: for who reads all of it, much cheaper than
     * a string of each.
     *
     * @param ends receives for each token where its last character is followed by something else
     */
    public char[] characters(int[] ends) {
        return ((Vocabulary) vocabulary).characters(ends);
    }
}
