package dev.filigree.tests.load.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static final int COUNT = 100_000;
    private static final double RATE = 400;

    private static double[] gaps(Arrivals arrivals, long seed) {
        LongSupplier times = arrivals.at(RATE, seed);
        double[] gaps = new double[COUNT];
        long before = 0;
        for (int i = 0; i < COUNT; i++) {
            long at = times.getAsLong();
            gaps[i] = (at - before) * RATE / TimeUnit.SECONDS.toNanos(1);
            before = at;
        }
        return gaps;
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    @Test
    void poissonArrivalsHaveTheRateAndExponentialGaps() {
        double[] gaps = gaps(Arrivals.POISSON, 1);
        // Mean and deviation of an exponential distribution are the same; the error of either is 1 / sqrt(count).
        assertThat(mean(gaps)).isEqualTo(1, within(0.015));
        double squares = 0;
        int longerThanTwo = 0;
        for (double gap : gaps) {
            assertThat(gap).isNotNegative();
            squares += (gap - 1) * (gap - 1);
            longerThanTwo += gap > 2 ? 1 : 0;
        }
        assertThat(Math.sqrt(squares / COUNT)).isEqualTo(1, within(0.03));
        assertThat((double) longerThanTwo / COUNT).isEqualTo(Math.exp(-2), within(0.005));
    }

    @Test
    void aSeedAlwaysGivesTheSameArrivals() {
        assertThat(gaps(Arrivals.POISSON, 1)).isEqualTo(gaps(Arrivals.POISSON, 1)).isNotEqualTo(gaps(Arrivals.POISSON, 2));
    }

    @Test
    void fixedArrivalsAreEquallyFarApart() {
        LongSupplier times = Arrivals.FIXED.at(1000, 1);
        assertThat(new long[] {times.getAsLong(), times.getAsLong(), times.getAsLong()}).containsExactly(1_000_000, 2_000_000, 3_000_000);
    }

    @Test
    void aRateThatIsNoneIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Arrivals.FIXED.at(0, 1)).withMessageContaining("positive");
        assertThatIllegalArgumentException().isThrownBy(() -> Arrivals.POISSON.at(Double.NaN, 1)).withMessageContaining("positive");
    }
}
