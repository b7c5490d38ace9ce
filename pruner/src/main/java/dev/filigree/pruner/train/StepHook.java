package dev.filigree.pruner.train;

import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import java.io.IOException;
import java.util.Map;

/** What a pruning method does around the optimiser's steps. All calls come from the training thread. */
public interface StepHook {
    /** Does nothing. */
    StepHook NONE = new StepHook() {};

    /** Before the first step: the place to set masks and the optimiser's rules. */
    default void start(AdamW optimizer) {}

    /**
     * After a step: the weights are updated and published. The place to refresh masks, or Z and U; a hook that writes to a parameter's
     * weights publishes them.
     *
     * @param step steps done, from 1
     */
    default void afterStep(int step, AdamW optimizer) {}

    /** Whether what it leaves at the end would be the weights as they are now: not while masks or a penalty still move. */
    default boolean settled() {
        return true;
    }

    /** Keeps what {@link #afterStep} has changed besides weights and moments. */
    default void save(StateWriter out) throws IOException {}

    /** Takes on what was kept, after {@link #start} and with the weights of that step: masks and rules are in force afterwards. */
    default void restore(StateReader in, AdamW optimizer) throws IOException {}

    /** Figures to show with the progress, by name, for example {@code primal}. */
    default Map<String, Double> residuals() {
        return Map.of();
    }
}
