package dev.filigree.tests.load.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class TallyTest {
    private static final long SECOND = 1_000_000_000L;

    private static Step step(Tally tally) {
        CpuMeter cpu = new CpuMeter(Optional.empty());
        cpu.stop();
        return tally.step(0, 3, cpu);
    }

    @Test
    void aRequestCountsWhenItWasToBeSentInTheWindow() {
        Tally tally = new Tally();
        tally.answered(200, 5 * SECOND, 6 * SECOND);
        tally.begin(new Window.Interval(10 * SECOND, 20 * SECOND));
        for (long due : new long[] {9 * SECOND, 10 * SECOND, 19 * SECOND, 20 * SECOND}) {
            tally.due(due);
        }
        tally.answered(200, 9 * SECOND, 11 * SECOND);
        tally.answered(200, 10 * SECOND, 14 * SECOND);
        tally.answered(200, 19 * SECOND, 21 * SECOND);
        tally.answered(429, 12 * SECOND, 13 * SECOND);
        tally.answered(503, 12 * SECOND, 13 * SECOND);
        tally.answered(503, 20 * SECOND, 21 * SECOND);
        Step step = step(tally);
        assertThat(step.sent()).isEqualTo(2);
        assertThat(step.statuses()).isEqualTo(Map.of(200, 2L, 429, 1L, 503, 1L));
        assertThat(step.good().count()).isEqualTo(2);
        assertThat(step.good().max()).isEqualTo(4e6, within(4e3));
        assertThat(step.goodPerSecond()).as("answers that arrived in the window").isEqualTo(0.2);
        assertThat(step.offeredPerSecond()).isEqualTo(0.2);
        assertThat(step.failed()).isEqualTo(1);
        assertThat(step.reopened()).isEqualTo(3);
        assertThat(step.serverCores()).isEmpty();
    }

    @Test
    void whatWasNeverAnsweredCountsAsLongAsItHasWaited() {
        Tally tally = new Tally();
        tally.begin(new Window.Interval(0, 10 * SECOND));
        tally.unanswered(SECOND, 9 * SECOND);
        tally.broken(2 * SECOND);
        Step step = step(tally);
        assertThat(step.good().max()).isEqualTo(8e6, within(8e3));
        assertThat(step.failed()).isEqualTo(2);
    }

    @Test
    void percentilesAreThreeDigitsExact() {
        Histogram histogram = Latency.histogram();
        for (int i = 1; i <= 1000; i++) {
            Latency.record(histogram, i * 1_000_000L);
        }
        Latency latency = Latency.of(histogram);
        assertThat(latency.count()).isEqualTo(1000);
        assertThat(latency.p50()).isEqualTo(500e3, within(500.0));
        assertThat(latency.p90()).isEqualTo(900e3, within(900.0));
        assertThat(latency.p99()).isEqualTo(990e3, within(990.0));
        assertThat(latency.p999()).isEqualTo(999e3, within(999.0));
        assertThat(latency.mean()).isEqualTo(500.5e3, within(500.0));
        assertThat(Latency.of(Latency.histogram())).isEqualTo(new Latency(0, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void timesOffTheEndsOfTheHistogramAreKept() {
        Histogram histogram = Latency.histogram();
        Latency.record(histogram, -5);
        Latency.record(histogram, Long.MAX_VALUE);
        assertThat(histogram.getTotalCount()).isEqualTo(2);
        assertThat(histogram.getMinValue()).isZero();
    }

    @Test
    void aWindowMustHaveALength() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Window(Duration.ZERO, Duration.ZERO));
    }
}
