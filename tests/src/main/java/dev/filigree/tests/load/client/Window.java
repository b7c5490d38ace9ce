package dev.filigree.tests.load.client;

import java.time.Duration;

/**
 * Which part of a run counts.
 *
 * @param warmup what comes first and does not
 * @param length what counts
 */
public record Window(Duration warmup, Duration length) {
    /** Refuses a window in which nothing counts. */
    public Window {
        if (warmup.isNegative() || !length.isPositive()) {
            throw new IllegalArgumentException("A run must have some time that counts, not " + length + " after " + warmup + ".");
        }
    }

    /** That window in time of {@link System#nanoTime}. */
    Interval from(long start) {
        return new Interval(start + warmup.toNanos(), start + warmup.plus(length).toNanos());
    }

    /** From, inclusive, to, exclusive, in time of {@link System#nanoTime}. */
    record Interval(long from, long to) {
        /** Before anything counts. */
        static final Interval NONE = new Interval(0, 0);

        boolean includes(long nanoTime) {
            return nanoTime - from >= 0 && nanoTime - to < 0;
        }
    }
}
