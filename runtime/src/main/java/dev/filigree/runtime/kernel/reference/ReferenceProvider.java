package dev.filigree.runtime.kernel.reference;

import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.Threads;
import java.util.Optional;

/** Runs any model anywhere, slowly, on the caller's thread: what every other provider is compared with. Stateless and thread-safe. */
public final class ReferenceProvider implements KernelProvider {
    @Override
    public String name() {
        return "reference";
    }

    @Override
    public Optional<String> refusal(Model model) {
        return Optional.empty();
    }

    @Override
    public EncoderProgram load(Model model, Threads threads) {
        return new ReferenceProgram(model);
    }
}
