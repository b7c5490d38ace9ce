package dev.filigree.pruner.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntervalTest {
    /** Newcombe 1998, table I, method 3. */
    @ParameterizedTest
    @CsvSource({"81, 263, 0.2553, 0.3662", "15, 148, 0.0624, 0.1605", "0, 20, 0.0000, 0.1611", "1, 29, 0.0061, 0.1718"})
    void wilsonsIntervalsAreThoseOfTheLiterature(long hits, long count, double low, double high) {
        Interval interval = Interval.wilson(hits, count);
        assertThat(interval.value()).isEqualTo((double) hits / count);
        assertThat(interval.low()).isCloseTo(low, within(5e-5));
        assertThat(interval.high()).isCloseTo(high, within(5e-5));
        Interval mirrored = Interval.wilson(count - hits, count);
        assertThat(mirrored.low()).isCloseTo(1 - interval.high(), within(1e-12));
        assertThat(mirrored.high()).isCloseTo(1 - interval.low(), within(1e-12));
    }

    @Test
    void whatIsNoShareIsRefused() {
        assertThatThrownBy(() -> Interval.wilson(3, 2)).hasMessage("3 of 2 is no share.");
        assertThatThrownBy(() -> Interval.wilson(0, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void thePercentileIntervalLeavesATailAtEachEnd() {
        double[] shuffled = IntStream.rangeClosed(0, 1000).mapToDouble(i -> i * 10 % 1001).toArray();
        Interval interval = Interval.percentile(3, shuffled);
        assertThat(interval).isEqualTo(new Interval(3, 25, 975));
        assertThat(Interval.percentile(1, new double[] {2, 4}).low()).isCloseTo(2.05, within(1e-12));
    }
}
