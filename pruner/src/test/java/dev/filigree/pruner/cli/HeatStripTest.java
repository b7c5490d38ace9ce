package dev.filigree.pruner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HeatStripTest {
    @Test
    void heatStripsGoFromLightToDark() {
        HeatStrip strip = HeatStrip.in(StandardCharsets.UTF_8);
        assertThat(strip.plain()).isFalse();
        assertThat(strip.of(new float[] {0, 1, 2, 3, 4}, 5)).startsWith(" \u2591\u2592\u2593\u2588 ").endsWith("  inf");
        HeatStrip ascii = HeatStrip.in(StandardCharsets.US_ASCII);
        assertThat(ascii.plain()).isTrue();
        assertThat(ascii.of(new float[] {1, 2, -1, -2}, 2)).startsWith(" #").endsWith("  2.0");
        assertThat(ascii.of(new float[200], 200)).as("a matrix of zeros").hasSize(HeatStrip.CELLS + 6).endsWith("    -");
    }
}
