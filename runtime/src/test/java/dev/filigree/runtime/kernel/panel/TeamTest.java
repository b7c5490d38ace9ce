package dev.filigree.runtime.kernel.panel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.runtime.kernel.Threads;
import java.util.Arrays;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class TeamTest {
    /** As good as for ever: what is tested must not depend on how fast a thread comes. */
    private static final long LONG = TimeUnit.MINUTES.toNanos(10);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void everyWorkerHasItsShareOfEveryStage(int size) {
        try (Team team = team(size, LONG)) {
            int stages = 50;
            AtomicIntegerArray done = new AtomicIntegerArray(13 * stages);
            team.run((share, barrier) -> {
                for (int stage = 0; stage < stages; stage++) {
                    for (int item = share.from(13); item < share.to(13); item++) {
                        done.incrementAndGet(stage * 13 + item);
                    }
                    barrier.await();
                    for (int item = 0; item < 13; item++) {
                        assertThat(done.get(stage * 13 + item)).as("stage %d, item %d", stage, item).isEqualTo(1);
                    }
                }
            });
            assertThat(done.toString()).isEqualTo(new AtomicIntegerArray(filled(13 * stages)).toString());
        }
    }

    private static int[] filled(int length) {
        int[] ones = new int[length];
        Arrays.fill(ones, 1);
        return ones;
    }

    @Test
    void theCallerIsWorkerZeroAndHelpersAreDaemons() {
        Thread caller = Thread.currentThread();
        try (Team team = team(3, LONG)) {
            var workers = new ConcurrentHashMap<Integer, Thread>();
            team.run((share, barrier) -> {
                assertThat(share.workers()).isEqualTo(3);
                workers.put(share.worker(), Thread.currentThread());
            });
            assertThat(workers).hasSize(3).containsEntry(0, caller);
            assertThat(workers.get(1)).isNotSameAs(workers.get(2)).returns(true, Thread::isDaemon);
        }
    }

    @Test
    void helpersStayAwakeForTheNextCall() throws Exception {
        try (ExecutorService pool = Executors.newCachedThreadPool()) {
            AtomicInteger tasks = new AtomicInteger();
            Team team = new Team(threads(3, task -> {
                tasks.incrementAndGet();
                pool.execute(task);
            }), LONG, LONG);
            for (int call = 0; call < 10; call++) {
                team.run((share, barrier) -> assertThat(share.workers()).isEqualTo(3));
                for (int turn = 0; turn < 1000; turn++) {
                    Thread.yield();
                    assertThat(team.helpers()).as("awake after call %d", call).isEqualTo(2);
                }
            }
            assertThat(tasks).hasValue(2);
            team.close();
            pool.shutdown();
            assertThat(pool.awaitTermination(20, TimeUnit.SECONDS)).as("closing sends them home").isTrue();
        }
    }

    @Test
    void tasksEndWithTheCallWhereNobodySpins() throws Exception {
        try (ExecutorService pool = Executors.newCachedThreadPool()) {
            Queue<Future<?>> tasks = new ConcurrentLinkedQueue<>();
            try (Team team = new Team(threads(3, task -> tasks.add(pool.submit(task))), 0, LONG)) {
                for (int call = 1; call <= 3; call++) {
                    try (Crew crew = team.enter()) {
                        crew.run((share, barrier) -> assertThat(share.workers()).isEqualTo(3));
                        crew.run((share, barrier) -> assertThat(share.workers()).isEqualTo(3));
                        assertThat(tasks).as("a task lasts for all jobs of a call").hasSize(2 * call);
                    }
                    for (Future<?> task : tasks) {
                        task.get();
                    }
                }
            }
        }
    }

    @Test
    void aSaturatedExecutorIsNotWaitedForTwice() {
        Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
        try (Team team = new Team(threads(4, queue::add), 0, 0)) {
            for (int call = 0; call < 10; call++) {
                team.run((share, barrier) -> assertThat(share).isEqualTo(Share.ALL));
            }
            assertThat(queue).hasSize(3);
        }
        try (Team team = new Team(threads(4, queue::add), 0, TimeUnit.MILLISECONDS.toNanos(1))) {
            team.run((share, barrier) -> { });
            long start = System.nanoTime();
            for (int call = 0; call < 100_000; call++) {
                team.run((share, barrier) -> { });
            }
            assertThat(System.nanoTime() - start).as("100,000 waits of 1 ms would take 100 s").isLessThan(TimeUnit.SECONDS.toNanos(50));
        }
        queue.forEach(Runnable::run);
    }

    @Test
    void aHelperThatComesLateTakesPartInTheNextJob() throws Exception {
        Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
        Team team = new Team(threads(2, queue::add), 0, 0);
        Thread late;
        try (Crew crew = team.enter()) {
            crew.run((share, barrier) -> assertThat(share.workers()).isEqualTo(1));
            late = new Thread(queue.remove());
            late.start();
            until(() -> team.helpers() == 1);
            // It waits for a job, but with no patience at all a job may begin before it has joined.
            AtomicInteger workers = new AtomicInteger();
            until(() -> {
                crew.run((share, barrier) -> workers.set(share.workers()));
                return workers.get() == 2;
            });
        }
        late.join();
        assertThat(queue).isEmpty();
    }

    @Test
    void executorsThatGiveNoThreadsLeaveTheCallerAlone() {
        Executor refusing = task -> {
            throw new RejectedExecutionException("full");
        };
        for (Executor executor : new Executor[] {Runnable::run, refusing}) {
            try (Team team = new Team(threads(3, executor), LONG, LONG)) {
                for (int call = 0; call < 3; call++) {
                    team.run((share, barrier) -> {
                        assertThat(share).isEqualTo(Share.ALL);
                        barrier.await();
                    });
                }
            }
        }
    }

    /** As one does that cannot start a thread. The call fails, and the next one asks for as many helpers as if nothing had been. */
    @Test
    void anExecutorThatFailedOnceIsAskedForAllHelpersAgain() {
        AtomicInteger asked = new AtomicInteger();
        Executor failingOnce = task -> {
            if (asked.incrementAndGet() == 1) {
                throw new OutOfMemoryError("no thread");
            }
            task.run();
        };
        try (Team team = new Team(threads(4, failingOnce), LONG, LONG)) {
            assertThatThrownBy(() -> team.run((share, barrier) -> { })).isInstanceOf(OutOfMemoryError.class).hasMessage("no thread");
            assertThat(asked.getAndSet(1)).isEqualTo(1);
            team.run((share, barrier) -> { });
            assertThat(asked.get()).isEqualTo(1 + 3);
        }
    }

    @Test
    void theExecutorMayBeTheOneThatMakesTheCalls() throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(2);
                Team team = new Team(threads(2, pool), Team.SPIN_NANOS, Team.PATIENCE_NANOS)) {
            AtomicInteger done = new AtomicInteger();
            Queue<Future<?>> calls = new ConcurrentLinkedQueue<>();
            for (int call = 0; call < 200; call++) {
                calls.add(pool.submit(() -> team.run((share, barrier) -> done.addAndGet(share.to(60) - share.from(60)))));
            }
            for (Future<?> call : calls) {
                call.get();
            }
            assertThat(done).hasValue(200 * 60);
        }
    }

    @Test
    void aSecondCallerTakesAHelpersPlace() throws Exception {
        try (Team team = team(2, LONG); Crew first = team.enter()) {
            CountDownLatch working = new CountDownLatch(2);
            CountDownLatch release = new CountDownLatch(1);
            CountDownLatch secondWorks = new CountDownLatch(1);
            CountDownLatch secondMayEnd = new CountDownLatch(1);
            Thread second = new Thread(() -> team.run((share, barrier) -> {
                assertThat(share).isEqualTo(Share.ALL);
                secondWorks.countDown();
                await(secondMayEnd);
            }));
            Thread opener = new Thread(() -> {
                await(working);
                second.start();
                // Both places are taken: the second caller parks, and its job does not begin, until the helper has left.
                until(() -> second.getState() == Thread.State.WAITING && secondWorks.getCount() == 1);
                release.countDown();
            });
            opener.start();
            first.run((share, barrier) -> {
                assertThat(share.workers()).isEqualTo(2);
                working.countDown();
                await(release);
                assertThat(secondWorks.getCount()).as("the second has not begun").isEqualTo(1);
                barrier.await();
            });
            await(secondWorks);
            first.run((share, barrier) -> assertThat(share).isEqualTo(Share.ALL));
            secondMayEnd.countDown();
            second.join();
            opener.join();
            first.run((share, barrier) -> assertThat(share.workers()).as("the helper is back").isEqualTo(2));
        }
    }

    @Test
    void interruptsAreKept() {
        try (Team team = team(2, LONG)) {
            Thread.currentThread().interrupt();
            AtomicInteger workers = new AtomicInteger();
            team.run((share, barrier) -> {
                barrier.await();
                workers.incrementAndGet();
            });
            assertThat(Thread.interrupted()).isTrue();
            assertThat(workers).hasValue(2);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void theFirstFailureEndsTheJobAndReachesTheCaller(int failing) {
        try (Team team = team(3, LONG)) {
            for (Throwable failure : new Throwable[] {new IllegalStateException("broken"), new StackOverflowError("deep")}) {
                AtomicInteger beyond = new AtomicInteger();
                assertThatThrownBy(() -> team.run((share, barrier) -> {
                    if (share.worker() == failing) {
                        TeamTest.<RuntimeException>fail(failure);
                    }
                    barrier.await();
                    beyond.incrementAndGet();
                })).isSameAs(failure);
                assertThat(beyond).hasValue(0);
                team.run((share, barrier) -> assertThat(share.workers()).as("the team goes on").isEqualTo(3));
            }
        }
    }

    @Test
    void undeclaredCheckedExceptionsReachTheCallerToo() {
        try (Team team = team(2, LONG)) {
            Exception checked = new Exception("sneaked");
            assertThatThrownBy(() -> team.run((share, barrier) -> {
                if (share.worker() == 1) {
                    TeamTest.<RuntimeException>fail(checked);
                }
                barrier.await();
            })).hasCause(checked);
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void fail(Throwable failure) throws T {
        throw (T) failure;
    }

    @Test
    void virtualThreadsCallAndHelp() throws Exception {
        try (ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor();
                Team team = new Team(threads(2, virtual), Team.SPIN_NANOS, Team.PATIENCE_NANOS)) {
            AtomicInteger done = new AtomicInteger();
            Queue<Future<?>> calls = new ConcurrentLinkedQueue<>();
            for (int call = 0; call < 500; call++) {
                calls.add(virtual.submit(() -> team.run((share, barrier) -> {
                    barrier.await();
                    done.addAndGet(share.to(60) - share.from(60));
                    barrier.await();
                })));
            }
            for (Future<?> call : calls) {
                call.get();
            }
            assertThat(done).hasValue(500 * 60);
        }
    }

    @Test
    void closingDuringACallLeavesItToTheCaller() throws Exception {
        Team team = team(2, LONG);
        Thread[] helper = new Thread[1];
        try (Crew crew = team.enter()) {
            crew.run((share, barrier) -> {
                if (share.worker() == 1) {
                    helper[0] = Thread.currentThread();
                } else {
                    team.close();
                }
                barrier.await();
                assertThat(share.workers()).isEqualTo(2);
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
            });
            helper[0].join();
            crew.run((share, barrier) -> assertThat(share).isEqualTo(Share.ALL));
        }
        team.run((share, barrier) -> assertThat(share).isEqualTo(Share.ALL));
        team.close();
    }

    /** A team with threads of its own that join every job, however late. */
    private static Team team(int size, long patience) {
        return new Team(Threads.own(size), 0, patience);
    }

    private static Threads threads(int count, Executor executor) {
        return new Threads(count, Optional.of(executor));
    }

    private static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
