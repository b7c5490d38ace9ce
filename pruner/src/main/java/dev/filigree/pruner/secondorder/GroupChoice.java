package dev.filigree.pruner.secondorder;

import dev.filigree.pruner.pattern.PatternSet;

/**
 * The cheapest pattern of one group of inputs when all weights outside of the group make up for what is removed. Removing the inputs R of a
 * group costs each row {@code 1/2 w_R ([A⁻¹]_RR)⁻¹ w_Rᵀ}, exactly: the optimal brain surgeon for several weights at once (Hassibi and
 * Stork 1992; Kurtic et al. 2022, arXiv 2203.07259, for sets of weights). It is taken input by input, each removed from what the one
 * before has left.
 *
 * <p>All patterns are tried where the set has few of them. From a larger complete set, as that of 8:16, the inputs are removed one by one,
 * the cheapest first.
 *
 * <p>Not thread-safe: holds scratch memory.
 */
final class GroupChoice {
    /** The most patterns that are all tried: 4:8 has 70, 5:10 has 252. */
    private static final int MOST_TRIED = 128;

    private final int n;
    private final int m;
    /** Empty where there are too many. */
    private final int[] tried;
    private final double[] remaining;
    private final double[] products;

    GroupChoice(PatternSet set) {
        this.n = set.sparsity().n();
        this.m = set.sparsity().m();
        this.tried = set.isComplete() && set.size() > MOST_TRIED ? new int[0] : set.patterns();
        this.remaining = new double[m * m];
        this.products = new double[m * m];
    }

    /**
     * The cheapest pattern that keeps as many of the group's inputs as a given one does, or that one itself where the loss, doubled and
     * summed over the rows, would fall by no more than {@code least}.
     *
     * @param inverse {@code A⁻¹} of the group's inputs, row-major {@code [m, m]}; rows and columns from {@code count} on are not read
     * @param squares the sum over rows of {@code wᵀ w} of the group's weights, in the same layout
     * @param count inputs in the group, at most M
     */
    int better(int pattern, double[] inverse, double[] squares, int count, double least) {
        int present = (int) ((1L << count) - 1);
        int kept = Integer.bitCount(pattern & present);
        double lowest = cost(present & ~pattern, inverse, squares, count, Double.POSITIVE_INFINITY) - least;
        int best = pattern;
        for (int other : tried.length == 0 ? new int[] {eliminated(inverse, squares, count)} : tried) {
            if (Integer.bitCount(other & present) == kept) {
                double cost = cost(present & ~other, inverse, squares, count, lowest);
                if (cost < lowest) {
                    best = other;
                    lowest = cost;
                }
            }
        }
        return best;
    }

    /** Twice the rise of the loss when some inputs are removed; where it passes the limit, some number that does too. */
    private double cost(int removed, double[] inverse, double[] squares, int count, double limit) {
        load(inverse, squares, count);
        double sum = 0;
        for (int rest = removed; rest != 0 && sum < limit; rest &= rest - 1) {
            sum += remove(Integer.numberOfTrailingZeros(rest), count);
        }
        return sum;
    }

    private int eliminated(double[] inverse, double[] squares, int count) {
        load(inverse, squares, count);
        int kept = (int) ((1L << count) - 1);
        while (Integer.bitCount(kept) > n) {
            int cheapest = -1;
            double least = Double.POSITIVE_INFINITY;
            for (int rest = kept; rest != 0; rest &= rest - 1) {
                int j = Integer.numberOfTrailingZeros(rest);
                double alone = products[j * m + j] / remaining[j * m + j];
                if (alone <= least) {
                    cheapest = j;
                    least = alone;
                }
            }
            remove(cheapest, count);
            kept &= ~(1 << cheapest);
        }
        return kept;
    }

    private void load(double[] inverse, double[] squares, int count) {
        for (int i = 0; i < count; i++) {
            System.arraycopy(inverse, i * m, remaining, i * m, count);
            System.arraycopy(squares, i * m, products, i * m, count);
        }
    }

    /** Removes an input and returns its cost; the rest becomes the inverse and the products of the problem without it. */
    private double remove(int j, int count) {
        double pivot = 1 / remaining[j * m + j];
        double energy = products[j * m + j];
        for (int i = 0; i < count; i++) {
            if (i == j) {
                continue;
            }
            double share = remaining[i * m + j] * pivot;
            for (int k = 0; k < count; k++) {
                if (k != j) {
                    double other = remaining[j * m + k] * pivot;
                    products[i * m + k] += share * other * energy - share * products[j * m + k] - products[i * m + j] * other;
                    remaining[i * m + k] -= share * remaining[j * m + k];
                }
            }
        }
        return energy * pivot;
    }
}
