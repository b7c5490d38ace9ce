package dev.filigree.tests.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.runtime.kernel.TokenBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgreementTest {
    private static final TokenBatch BATCH = new TokenBatch(new int[2], new int[2], new int[] {0, 2});

    private record Fixed(float... answer) implements Peer {
        @Override
        public String name() {
            return "fixed";
        }

        @Override
        public float[] run(TokenBatch batch) {
            return answer;
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }

    @Test
    void logitsAreComparedWithTheLargest() {
        Agreement agreement = Agreement.ofLogits(new Fixed(10.5f, -1), new Fixed(10, -1), List.of(BATCH), 0.06);
        assertThat(agreement.gap()).isCloseTo(0.05, within(1e-6));
        assertThat(agreement.holds()).isTrue();
    }

    @Test
    void anotherAnswerIsRefused() {
        assertThat(Agreement.ofLogits(new Fixed(1, 2), new Fixed(2, 1), List.of(BATCH), 0.4).holds()).isFalse();
        assertThat(Agreement.ofLogits(new Fixed(1, Float.NaN), new Fixed(1, 1), List.of(BATCH), 0.4).holds()).isFalse();
        assertThat(Agreement.ofLogits(new Fixed(1), new Fixed(1, 1), List.of(BATCH), 0.4).holds()).isFalse();
    }

    @Test
    void hiddenStatesAreComparedByTheirDirection() {
        assertThat(states(new Fixed(2, 4), new Fixed(1, 2)).gap()).isCloseTo(0, within(1e-6));
        assertThat(states(new Fixed(2, 4), new Fixed(1, 2)).holds()).isTrue();
        assertThat(states(new Fixed(0, 1), new Fixed(1, 0)).gap()).isCloseTo(1, within(1e-9));
        assertThat(states(new Fixed(1, 1, 1), new Fixed(1, 1)).holds()).isFalse();
    }

    private static Agreement states(Fixed answers, Fixed expected) {
        return Agreement.ofHiddenStates(answers::run, expected::run, "expected", List.of(BATCH), 0.5);
    }

    @Test
    void paddingIsTakenAway() {
        TokenBatch batch = new TokenBatch(new int[3], new int[3], new int[] {0, 2, 3});
        float[] padded = {1, 2, 3, 4, 5, 6, 7, 8};
        assertThat(PaddedBatch.withoutPadding(padded, batch)).containsExactly(1, 2, 3, 4, 5, 6);
    }

    @Test
    void shorterTextsArePaddedAtTheirEnd() {
        PaddedBatch padded = PaddedBatch.of(new TokenBatch(new int[] {5, 6, 7, 8}, new int[] {0, 1, 0, 1}, new int[] {0, 3, 4}));
        assertThat(padded.ids()).containsExactly(5, 6, 7, 8, 0, 0);
        assertThat(padded.types()).containsExactly(0, 1, 0, 1, 0, 0);
        assertThat(padded.mask()).containsExactly(1, 1, 1, 1, 0, 0);
    }
}
