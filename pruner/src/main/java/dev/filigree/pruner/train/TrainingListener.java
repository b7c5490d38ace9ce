package dev.filigree.pruner.train;

import java.util.List;
import java.util.Map;

/** Watches training. */
@FunctionalInterface
public interface TrainingListener {
    /** Watches nothing. */
    TrainingListener SILENT = (phase, step, steps, loss, residuals) -> {};

    /** Called before the first step of a run of several phases, with those that train, in order. */
    default void planned(List<PlannedPhase> phases) {}

    /**
     * Called after every step, on the training thread.
     *
     * @param phase name of the phase
     * @param step steps done, from 1
     * @param steps steps of the phase
     * @param loss loss of this step's batch
     * @param residuals figures of the pruning method, by name; empty for plain training
     */
    void progress(String phase, int step, int steps, double loss, Map<String, Double> residuals);
}
