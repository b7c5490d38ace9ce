package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.Threads;
import java.util.Optional;

/** Runs any model with the C kernels of this platform. Stateless and thread-safe. */
public final class NativeProvider implements KernelProvider {
    @Override
    public String name() {
        return "native";
    }

    /**
     * INT8 weights meet activations rounded to 16 bits of a token's largest one, which moves logits by up to 0.1 % on real models; fp32
     * weights, by as little as in other fp32 providers.
     */
    @Override
    public double tolerance() {
        return 5e-3;
    }

    @Override
    public Optional<String> refusal(Model model) {
        return NativeLibrary.get().refusal();
    }

    @Override
    public EncoderProgram load(Model model, Threads threads) {
        return new NativeProgram(model, threads, NativeLibrary.get().levels().getFirst());
    }
}
