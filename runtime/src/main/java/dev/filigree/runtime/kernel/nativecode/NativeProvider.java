package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import java.util.Optional;

/** Runs any model with the C kernels of this platform. Stateless and thread-safe. */
public final class NativeProvider implements KernelProvider {
    @Override
    public String name() {
        return "native";
    }

    @Override
    public Optional<String> refusal(Model model) {
        return NativeLibrary.get().refusal();
    }

    @Override
    public EncoderProgram load(Model model, int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("A program needs at least one thread, not " + threads + ".");
        }
        return new NativeProgram(model, threads, NativeLibrary.get().levels().getFirst());
    }
}
