package dev.filigree.pruner.report;

import java.util.Arrays;

/**
 * A figure and the 95 % confidence interval about it.
 *
 * @param value as measured
 * @param low lower end
 * @param high upper end
 */
public record Interval(double value, double low, double high) {
    /** Two-sided 95 % of the normal distribution. */
    private static final double Z = 1.959963984540054;
    private static final double TAIL = 0.025;

    /**
     * Wilson's score interval of a share (Wilson 1927): it holds its level for small samples and shares near 0 and 1.
     *
     * @param hits {@code 0 <= hits <= count}
     * @param count at least 1
     */
    public static Interval wilson(long hits, long count) {
        if (count < 1 || hits < 0 || hits > count) {
            throw new IllegalArgumentException(hits + " of " + count + " is no share.");
        }
        double share = (double) hits / count;
        double shrink = 1 + Z * Z / count;
        double centre = (share + Z * Z / (2 * count)) / shrink;
        double half = Z / shrink * Math.sqrt(share * (1 - share) / count + Z * Z / (4.0 * count * count));
        return new Interval(share, hits == 0 ? 0 : centre - half, hits == count ? 1 : centre + half);
    }

    /**
     * The percentile interval of a bootstrap (Efron 1979).
     *
     * @param value the figure of the sample itself
     * @param resampled the figure of each resample, at least one
     */
    public static Interval percentile(double value, double[] resampled) {
        double[] sorted = resampled.clone();
        Arrays.sort(sorted);
        return new Interval(value, quantile(sorted, TAIL), quantile(sorted, 1 - TAIL));
    }

    /** Linear between order statistics (type 7 of Hyndman and Fan 1996). */
    private static double quantile(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
