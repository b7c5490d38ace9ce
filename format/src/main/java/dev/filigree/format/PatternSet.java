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

    /** Index of the first mask that has not N ones among its M bits or does not rise; -1 when there is none. */
    static int firstInvalid(int[] patterns, Sparsity sparsity) {
        for (int i = 0; i < patterns.length; i++) {
            boolean rising = i == 0 || Integer.compareUnsigned(patterns[i - 1], patterns[i]) < 0;
            boolean within = Integer.numberOfLeadingZeros(patterns[i]) >= Integer.SIZE - sparsity.m();
            if (!rising || !within || Integer.bitCount(patterns[i]) != sparsity.n()) {
                return i;
            }
        }
        return -1;
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

    /** Index of the first mask of a set of N ones that keeps every one of at most N inputs, or -1. */
    static int firstKeeping(int used, int[] patterns, int n) {
        int smallest = indexOf(patterns, smallestCovering(used, n));
        if (smallest >= 0) {
            return smallest;
        }
        for (int id = 0; id < patterns.length; id++) {
            if ((used & ~patterns[id]) == 0) {
                return id;
            }
        }
        return -1;
    }

    /** Index of a mask in a set, or -1. */
    private static int indexOf(int[] patterns, int mask) {
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
