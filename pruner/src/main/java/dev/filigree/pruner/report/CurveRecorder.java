package dev.filigree.pruner.report;

import dev.filigree.pruner.train.PlannedPhase;
import dev.filigree.pruner.train.TrainingListener;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Keeps the curves of a run's phases while another listener watches too. Not thread-safe. */
public final class CurveRecorder implements TrainingListener {
    private final TrainingListener next;
    private final SequencedMap<String, Curve.Builder> phases = new LinkedHashMap<>();

    /** Passes everything on. */
    public CurveRecorder(TrainingListener next) {
        this.next = next;
    }

    @Override
    public void planned(List<PlannedPhase> planned) {
        next.planned(planned);
    }

    @Override
    public void progress(String phase, int step, int steps, double loss, Map<String, Double> residuals) {
        phases.computeIfAbsent(phase, name -> new Curve.Builder(name, steps)).add(step, loss, residuals);
        next.progress(phase, step, steps, loss, residuals);
    }

    /** What was recorded, a curve for each phase, in the order in which they began. */
    public List<Curve> curves() {
        return phases.values().stream().map(Curve.Builder::build).toList();
    }
}
