package dev.filigree.runtime.kernel;

import dev.filigree.format.Model;
import java.util.Optional;

/** One way of running a model: a rung of the ladder. Stateless. */
public interface KernelProvider {
    /** The tolerance of fp32 kernels: between ones that only add in another order, differences stay a tenth of it. */
    double FP32_TOLERANCE = 1e-3;

    /** The name it is logged and forced by, for example {@code vector}. */
    String name();

    /** The provider that a forced name asks for: this one by its own name, or one like it with what else the name says. */
    default Optional<KernelProvider> named(String name) {
        return name.equals(name()) ? Optional.of(this) : Optional.empty();
    }

    /** Whether it runs on a GPU. */
    default boolean usesGpu() {
        return false;
    }

    /** How far a logit may be from the exact one: so much, or that share of the sequence's largest logit where this is more than one. */
    default double tolerance() {
        return FP32_TOLERANCE;
    }

    /**
     * Whether it rounds activations to 8 bits. That moves a few answers of some models far, however well it computes: of several texts the
     * median is then what the {@link #tolerance} is for.
     */
    default boolean roundsActivations() {
        return false;
    }

    /**
     * This provider with arithmetic that is slower and has a smaller {@link #tolerance}, for a model whose answers the tolerance proves too
     * narrow for; empty where there is none, or where its arithmetic was asked for by name.
     */
    default Optional<KernelProvider> moreExact() {
        return Optional.empty();
    }

    /** Why this machine, JVM or model cannot be served by this provider, and what to change, in one sentence; empty when it can. */
    Optional<String> refusal(Model model);

    /** Does what it needs to do once whatever the model; whoever has it done while a model is read loads that sooner. */
    default void prepare() {}

    /**
     * Lays out the model. Its matrices may lie in a mapped file: Java code may read them, now and later, although the file may be cut short
     * meanwhile ({@link dev.filigree.format.MappedMemory}); native code must be given copies, since it would end the process.
     *
     * @param threads what it may compute with
     * @throws ProviderRefusedException when it turns out that it cannot run the model here after all; nothing stays taken then
     */
    EncoderProgram load(Model model, Threads threads);

    /** The same, with so many threads of its own. */
    default EncoderProgram load(Model model, int threads) {
        return load(model, Threads.own(threads));
    }
}
