package dev.filigree.pruner.pattern;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
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
     * Runs the body for each {@code 0 <= i < count}, at the same time where there are threads, and returns when all are done: for bodies
     * that take long, because an interrupt of the calling thread lets no further one begin.
     *
     * @throws InterruptedException when the thread was interrupted; what had begun has ended then
     */
    public static void forEach(int count, IntConsumer body) throws InterruptedException {
        Thread caller = Thread.currentThread();
        AtomicInteger next = new AtomicInteger();
        forRanges(count, 1, (from, to) -> {
            for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                body.accept(i);
                // The flag is down while the caller waits for the others, so whoever sees it up stops them all.
                if (caller.isInterrupted()) {
                    next.set(count);
                }
            }
        });
        if (Thread.interrupted()) {
            throw new InterruptedException("A computation was stopped.");
        }
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
