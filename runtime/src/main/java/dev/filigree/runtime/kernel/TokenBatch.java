package dev.filigree.runtime.kernel;

import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.List;

/**
 * Sequences of different lengths packed one after the other, without padding.
 *
 * @param ids token ids of all sequences, {@code [tokens]}
 * @param types token-type ids, {@code [tokens]}
 * @param offsets first token of each sequence and, last, the number of tokens: {@code [sequences + 1]}
 */
public record TokenBatch(int[] ids, int[] types, int[] offsets) {
    /** Packs texts in their order. */
    public static TokenBatch of(List<TokenizedText> texts) {
        int[] offsets = new int[texts.size() + 1];
        for (int i = 0; i < texts.size(); i++) {
            offsets[i + 1] = Math.addExact(offsets[i], texts.get(i).ids().length);
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
}
