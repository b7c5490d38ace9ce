package dev.filigree.runtime.kernel.panel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.runtime.kernel.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many callers, short jobs, failures: nothing is lost, nothing hangs, and never are more threads at work than the team allows. */
@Timeout(60)
class TeamStressTest {
    private static final int CALLS = 400;

    @ParameterizedTest(name = "{0} threads, {1} callers, spinning {2} ns, {3}")
    @CsvSource({
        "2, 1, 50000, own", "2, 2, 0, own", "2, 4, 50000, own", "3, 2, 50000, own", "4, 3, 0, own",
        "3, 2, 50000, shared", "2, 3, 0, virtual"
    })
    void staysWithinItsThreads(int size, int callers, long spin, String executor) throws Exception {
        try (ExecutorService calling = executor.equals("virtual")
                        ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(callers)) {
            Threads threads = new Threads(size, executor.equals("own") ? Optional.empty() : Optional.of(calling));
            AtomicInteger working = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            List<Future<?>> all = new ArrayList<>();
            try (Team team = new Team(threads, spin, Team.PATIENCE_NANOS)) {
                for (int caller = 0; caller < callers; caller++) {
                    int seed = caller;
                    all.add(calling.submit(() -> call(team, new SplittableRandom(seed), working, most)));
                }
                for (Future<?> caller : all) {
                    caller.get();
                }
            }
            assertThat(most).hasPositiveValue();
            assertThat(most.get()).isLessThanOrEqualTo(Math.max(size, callers));
        }
    }

    private static void call(Team team, SplittableRandom random, AtomicInteger working, AtomicInteger most) {
        for (int call = 0; call < CALLS; call++) {
            try (Crew crew = team.enter()) {
                for (int job = random.nextInt(4); job > 0; job--) {
                    run(crew, random.nextInt(1, 20), random.nextInt(20) == 0, working, most);
                }
            }
        }
    }

    private static void run(Crew crew, int items, boolean fails, AtomicInteger working, AtomicInteger most) {
        int[] done = new int[items];
        IllegalStateException failure = new IllegalStateException("meant");
        try {
            crew.run((share, barrier) -> {
                most.accumulateAndGet(working.incrementAndGet(), Math::max);
                // Lets others in, so that threads overlap on any machine.
                Thread.yield();
                try {
                    for (int stage = 1; stage <= 3; stage++) {
                        for (int item = share.from(items); item < share.to(items); item++) {
                            done[item]++;
                        }
                        if (fails && share.worker() == share.workers() - 1) {
                            throw failure;
                        }
                        barrier.await();
                        for (int item = 0; item < items; item++) {
                            assertThat(done[item]).isEqualTo(stage);
                        }
                        barrier.await();
                    }
                } finally {
                    working.decrementAndGet();
                }
            });
            assertThat(fails).isFalse();
        } catch (IllegalStateException e) {
            assertThat(e).isSameAs(failure);
            assertThat(fails).isTrue();
        }
    }
}
