package dev.filigree.pruner.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParallelTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7, 1000})
    void eachIndexIsVisitedOnce(int count) throws InterruptedException {
        AtomicIntegerArray visits = new AtomicIntegerArray(count + 1);
        Parallel.forEach(count, visits::incrementAndGet);
        assertThat(IntStream.range(0, count).map(visits::get)).hasSize(count).allMatch(visit -> visit == 1);
        assertThat(visits.get(count)).isZero();
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
        assertThat(begun).hasValueLessThanOrEqualTo(100 * (ForkJoinPool.commonPool().getParallelism() + 1));
        assertThat(caller.isInterrupted()).isFalse();
    }
}
