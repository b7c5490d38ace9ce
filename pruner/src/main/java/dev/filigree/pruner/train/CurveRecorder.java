package dev.filigree.pruner.train;

import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.PhaseCheckpoint;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Keeps the curves of a run's phases while another listener watches too; kept {@linkplain #beside(Checkpointed) beside} what a phase
 * changes, they go on where a killed run left them. Not thread-safe.
 */
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

    /** A state that has the curves so far with it. */
    public Checkpointed beside(Checkpointed state) {
        return new Checkpointed() {
            @Override
            public void save(StateWriter out) throws IOException {
                state.save(out);
                out.number("curves", phases.size());
                for (Curve.Builder curve : phases.values()) {
                    curve.save(out);
                }
            }

            @Override
            public void restore(StateReader in) throws IOException {
                state.restore(in);
                phases.clear();
                long count = in.number("curves");
                for (long i = 0; i < count; i++) {
                    Curve.Builder curve = Curve.Builder.restored(in);
                    phases.put(curve.phase(), curve);
                }
            }
        };
    }

    /** A checkpoint that keeps the curves so far with the progress of the phase. */
    public PhaseCheckpoint beside(PhaseCheckpoint checkpoint) {
        return new PhaseCheckpoint() {
            @Override
            public boolean resume(Checkpointed progress) {
                return checkpoint.resume(beside(progress));
            }

            @Override
            public void offer(Checkpointed progress) {
                checkpoint.offer(beside(progress));
            }

            @Override
            public void save(Checkpointed progress) {
                checkpoint.save(beside(progress));
            }
        };
    }

    /** What was recorded, a curve for each phase, in the order in which they began. */
    public List<Curve> curves() {
        return phases.values().stream().map(Curve.Builder::build).toList();
    }
}
