package dev.filigree.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.tests.bench.Interleaved.Timing;
import dev.filigree.tests.bench.Interleaved.Work;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterleavedTest {
    @Test
    void everyWorkHasASampleOfEachRoundAndARatioToTheFirst() {
        List<Timing> timings = Interleaved.hot(List.of(spin("short", 1), spin("long", 8)), 3, 0);
        assertThat(timings).extracting(Timing::name).containsExactly("short", "long");
        assertThat(timings).allSatisfy(timing -> {
            assertThat(timing.samples()).hasSize(3).allMatch(millis -> millis >= timing.minMillis());
            assertThat(timing.minMillis()).isPositive();
            assertThat(timing.medianMillis()).isBetween(timing.minMillis(), timing.samples().stream().max(Double::compare).orElseThrow());
        });
        assertThat(timings.getFirst().speedOfFirst()).isEqualTo(1);
        assertThat(timings.getLast().speedOfFirst()).isGreaterThan(1);
    }

    @Test
    void turnsChangeFromRoundToRound() {
        List<String> order = new ArrayList<>();
        CacheFlush none = new CacheFlush(64);
        List<Work> works = List.of(new Work("a", () -> note(order, "a")), new Work("b", () -> note(order, "b")));
        Interleaved.cold(works, 2, 0, none);
        // Warming up a, then b; then a and b in the first round, b and a in the second.
        assertThat(order).containsExactly("a", "b", "a", "b", "a");
    }

    private static void note(List<String> order, String name) {
        if (order.isEmpty() || !order.getLast().equals(name)) {
            order.add(name);
        }
    }

    @Test
    void ratioIsTheMedianOfTheRoundsRatios() {
        assertThat(Interleaved.medianRatio(new double[] {2, 30, 8}, new double[] {1, 10, 2})).isCloseTo(3, within(1e-12));
        assertThat(Interleaved.median(new double[] {4, 1, 3, 2})).isEqualTo(2.5);
    }

    @Test
    void flushWritesThroughTheWholeBuffer() {
        assertThat(new CacheFlush(4096).bytes()).isEqualTo(4096);
        assertThat(new CacheFlush().bytes()).isGreaterThan(MachineFacts.largestCacheBytes());
    }

    private static Work spin(String name, int millis) {
        return new Work(name, () -> {
            long end = System.nanoTime() + millis * 1_000_000L;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        });
    }
}
