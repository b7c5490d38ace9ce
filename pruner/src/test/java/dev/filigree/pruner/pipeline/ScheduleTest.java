package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void fewExamplesAreSeenMoreOften() {
        assertThat(Schedule.usualDenseEpochs(400_000)).isEqualTo(3);
        assertThat(Schedule.usualDenseEpochs(4_800)).isEqualTo(5);
        assertThat(Schedule.usualDenseEpochs(1)).isEqualTo(8);
        assertThat(Schedule.usualPruneEpochs(400_000)).isEqualTo(1);
        assertThat(Schedule.usualPruneEpochs(8_551)).isEqualTo(6);
        assertThat(Schedule.usualPruneEpochs(1)).isEqualTo(8);
    }

    @Test
    void whatIsOutOfRangeIsRefused() {
        assertRefused(-1, 1, 1e-4, "must not be negative");
        assertRefused(1, 0, 1e-4, "must be positive");
        assertRefused(1, 1e9, 1e-4, "at most 1000");
        assertRefused(1, 1, Double.NaN, "finite");
    }

    private static void assertRefused(double denseEpochs, double pruneEpochs, double rate, String why) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Schedule(denseEpochs, pruneEpochs, 32, rate, 1e-4)).withMessageContaining(why);
    }
}
