package dev.filigree.pruner.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParallelTest {
    private static final int THREADS = 4;

    @BeforeEach
    void allowSome() {
        Parallel.setThreads(THREADS);
    }

    @AfterEach
    void allowAll() {
        Parallel.setThreads(Runtime.getRuntime().availableProcessors());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7, 1000})
    void eachIndexIsVisitedOnce(int count) throws InterruptedException {
        AtomicIntegerArray visits = new AtomicIntegerArray(count + 1);
        Parallel.forEach(count, visits::incrementAndGet);
        assertThat(IntStream.range(0, count).map(visits::get)).hasSize(count).allMatch(visit -> visit == 1);
        assertThat(visits.get(count)).isZero();
    }

    @Test
    void noMoreThreadsWorkThanAreAllowed() throws InterruptedException {
        Parallel.setThreads(1);
        Set<Thread> workers = ConcurrentHashMap.newKeySet();
        Parallel.forEach(1000, i -> workers.add(Thread.currentThread()));
        assertThat(workers).containsExactly(Thread.currentThread());
        Parallel.setThreads(2);
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Parallel.forEach(1000, i -> {
            most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            atOnce.decrementAndGet();
        });
        assertThat(most).hasValueLessThanOrEqualTo(2);
        assertThatIllegalArgumentException().isThrownBy(() -> Parallel.setThreads(0));
    }

    @Test
    void anInterruptOfTheCallerEndsItForAllThreads() {
        Thread caller = Thread.currentThread();
        AtomicInteger begun = new AtomicInteger();
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> Parallel.forEach(100_000, i -> {
            begun.incrementAndGet();
            caller.interrupt();
        }));
        // Each range begins with one before it looks.
        assertThat(begun).hasValueLessThanOrEqualTo(100 * THREADS);
        assertThat(caller.isInterrupted()).isFalse();
    }
}
