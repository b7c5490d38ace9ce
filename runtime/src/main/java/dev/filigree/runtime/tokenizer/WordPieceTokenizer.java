package dev.filigree.runtime.tokenizer;

import dev.filigree.format.TokenizerSpec;

/**
 * The BERT tokenizer: cleaning, CJK and punctuation splitting, lower-casing and accent stripping, then greedy longest-match-first
 * WordPiece. Immutable and thread-safe.
 */
public final class WordPieceTokenizer {
    private final TokenizerSpec spec;

    /** Builds the look-up tables. */
    public WordPieceTokenizer(TokenizerSpec spec) {
        this.spec = spec;
    }

    /** Tokenizes one text, truncated to the longest sequence. */
    public TokenizedText encode(String text) {
        throw new IllegalStateException("to come: " + spec.maxTokens());
    }

    /** Tokenizes a pair; the longer text loses tokens first (ties: the first) until both fit ({@code longest_first}). */
    public TokenizedText encode(String first, String second) {
        throw new IllegalStateException("to come");
    }
}
