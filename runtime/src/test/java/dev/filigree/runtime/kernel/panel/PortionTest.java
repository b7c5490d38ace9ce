package dev.filigree.runtime.kernel.panel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PortionTest {
    private static final Barrier MEETING = new Barrier(2);

    @Test
    void panelsThatShareOutEvenlyBelongToOneWorkerEach() {
        assertThat(Portion.of(8, new Share(0, 2), MEETING)).isEqualTo(new Portion(0, 4, Share.ALL, Barrier.NONE));
        assertThat(Portion.of(8, new Share(1, 2), MEETING)).isEqualTo(new Portion(4, 8, Share.ALL, Barrier.NONE));
        assertThat(Portion.of(31, new Share(1, 2), MEETING)).isEqualTo(new Portion(15, 31, Share.ALL, Barrier.NONE));
    }

    @Test
    void fewPanelsAreSharedByAll() {
        assertThat(Portion.of(1, new Share(1, 2), MEETING)).isEqualTo(new Portion(0, 1, new Share(1, 2), MEETING));
        assertThat(Portion.of(3, new Share(0, 2), MEETING)).isEqualTo(new Portion(0, 3, new Share(0, 2), MEETING));
        assertThat(Portion.of(4, new Share(2, 3), MEETING)).isEqualTo(new Portion(0, 4, new Share(2, 3), MEETING));
    }

    @Test
    void oneWorkerHasEverything() {
        assertThat(Portion.of(5, Share.ALL, Barrier.NONE)).isEqualTo(Portion.all(5));
        assertThat(Portion.of(0, Share.ALL, Barrier.NONE).panels()).isZero();
    }
}
