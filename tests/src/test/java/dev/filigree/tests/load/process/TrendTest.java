package dev.filigree.tests.load.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.tests.load.process.Trend.Reading;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrendTest {
    /** Ten minutes, a reading every six seconds. */
    private static Trend trend(Gauge gauge, DoubleUnaryOperator ofMinute) {
        return Trend.of(gauge, IntStream.rangeClosed(0, 100)
                .mapToObj(i -> new Reading(i / 10.0, ofMinute.applyAsDouble(i / 10.0)))
                .toList());
    }

    @Test
    void aLineHasItsSlope() {
        Trend trend = trend(Gauge.RSS, minute -> 100 + 5 * minute);
        assertThat(trend.perMinute()).isEqualTo(5, within(1e-9));
        assertThat(trend.minutes()).isEqualTo(10);
        assertThat(trend.max()).isEqualTo(150);
        assertThat(trend.firstThird()).isEqualTo(108, within(0.01));
        assertThat(trend.lastThird()).isEqualTo(142, within(0.01));
        assertThat(trend.ratio()).isEqualTo(142 / 108.0, within(0.001));
        assertThat(trend.rise()).isEqualTo(50 / 108.0, within(0.001));
    }

    @Test
    void aSawToothIsFlat() {
        Trend trend = trend(Gauge.HEAP, minute -> 100 + 80 * (minute * 3 % 1));
        assertThat(trend.rise()).isEqualTo(0, within(0.05));
        assertThat(trend.ratio()).isEqualTo(1, within(0.05));
    }

    @Test
    void growthIsWhatExceedsShareAndSlack() {
        // RSS may grow by a tenth and 32 MB, threads by a tenth and 4.
        assertThat(trend(Gauge.RSS, minute -> minute < 5 ? 100 : 141).isGrown()).isFalse();
        assertThat(trend(Gauge.RSS, minute -> minute < 5 ? 100 : 143).isGrown()).isTrue();
        assertThat(trend(Gauge.THREADS, minute -> minute < 5 ? 20 : 26).isGrown()).isFalse();
        assertThat(trend(Gauge.THREADS, minute -> minute < 5 ? 20 : 27).isGrown()).isTrue();
    }

    @Test
    void twoReadingsAreNoTrend() {
        List<Reading> two = List.of(new Reading(0, 1), new Reading(1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> Trend.of(Gauge.RSS, two));
    }
}
