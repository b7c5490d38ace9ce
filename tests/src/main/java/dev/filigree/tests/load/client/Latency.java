package dev.filigree.tests.load.client;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Percentiles of times, in microseconds; all 0 where there was none.
 *
 * @param count how many times
 * @param mean of them
 * @param p50 the median
 * @param p90 nine of ten are no longer
 * @param p99 99 of a hundred are no longer
 * @param p999 999 of a thousand are no longer
 * @param max the longest
 */
public record Latency(long count, double mean, double p50, double p90, double p99, double p999, double max) {
    private static final long LONGEST_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final int DIGITS = 3;
    private static final double NANOS_PER_MICRO = 1e3;

    /** A histogram of nanoseconds, three digits exact, up to an hour. */
    static Histogram histogram() {
        return new Histogram(LONGEST_NANOS, DIGITS);
    }

    /** Adds a time, which may be off both ends of what is recorded. */
    static void record(Histogram histogram, long nanos) {
        histogram.recordValue(Math.clamp(nanos, 0, LONGEST_NANOS));
    }

    static Latency of(Histogram nanos) {
        return new Latency(nanos.getTotalCount(), micros(nanos.getMean()), percentile(nanos, 50), percentile(nanos, 90),
                percentile(nanos, 99), percentile(nanos, 99.9), micros(nanos.getMaxValue()));
    }

    private static double percentile(Histogram nanos, double percent) {
        return micros(nanos.getValueAtPercentile(percent));
    }

    private static double micros(double nanos) {
        return nanos / NANOS_PER_MICRO;
    }
}
