package dev.filigree.format;

/**
 * The dimensions of a BERT-style encoder (post-LayerNorm, learned positions, erf GELU).
 *
 * @param hidden width of the residual stream
 * @param layers number of transformer layers
 * @param heads attention heads; divides {@code hidden}
 * @param intermediate width of the feed-forward layer
 * @param vocabulary rows of the word embedding
 * @param maxPositions rows of the position embedding, the longest sequence in tokens
 * @param typeVocabulary rows of the token-type embedding
 * @param layerNormEpsilon added to the variance in every LayerNorm
 */
public record EncoderShape(
        int hidden, int layers, int heads, int intermediate, int vocabulary, int maxPositions, int typeVocabulary, float layerNormEpsilon) {
    /** Checks that every dimension is positive and that the heads divide the hidden width. */
    public EncoderShape {
        if (hidden < 1 || layers < 1 || heads < 1 || intermediate < 1 || vocabulary < 1 || maxPositions < 1 || typeVocabulary < 1) {
            throw new IllegalArgumentException("Every dimension of an encoder must be positive.");
        }
        if (hidden % heads != 0) {
            throw new IllegalArgumentException("Hidden width " + hidden + " is not divisible by " + heads + " heads.");
        }
        if (!(layerNormEpsilon > 0) || Float.isInfinite(layerNormEpsilon)) {
            throw new IllegalArgumentException("The LayerNorm epsilon must be positive and finite.");
        }
    }

    /** Width of one attention head. */
    public int headWidth() {
        return hidden / heads;
    }
}
