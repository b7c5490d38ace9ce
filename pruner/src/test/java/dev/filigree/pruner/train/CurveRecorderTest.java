package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CurveRecorderTest {
    @Test
    void shortPhasesAreKeptStepByStepAndPassedOn() {
        List<String> seen = new ArrayList<>();
        CurveRecorder recorder = new CurveRecorder((phase, step, steps, loss, residuals) -> seen.add(phase + step + "/" + steps));
        recorder.progress("admm", 1, 2, 0.5, Map.of());
        recorder.progress("admm", 2, 2, 0.25, Map.of("primal", 0.125));
        recorder.progress("sr-ste", 1, 1, 0.75, Map.of());
        assertThat(seen).containsExactly("admm1/2", "admm2/2", "sr-ste1/1");
        assertThat(recorder.curves()).extracting(Curve::phase).containsExactly("admm", "sr-ste");
        List<Curve.Point> points = recorder.curves().getFirst().points();
        assertThat(points).extracting(Curve.Point::loss).containsExactly(0.5, 0.25);
        assertThat(points.getLast().residuals()).containsEntry("primal", 0.125);
    }

    @Test
    void aPhaseThatEndsEarlyKeepsItsLastStep() {
        CurveRecorder recorder = new CurveRecorder(TrainingListener.SILENT);
        for (int step = 1; step <= 1001; step++) {
            recorder.progress("fine-tune", step, 5000, 1, Map.of());
        }
        assertThat(recorder.curves().getFirst().points().getLast().step()).isEqualTo(1001);
        assertThat(recorder.curves()).isEqualTo(recorder.curves());
    }

    @Test
    void longPhasesStaySmallAndKeepTheirMeanAndEnd() {
        CurveRecorder recorder = new CurveRecorder(TrainingListener.SILENT);
        int steps = 100_003;
        for (int step = 1; step <= steps; step++) {
            recorder.progress("fine-tune", step, steps, step, Map.of("norm", (double) step));
        }
        List<Curve.Point> points = recorder.curves().getFirst().points();
        assertThat(points).hasSizeBetween(128, 256);
        assertThat(points.getLast().step()).isEqualTo(steps);
        assertThat(points.getLast().residuals()).containsEntry("norm", (double) steps);
        assertThat(points).isSortedAccordingTo((a, b) -> Integer.compare(a.step(), b.step()));
        assertThat(points.getFirst().loss()).as("mean of the steps it stands for")
                .isCloseTo((1 + points.getFirst().step()) / 2.0, within(1e-9));
    }
}
