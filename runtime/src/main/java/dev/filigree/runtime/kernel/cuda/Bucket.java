package dev.filigree.runtime.kernel.cuda;

/**
 * What the launches of a forward pass depend on, rounded up, so that few graphs serve all batches. Tokens and sequences past the real ones
 * are empty: they cost blocks that end at once, or part of a tile that is computed anyway.
 *
 * @param tokens of all sequences
 * @param sequences number of sequences
 * @param longest tokens of the longest sequence
 */
record Bucket(int tokens, int sequences, int longest) {
    /** The bucket of a batch. */
    static Bucket of(int tokens, int sequences, int longest) {
        int roundTokens = roundUp(tokens, tokens <= 128 ? 16 : tokens <= 512 ? 32 : 128);
        int roundLongest = roundUp(longest, longest <= 64 ? 16 : longest <= 128 ? 32 : 64);
        return new Bucket(roundTokens, roundSequences(sequences), Math.min(roundLongest, roundTokens));
    }

    /** Tokens from one row of an activation buffer to the next. */
    int stride() {
        return LaunchPlan.paddedTokens(tokens);
    }

    private static int roundUp(int value, int unit) {
        return Math.ceilDiv(value, unit) * unit;
    }

    /** To 1, 2, 3, 4, 6, 8, 12, 16, 24 …: powers of two, and one between each two. */
    private static int roundSequences(int sequences) {
        int power = Integer.highestOneBit(sequences);
        if (sequences == power) {
            return power;
        }
        int between = power + power / 2;
        return sequences <= between ? between : 2 * power;
    }
}
