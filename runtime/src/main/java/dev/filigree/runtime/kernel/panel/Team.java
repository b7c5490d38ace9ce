package dev.filigree.runtime.kernel.panel;

import dev.filigree.runtime.kernel.Threads;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The threads of a program: callers, and up to {@code size - 1} helpers that work for one of them at a time. Thread-safe.
 *
 * <p>Callers and helpers at work are together never more than {@code size}, or than the callers where these alone are more. Each further
 * caller takes the place of a helper, which leaves at the end of the job it is in; until then the caller is parked. With {@code size} calls
 * in flight each computes alone, which is the most they get done.
 *
 * <p>A helper is a task on an executor. It lives as long as the call that it helps and {@link #SPIN_NANOS} more, in which it waits for the
 * next call awake. A job begins with the helpers that are there and depends on no others, so an executor that is busy, runs tasks in the
 * caller or takes none makes calls slower and nothing else. A task that the executor is slow to start is waited for once, and none is sent
 * in its place.
 */
public final class Team implements AutoCloseable {
    /**
     * How long a helper stays awake after a call: about what it costs to wake a thread, so that at worst the waiting doubles the cost.
     * Where the machine has no more cores than the team has threads it is 0: the core may be wanted by those who make the next call.
     */
    static final long SPIN_NANOS = 50_000;

    /** How long a job waits for helpers that were just called: twice what waking a thread usually takes. */
    static final long PATIENCE_NANOS = 100_000;

    /** The same code for every worker: its share of each stage, with a barrier after it. It must not use the team. */
    public interface Job {
        void run(Share share, Barrier barrier);
    }

    private final int size;
    private final Executor executor;
    /** Threads of the team's own, if it has any. */
    private final Optional<ExecutorService> own;
    private final long spinNanos;
    private final long patienceNanos;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition somebodyLeft = lock.newCondition();
    /** Callers that need not wait any more. Guarded by the lock. */
    private int admitted;
    /** Callers, waiting or admitted. Written under the lock, as are the two counts below. */
    private volatile int callers;
    /** Helpers that are awake. */
    private volatile int helpers;
    /** Tasks sent to the executor that have not started. */
    private volatile int called;
    private volatile boolean closed;

    /** The call whose jobs the helpers do; null for none. */
    private final AtomicReference<Crew> leader = new AtomicReference<>();
    /** The job to join; null for none. */
    private volatile Round round;

    /** A team with threads of its own, daemons, started here. */
    public Team(int size) {
        this(Threads.own(size));
    }

    /** A team with these threads. */
    public Team(Threads threads) {
        this(threads, Runtime.getRuntime().availableProcessors() > threads.count() ? SPIN_NANOS : 0, PATIENCE_NANOS);
    }

    Team(Threads threads, long spinNanos, long patienceNanos) {
        this.size = threads.count();
        this.spinNanos = spinNanos;
        this.patienceNanos = patienceNanos;
        if (threads.executor().isPresent() || size == 1) {
            executor = threads.executor().isPresent() ? threads.executor().get() : new NoExecutor();
            own = Optional.empty();
        } else {
            AtomicInteger number = new AtomicInteger();
            ThreadPoolExecutor pool = (ThreadPoolExecutor) Executors.newFixedThreadPool(size - 1,
                    task -> Thread.ofPlatform().daemon().name("filigree-worker-" + number.incrementAndGet()).unstarted(task));
            pool.prestartAllCoreThreads();
            executor = pool;
            own = Optional.of(pool);
        }
    }

    /** For a team of one, which calls no helpers. */
    private record NoExecutor() implements Executor {
        @Override
        public void execute(Runnable task) {
            throw new RejectedExecutionException("This team has one thread, the caller's.");
        }
    }

    /** Runs a call that is a single job, as {@link Crew#run} does. */
    public void run(Job job) {
        try (Crew crew = enter()) {
            crew.run(job);
        }
    }

    /** Begins a call; waits, uninterruptibly, where the cores are taken by helpers of another one. */
    public Crew enter() {
        Crew crew = new Crew(this);
        lock.lock();
        try {
            callers++;
            while (helpers > 0 && admitted + helpers >= size) {
                somebodyLeft.awaitUninterruptibly();
            }
            admitted++;
        } finally {
            lock.unlock();
        }
        return crew;
    }

    void leave(Crew crew) {
        leader.compareAndSet(crew, null);
        lock.lock();
        try {
            callers--;
            admitted--;
            somebodyLeft.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void run(Crew crew, Job job) {
        boolean alone = helpers == 0 && callers >= size;
        if (alone || leader.get() != crew && !leader.compareAndSet(null, crew)) {
            job.run(Share.ALL, Barrier.NONE);
            return;
        }
        int unanswered = called;
        if (helpers + called < size - callers) {
            callHelpers();
        }
        Round current = new Round(job);
        round = current;
        gather(current, unanswered);
        try {
            current.lead();
        } finally {
            round = null;
        }
    }

    /** Waits for the helpers that are awake and for those just called, unless it takes too long. */
    private void gather(Round current, int unanswered) {
        long start = System.nanoTime();
        for (int turn = 0; current.joined() < expected(unanswered) && System.nanoTime() - start < patienceNanos; turn++) {
            Waiting.pass(turn);
        }
    }

    /** Helpers that are there or on their way; none is missed on its way, since it is counted as there before it is no longer called. */
    private int expected(int unanswered) {
        int coming = Math.max(0, called - unanswered);
        return coming + helpers;
    }

    private void callHelpers() {
        Thread caller = Thread.currentThread();
        int missing;
        lock.lock();
        try {
            missing = closed ? 0 : Math.max(0, size - callers - helpers - called);
            called += missing;
        } finally {
            lock.unlock();
        }
        try {
            for (; missing > 0; missing--) {
                try {
                    executor.execute(() -> help(caller));
                } catch (RejectedExecutionException e) {
                    // The call goes on without: it may be slower, but it is not lost.
                    answer(false);
                }
            }
        } finally {
            // Where the executor failed: the task it failed at, and those that were not sent after it.
            for (; missing > 0; missing--) {
                answer(false);
            }
        }
    }

    /** A helper's life: the body of a task. */
    private void help(Thread caller) {
        // An executor that runs tasks in the caller has no helper to give.
        if (!answer(Thread.currentThread() != caller)) {
            return;
        }
        Round last = null;
        long idleSince = System.nanoTime();
        int turn = 0;
        while (stays(idleSince)) {
            Round next = round;
            if (next == null || next == last) {
                Waiting.pass(turn++);
            } else {
                next.help();
                last = next;
                idleSince = System.nanoTime();
                turn = 0;
            }
        }
    }

    /** A task has started, or never will: whether it is a helper now. */
    private boolean answer(boolean able) {
        lock.lock();
        try {
            boolean joins = able && !closed && callers + helpers < size;
            if (joins) {
                helpers++;
            }
            called--;
            return joins;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a helper without a job goes on waiting for one; if not, it has left. */
    private boolean stays(long idleSince) {
        if (wanted(idleSince)) {
            return true;
        }
        lock.lock();
        try {
            // Where one too many was awake, another may have left by now.
            if (wanted(idleSince)) {
                return true;
            }
            helpers--;
            somebodyLeft.signalAll();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private boolean wanted(long idleSince) {
        return !closed && callers + helpers <= size && (leader.get() != null || System.nanoTime() - idleSince < spinNanos);
    }

    /** Helpers that are awake, at work or waiting for it. */
    int helpers() {
        return helpers;
    }

    /** Sends the helpers home at the end of their jobs. Calls in flight, and those that come after, are computed by their callers alone. */
    @Override
    public void close() {
        closed = true;
        if (own.isPresent()) {
            own.get().shutdown();
        }
    }
}
