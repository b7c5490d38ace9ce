package dev.filigree.tests.load.client;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** When requests are to be sent, whatever becomes of those before them. */
public enum Arrivals {
    /** Independent of each other, as those of many users are: gaps are distributed exponentially. */
    POISSON {
        @Override
        LongSupplier at(double perSecond, long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            return sum(perSecond, () -> -Math.log1p(-random.nextDouble()));
        }
    },
    /** All gaps are the same. */
    FIXED {
        @Override
        LongSupplier at(double perSecond, long seed) {
            return sum(perSecond, () -> 1);
        }
    };

    /**
     * The arrivals of one run, each later than the one before.
     *
     * @param perSecond mean rate, positive
     * @return nanoseconds since the start of the run
     */
    abstract LongSupplier at(double perSecond, long seed);

    private interface Gap {
        /** The next gap, in mean gaps. */
        double next();
    }

    private static LongSupplier sum(double perSecond, Gap gap) {
        if (!(perSecond > 0)) {
            throw new IllegalArgumentException("A rate must be positive, not " + perSecond + " requests a second.");
        }
        double nanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        return new LongSupplier() {
            private double total;

            @Override
            public long getAsLong() {
                total += gap.next() * nanos;
                return (long) total;
            }
        };
    }
}
