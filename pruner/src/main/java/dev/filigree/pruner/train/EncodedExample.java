package dev.filigree.pruner.train;

import dev.filigree.runtime.tokenizer.TokenizedText;

/**
 * A tokenized row of a data set.
 *
 * @param text its tokens, at least one
 * @param target index of the label, or the score for a regression
 */
public record EncodedExample(TokenizedText text, float target) {
    /** Number of tokens. */
    public int length() {
        return text.ids().length;
    }
}
