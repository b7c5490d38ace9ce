package dev.filigree.format;

/** Pattern sets: distinct masks of M bits with N ones each, rising as unsigned numbers. */
final class PatternSet {
    /** The largest complete set that a file may imply, and a matrix is packed with, without listing it. */
    static final int MAX_IMPLIED = 1 << 16;

    private PatternSet() {}

    /** {@code C(m, n)}; exact for {@code m <= 32}. */
    static long count(int n, int m) {
        long count = 1;
        for (int i = 1; i <= n; i++) {
            count = count * (m - n + i) / i;
        }
        return count;
    }

    /** All masks of m bits with n ones, rising; the caller sees to it that there are at most {@link #MAX_IMPLIED}. */
    static int[] complete(int n, int m) {
        int[] masks = new int[Math.toIntExact(count(n, m))];
        long mask = (1L << n) - 1;
        for (int i = 0; i < masks.length; i++) {
            masks[i] = (int) mask;
            // Gosper: the next larger number with as many ones.
            long lowest = mask & -mask;
            long ripple = mask + lowest;
            mask = ((ripple ^ mask) >>> 2) / lowest | ripple;
        }
        return masks;
    }

    /** Whether the set is {@link #complete}. */
    static boolean isComplete(int[] patterns, Sparsity sparsity) {
        return patterns.length <= MAX_IMPLIED && patterns.length == count(sparsity.n(), sparsity.m());
    }

    /** Bits a pattern id takes in a set of {@code patterns} patterns. */
    static int idBits(int patterns) {
        return Integer.SIZE - Integer.numberOfLeadingZeros(patterns - 1);
    }

    /** The smallest mask with n ones that keeps every input of {@code used}. */
    static int smallestCovering(int used, int n) {
        int mask = used;
        for (int free = ~used; Integer.bitCount(mask) < n; free &= free - 1) {
            mask |= free & -free;
        }
        return mask;
    }

    /** Index of a mask in a set, or -1. */
    static int indexOf(int[] patterns, int mask) {
        int low = 0;
        int high = patterns.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = Integer.compareUnsigned(patterns[middle], mask);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }
}
