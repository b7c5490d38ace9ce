package dev.filigree.runtime.kernel.panel;

import java.lang.reflect.UndeclaredThrowableException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** One job, from the gathering of its workers to the end of the last of them. The caller is worker 0; helpers are numbered as they join. */
final class Round {
    private final Team.Job job;
    /** Helpers so far; negative from the beginning of the job on, when nobody can join any more. */
    private final AtomicInteger joined = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private int workers;
    /** Null until the job begins. */
    private volatile Barrier barrier;

    Round(Team.Job job) {
        this.job = job;
    }

    /** A helper's part: joins, waits for the beginning and works to the end; nothing if the job has begun already. */
    void help() {
        int number = joined.incrementAndGet();
        if (number > 0) {
            for (int turn = 0; barrier == null; turn++) {
                Waiting.pass(turn);
            }
            work(number);
        }
    }

    /** Helpers that have joined; meaningful before the beginning. */
    int joined() {
        return joined.get();
    }

    /** The caller's part: begins with those that have joined, works, waits for their end and throws what the first to fail threw. */
    void lead() {
        workers = joined.getAndAdd(Integer.MIN_VALUE) + 1;
        running.set(workers);
        barrier = new Barrier(workers);
        work(0);
        for (int turn = 0; running.get() > 0; turn++) {
            Waiting.pass(turn);
        }
        switch (failure.get()) {
            case null -> { }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new UndeclaredThrowableException(e);
        }
    }

    private void work(int number) {
        try {
            job.run(new Share(number, workers), barrier);
        } catch (Barrier.BrokenException e) {
            // The worker that broke the barrier reports its own failure.
            return;
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
            barrier.abandon();
        } finally {
            running.decrementAndGet();
        }
    }
}
