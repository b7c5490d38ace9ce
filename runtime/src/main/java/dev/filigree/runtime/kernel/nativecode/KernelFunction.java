package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.runtime.kernel.ProviderRefusedException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Optional;

/** The functions of {@code filigree.h}, by their names: no other is called. */
enum KernelFunction {
    LEVEL("fg_level"),
    LINEAR_F32("fg_linear_f32"),
    LINEAR_S8("fg_linear_s8"),
    QUANTISE("fg_quantise"),
    EMBED("fg_embed"),
    POOL("fg_pool"),
    TANH("fg_tanh"),
    LAYER_NORM("fg_layer_norm"),
    ATTENTION("fg_attention"),
    ATTENTION_S16("fg_attention_s16"),
    ATTENTION_S16_SCRATCH("fg_attention_s16_scratch");

    /** In place of the address of a function that the library does not have. */
    static final long ABSENT = 0;

    private final String symbol;

    KernelFunction(String symbol) {
        this.symbol = symbol;
    }

    /** The function's address, or {@link #ABSENT}; {@code suffix} says for which level. */
    long find(SymbolLookup symbols, String suffix) {
        Optional<MemorySegment> found = symbols.find(symbol + suffix);
        return found.isPresent() ? found.get().address() : ABSENT;
    }

    /**
     * The address of a function that every library has.
     *
     * @throws ProviderRefusedException when this one is of another version
     */
    long in(SymbolLookup symbols, String suffix) {
        long address = find(symbols, suffix);
        if (address == ABSENT) {
            throw new ProviderRefusedException("The native kernels lack " + symbol + suffix
                    + ": take filigree-natives of the same version as filigree-runtime.");
        }
        return address;
    }
}
