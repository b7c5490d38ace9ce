package dev.filigree.server.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final Duration MILLISECOND = Duration.ofMillis(1);

    @Test
    void nothingIsQuickBeforeTheFirstCall() {
        assertThat(new Pace().tokensWithin(Duration.ofHours(1))).isZero();
    }

    @Test
    void callsAreAveragedAndForgotten() {
        Pace pace = new Pace();
        pace.took(10, 1_000_000);
        assertThat(pace.tokensWithin(MILLISECOND)).isEqualTo(10);
        pace.took(1, 900_000);
        assertThat(pace.tokensWithin(MILLISECOND)).as("200 microseconds a token").isEqualTo(5);
        for (int call = 0; call < 100; call++) {
            pace.took(100, 1_000_000);
        }
        assertThat(pace.tokensWithin(MILLISECOND)).isBetween(98, 100);
    }
}
