package dev.filigree.runtime.kernel;

import dev.filigree.format.EncoderShape;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.Arrays;
import java.util.List;

/**
 * Sequences of different lengths packed one after the other, without padding.
 *
 * @param ids token ids of all sequences, {@code [tokens]}
 * @param types token-type ids, {@code [tokens]}
 * @param offsets first token of each sequence and, last, the number of tokens: {@code [sequences + 1]}
 */
public record TokenBatch(int[] ids, int[] types, int[] offsets) {
    /**
     * Packs texts in their order.
     *
     * @throws IllegalArgumentException when a text has not as many types as ids
     */
    public static TokenBatch of(List<TokenizedText> texts) {
        int[] offsets = new int[texts.size() + 1];
        for (int i = 0; i < texts.size(); i++) {
            TokenizedText text = texts.get(i);
            if (text.types().length != text.ids().length) {
                throw new IllegalArgumentException("Text " + i + " has " + text.ids().length + " token ids and " + text.types().length
                        + " token types: it must have a type for each id.");
            }
            offsets[i + 1] = Math.addExact(offsets[i], text.ids().length);
        }
        int[] ids = new int[offsets[texts.size()]];
        int[] types = new int[ids.length];
        for (int i = 0; i < texts.size(); i++) {
            TokenizedText text = texts.get(i);
            System.arraycopy(text.ids(), 0, ids, offsets[i], text.ids().length);
            System.arraycopy(text.types(), 0, types, offsets[i], text.types().length);
        }
        return new TokenBatch(ids, types, offsets);
    }

    /** Number of sequences. */
    public int sequences() {
        return offsets.length - 1;
    }

    /** Number of tokens of all sequences. */
    public int tokens() {
        return ids.length;
    }

    /** Number of tokens of one sequence. */
    public int length(int sequence) {
        return offsets[sequence + 1] - offsets[sequence];
    }

    /** The sequences {@code [first, end)} as a batch of their own. */
    public TokenBatch slice(int first, int end) {
        if (first == 0 && end == sequences()) {
            return this;
        }
        int from = offsets[first];
        int[] moved = Arrays.copyOfRange(offsets, first, end + 1);
        Arrays.setAll(moved, i -> moved[i] - from);
        return new TokenBatch(Arrays.copyOfRange(ids, from, offsets[end]), Arrays.copyOfRange(types, from, offsets[end]), moved);
    }

    /** The end of the longest run of sequences from {@code first} on with at most {@code limit} tokens; at least one sequence. */
    public int endOfRun(int first, int limit) {
        int end = first + 1;
        while (end < sequences() && offsets[end + 1] - offsets[first] <= limit) {
            end++;
        }
        return end;
    }

    /**
     * Checks every sequence, id and type against an encoder's dimensions: what every program does before it touches its tables.
     *
     * @throws IllegalArgumentException naming the first that does not fit
     */
    public void requireFits(EncoderShape shape) {
        for (int sequence = 0; sequence < sequences(); sequence++) {
            if (length(sequence) < 1 || length(sequence) > shape.maxPositions()) {
                throw new IllegalArgumentException("Sequence " + sequence + " has " + length(sequence) + " tokens; this model takes 1 to "
                        + shape.maxPositions() + ".");
            }
        }
        for (int token = 0; token < tokens(); token++) {
            if (ids[token] < 0 || ids[token] >= shape.vocabulary()) {
                throw new IllegalArgumentException("Token " + token + " has the id " + ids[token] + "; this model's vocabulary has "
                        + shape.vocabulary() + " entries.");
            }
            if (types[token] < 0 || types[token] >= shape.typeVocabulary()) {
                throw new IllegalArgumentException("Token " + token + " has the type " + types[token] + "; this model has "
                        + shape.typeVocabulary() + " types.");
            }
        }
    }
}
