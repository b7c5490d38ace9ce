package dev.filigree.pruner.pattern;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Splits a loop over the calling thread and helpers from the common pool: as many threads as the process is allowed. */
public final class Parallel {
    /** Ranges for each thread, so that an unlucky one does not hold up the rest. */
    private static final int RANGES_PER_THREAD = 4;

    private static volatile int threads = ForkJoinPool.getCommonPoolParallelism() + 1;

    private Parallel() {}

    /** The body of a loop over {@code from <= i < to}; ranges run at the same time and must not share scratch memory. */
    @FunctionalInterface
    public interface Range {
        /** Runs one range. */
        void run(int from, int to);
    }

    /**
     * Sets how many threads one loop may keep busy, the calling one among them, for this process: the number of cores at first.
     *
     * @param count at least 1
     */
    public static void setThreads(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("A loop needs at least 1 thread, not " + count + ".");
        }
        threads = count;
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
        int most = threads;
        int ranges = Math.clamp(count / Math.max(1, grain), 1, most * RANGES_PER_THREAD);
        int workers = Math.min(most, ranges);
        if (workers == 1) {
            body.run(0, count);
            return;
        }
        AtomicInteger next = new AtomicInteger();
        IntStream.range(0, workers).parallel().forEach(worker -> {
            for (int i = next.getAndIncrement(); i < ranges; i = next.getAndIncrement()) {
                body.run((int) ((long) count * i / ranges), (int) ((long) count * (i + 1) / ranges));
            }
        });
    }
}
