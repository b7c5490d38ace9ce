package dev.filigree.server.model;

import java.time.Duration;

/** How fast a model computes, learnt from its calls: an average of nanoseconds a token that forgets. Thread-safe. */
final class Pace {
    /** What the newest call counts for. */
    private static final double NEWEST = 0.125;

    private volatile double nanosPerToken = Double.POSITIVE_INFINITY;

    /** A call of so many tokens took so long. When two come at once, one may be lost. */
    void took(int tokens, long nanos) {
        double now = (double) nanos / tokens;
        double before = nanosPerToken;
        nanosPerToken = Double.isInfinite(before) ? now : before + NEWEST * (now - before);
    }

    /** How many tokens may be expected to be computed in so long; 0 before the first call. */
    int tokensWithin(Duration time) {
        return (int) (time.toNanos() / nanosPerToken);
    }
}
