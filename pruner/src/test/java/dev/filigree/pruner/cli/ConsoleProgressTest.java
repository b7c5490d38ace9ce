package dev.filigree.pruner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConsoleProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private String shown() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void plainOutputHasFirstAndLastStepOfEachPhaseOnLinesOfTheirOwn() {
        try (ConsoleProgress progress = new ConsoleProgress(out, false)) {
            for (int step = 1; step <= 50; step++) {
                progress.progress("admm", step, 50, 0.25, Map.of("primal", 0.125));
            }
            progress.progress("sr-ste", 1, 9, 0.5, Map.of());
        }
        assertThat(shown()).doesNotContain("\r");
        assertThat(shown().lines().map(line -> line.split("  ")[0])).containsExactly("admm 1/50", "admm 50/50", "sr-ste 1/9");
        assertThat(shown()).contains("loss 0.2500", "primal 0.125", "done in");
    }

    @Test
    void terminalOutputRedrawsOneLineForAPhase() {
        try (ConsoleProgress progress = new ConsoleProgress(out, true)) {
            progress.step("obs", 1, 2, "");
            progress.step("obs", 2, 2, "");
            progress.line("done");
        }
        assertThat(shown().split("\n")).hasSize(2);
        assertThat(shown()).contains("\robs", "############............", "########################", "2/2");
    }
}
