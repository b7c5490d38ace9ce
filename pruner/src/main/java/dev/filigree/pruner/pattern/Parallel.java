package dev.filigree.pruner.pattern;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.stream.IntStream;

/** Splits a loop over the fork-join pool of the calling thread (the common pool outside of one). */
public final class Parallel {
    /** Ranges for each thread, so that an unlucky one does not hold up the rest. */
    private static final int RANGES_PER_THREAD = 4;

    private Parallel() {}

    /** The body of a loop over {@code from <= i < to}; ranges run at the same time and must not share scratch memory. */
    @FunctionalInterface
    public interface Range {
        /** Runs one range. */
        void run(int from, int to);
    }

    /**
     * Runs the body over {@code 0 <= i < count} in ranges of at least {@code grain} and returns when all are done.
     *
     * @param grain the smallest range worth handing to another thread
     */
    public static void forRanges(int count, int grain, Range body) {
        ForkJoinPool own = ForkJoinTask.getPool();
        int threads = (own == null ? ForkJoinPool.commonPool() : own).getParallelism() + 1;
        int ranges = Math.clamp(count / Math.max(1, grain), 1, threads * RANGES_PER_THREAD);
        if (ranges == 1) {
            body.run(0, count);
            return;
        }
        IntStream.range(0, ranges)
                .parallel()
                .forEach(i -> body.run((int) ((long) count * i / ranges), (int) ((long) count * (i + 1) / ranges)));
    }
}
