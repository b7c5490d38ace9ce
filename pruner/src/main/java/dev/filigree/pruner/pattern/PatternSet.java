package dev.filigree.pruner.pattern;

import dev.filigree.format.Sparsity;

/**
 * The patterns a layer may use: all C(M, N) masks of M bits with N ones, or some of them.
 *
 * @param sparsity gives N and M
 * @param subset rising and distinct masks, or empty for all C(M, N)
 */
public record PatternSet(Sparsity sparsity, int[] subset) {
    /** Checks that every mask has N ones among the low M bits. */
    public PatternSet {
        for (int i = 0; i < subset.length; i++) {
            requirePattern(subset[i], sparsity);
            if (i > 0 && Integer.compareUnsigned(subset[i - 1], subset[i]) >= 0) {
                throw new IllegalArgumentException("The patterns of a set must be rising and distinct.");
            }
        }
    }

    /** All C(M, N) patterns. */
    public static PatternSet all(Sparsity sparsity) {
        return new PatternSet(sparsity, new int[0]);
    }

    /** Whether every pattern of N ones among M bits belongs to the set. */
    public boolean isComplete() {
        return subset.length == 0 || subset.length == sparsity.patternCount();
    }

    /** How many patterns there are. */
    public long size() {
        return subset.length == 0 ? sparsity.patternCount() : subset.length;
    }

    /**
     * The masks, rising.
     *
     * @throws IllegalStateException when there are too many to list, see {@link Sparsity#patterns}
     */
    public int[] patterns() {
        if (subset.length != 0) {
            return subset.clone();
        }
        return sparsity.patterns();
    }

    /**
     * The pattern with the largest kept energy; ties go to the lower inputs, then to the lower mask. Inputs beyond {@code count} are worth
     * less than any.
     *
     * @param energies non-negative
     * @param from the first input of the group
     * @param count inputs in the group, at most M
     */
    int best(double[] energies, int from, int count) {
        if (!isComplete()) {
            return bestOfSubset(energies, from, count);
        }
        int n = sparsity.n();
        if (count <= n) {
            return (int) ((1L << n) - 1);
        }
        return count == 4 ? topOfFour(energies, from, n) : top(energies, from, count, n);
    }

    static void requirePattern(int pattern, Sparsity sparsity) {
        if (Integer.bitCount(pattern) != sparsity.n() || (pattern & 0xffffffffL) >>> sparsity.m() != 0) {
            throw new IllegalArgumentException("Pattern " + Integer.toBinaryString(pattern) + " is not one of " + sparsity
                    + ": it must have " + sparsity.n() + " ones among the low " + sparsity.m() + " bits.");
        }
    }

    private int bestOfSubset(double[] energies, int from, int count) {
        int best = subset[0];
        double bestEnergy = -1;
        for (int pattern : subset) {
            double energy = 0;
            for (int bits = pattern; bits != 0; bits &= bits - 1) {
                int j = Integer.numberOfTrailingZeros(bits);
                energy += j < count ? energies[from + j] : 0;
            }
            if (energy > bestEnergy) {
                best = pattern;
                bestEnergy = energy;
            }
        }
        return best;
    }

    /** Counts for each input those that beat it. Keys are totally ordered even for NaN, so exactly N have fewer than N betters. */
    private static int top(double[] energies, int from, int count, int n) {
        int mask = 0;
        for (int j = 0; j < count; j++) {
            long key = key(energies[from + j]);
            int betters = 0;
            for (int i = 0; i < j; i++) {
                betters += beats(key(energies[from + i]), key);
            }
            for (int i = j + 1; i < count; i++) {
                betters += 1 - beats(key, key(energies[from + i]));
            }
            mask |= (betters - n >>> 31) << j;
        }
        return mask;
    }

    /** {@link #top} unrolled and without branches, which random weights would mispredict. */
    private static int topOfFour(double[] energies, int from, int n) {
        long k0 = key(energies[from]);
        long k1 = key(energies[from + 1]);
        long k2 = key(energies[from + 2]);
        long k3 = key(energies[from + 3]);
        int b01 = beats(k0, k1);
        int b02 = beats(k0, k2);
        int b03 = beats(k0, k3);
        int b12 = beats(k1, k2);
        int b13 = beats(k1, k3);
        int b23 = beats(k2, k3);
        return (3 - b01 - b02 - b03 - n >>> 31)
                | (2 + b01 - b12 - b13 - n >>> 31) << 1
                | (1 + b02 + b12 - b23 - n >>> 31) << 2
                | (b03 + b13 + b23 - n >>> 31) << 3;
    }

    /** The bits of a non-negative double order as integers do. */
    private static long key(double energy) {
        return Double.doubleToRawLongBits(energy) & Long.MAX_VALUE;
    }

    /** 1 when the earlier key is at least the later one. */
    private static int beats(long earlier, long later) {
        return (int) (later - earlier - 1 >>> 63);
    }
}
