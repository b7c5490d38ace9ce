package dev.filigree.tests.bench.peer;

import dev.filigree.runtime.kernel.TokenBatch;

/**
 * A batch as engines take it that know no packed sequences: all padded to the longest.
 *
 * @param sequences rows
 * @param longest columns
 * @param ids {@code [sequences, longest]}, 0 in padding
 * @param types {@code [sequences, longest]}, 0 in padding
 * @param mask {@code [sequences, longest]}, 1 for tokens, 0 in padding
 */
record PaddedBatch(int sequences, int longest, long[] ids, long[] types, long[] mask) {
    static PaddedBatch of(TokenBatch batch) {
        int sequences = batch.sequences();
        int longest = 0;
        for (int s = 0; s < sequences; s++) {
            longest = Math.max(longest, batch.length(s));
        }
        long[] ids = new long[sequences * longest];
        long[] types = new long[ids.length];
        long[] mask = new long[ids.length];
        for (int s = 0; s < sequences; s++) {
            int from = batch.offsets()[s];
            for (int t = 0; t < batch.length(s); t++) {
                ids[s * longest + t] = batch.ids()[from + t];
                types[s * longest + t] = batch.types()[from + t];
                mask[s * longest + t] = 1;
            }
        }
        return new PaddedBatch(sequences, longest, ids, types, mask);
    }

    /** From {@code [sequences, longest, width]} to {@code [tokens, width]}. */
    static float[] withoutPadding(float[] padded, TokenBatch batch) {
        int longest = of(batch).longest();
        int width = padded.length / batch.sequences() / longest;
        float[] packed = new float[batch.tokens() * width];
        for (int s = 0; s < batch.sequences(); s++) {
            System.arraycopy(padded, s * longest * width, packed, batch.offsets()[s] * width, batch.length(s) * width);
        }
        return packed;
    }
}
