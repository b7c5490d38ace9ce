package dev.filigree.pruner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.pruner.train.PlannedPhase;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConsoleProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private String shown() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void plainOutputHasFirstAndLastStepOfEachPhaseOnLinesOfTheirOwn() {
        try (ConsoleProgress progress = new ConsoleProgress(out, false, System::nanoTime)) {
            for (int step = 1; step <= 50; step++) {
                progress.progress("admm", step, 50, 0.25, Map.of("primal", 0.125));
            }
            progress.progress("sr-ste", 1, 9, 0.5, Map.of());
        }
        assertThat(shown()).doesNotContain("\r");
        assertThat(shown().lines().map(line -> line.split("  ")[0])).containsExactly("admm 1/50", "admm 50/50", "sr-ste 1/9");
        assertThat(shown()).contains("loss 0.2500", "primal 0.125", "done in");
    }

    /** Two seconds a step; resumed at step 101, so that the steps before count for nothing. */
    @Test
    void saysHowLongThePhaseAndAllTrainingWillTake() {
        AtomicLong now = new AtomicLong(1);
        try (ConsoleProgress progress = new ConsoleProgress(out, false, now::get)) {
            progress.planned(List.of(
                    new PlannedPhase("fine-tune", 200, 3), new PlannedPhase("admm", 1000, 4), new PlannedPhase("sr-ste", 1000, 4)));
            for (int step = 101; step <= 200; step++) {
                progress.progress("fine-tune", step, 200, 0.5, Map.of());
                now.addAndGet(2_000_000_000L);
            }
            for (int step = 1; step <= 6; step++) {
                progress.progress("admm", step, 1000, 0.5, Map.of());
                now.addAndGet(2_000_000_000L);
            }
        }
        List<String> lines = shown().lines().toList();
        assertThat(lines.getFirst()).isEqualTo("fine-tune 101/200  loss 0.5000  ");
        // 94 steps of 2 s, and 2000 that cost 4/3 of those.
        assertThat(lines.get(1)).isEqualTo("fine-tune 106/200  loss 0.5000  0.500 steps/s, 3 min 08 s left, all training about 1 h 32 min");
        assertThat(lines).anyMatch(line -> line.startsWith("fine-tune 200/200") && line.endsWith("done in 3 min 18 s"));
        assertThat(lines.getLast()).isEqualTo("admm 6/1000  loss 0.5000  0.500 steps/s, 33 min 08 s left, all training about 1 h 06 min");
    }

    @Test
    void terminalOutputRedrawsOneLineForAPhase() {
        try (ConsoleProgress progress = new ConsoleProgress(out, true, System::nanoTime)) {
            progress.step("obs", 1, 2, "");
            progress.step("obs", 2, 2, "");
            progress.line("done");
        }
        assertThat(shown().split("\n")).hasSize(2);
        assertThat(shown()).contains("\robs", "############............", "########################", "2/2");
    }
}
