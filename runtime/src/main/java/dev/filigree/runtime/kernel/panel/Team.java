package dev.filigree.runtime.kernel.panel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A fixed group of threads that run one job together: the caller is worker 0, the rest are daemon threads that sleep in between. A call
 * that finds the group busy does its job alone on its own thread, which gives the same bits. Thread-safe.
 */
public final class Team implements AutoCloseable {
    /** The same code for every worker: its share of each stage, with a barrier after it. */
    public interface Job {
        void run(Share share, Barrier barrier);
    }

    /** One run of a job by all workers. */
    private record Round(Job job, int workers, Barrier barrier, AtomicInteger running, AtomicReference<Throwable> failure) {
        void work(int worker) {
            try {
                job.run(new Share(worker, workers), barrier);
            } catch (Barrier.BrokenException e) {
                // The worker that broke the barrier reports its own failure.
                return;
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e);
                barrier.abandon();
            } finally {
                running.decrementAndGet();
            }
        }
    }

    private final ReentrantLock busy = new ReentrantLock();
    private final List<Semaphore> starts = new ArrayList<>();
    private volatile Round round;
    private volatile boolean closed;

    /** Starts {@code size - 1} threads. */
    public Team(int size) {
        for (int worker = 1; worker < size; worker++) {
            int number = worker;
            Semaphore start = new Semaphore(0);
            starts.add(start);
            Thread.ofPlatform().daemon().name("filigree-worker-" + worker).start(() -> serve(number, start));
        }
    }

    /** Runs a job to its end and throws what a worker threw. */
    public void run(Job job) {
        if (starts.isEmpty() || !busy.tryLock()) {
            job.run(Share.ALL, new Barrier(1));
            return;
        }
        try {
            int workers = starts.size() + 1;
            Round current = new Round(job, workers, new Barrier(workers), new AtomicInteger(workers), new AtomicReference<>());
            round = current;
            starts.forEach(Semaphore::release);
            current.work(0);
            while (current.running().get() > 0) {
                Thread.onSpinWait();
            }
            switch (current.failure().get()) {
                case null -> { }
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new AssertionError("a job throws no checked exception");
            }
        } finally {
            round = null;
            busy.unlock();
        }
    }

    private void serve(int worker, Semaphore start) {
        while (true) {
            start.acquireUninterruptibly();
            if (closed) {
                return;
            }
            round.work(worker);
        }
    }

    /** Ends the threads; no job may be running. */
    @Override
    public void close() {
        closed = true;
        starts.forEach(Semaphore::release);
    }
}
