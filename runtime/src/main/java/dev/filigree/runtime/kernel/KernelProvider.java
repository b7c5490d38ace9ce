package dev.filigree.runtime.kernel;

import dev.filigree.format.Model;
import java.util.Optional;

/** One way of running a model: a rung of the ladder. Stateless. */
public interface KernelProvider {
    /** The name it is logged and forced by, for example {@code vector}. */
    String name();

    /** Why this machine, JVM or model cannot be served by this provider, and what to change, in one sentence; empty when it can. */
    Optional<String> refusal(Model model);

    /**
     * Lays out the model.
     *
     * @param threads threads one call may use, at least 1
     */
    EncoderProgram load(Model model, int threads);
}
