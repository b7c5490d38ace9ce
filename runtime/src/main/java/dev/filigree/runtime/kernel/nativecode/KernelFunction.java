package dev.filigree.runtime.kernel.nativecode;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.filigree.runtime.kernel.ProviderRefusedException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** The functions of {@code filigree.h}, by what they take: no other is called. */
@SuppressWarnings("restricted")
enum KernelFunction {
    LEVEL("fg_level", FunctionDescriptor.of(JAVA_INT)),
    LINEAR_F32("fg_linear_f32", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT)),
    LINEAR_S8("fg_linear_s8", FunctionDescriptor.ofVoid(
            ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS)),
    QUANTISE("fg_quantise", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_FLOAT, JAVA_INT, JAVA_INT)),
    EMBED("fg_embed", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT)),
    POOL("fg_pool", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT)),
    TANH("fg_tanh", FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT, JAVA_INT)),
    LAYER_NORM("fg_layer_norm", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_FLOAT, JAVA_INT, JAVA_INT)),
    ATTENTION("fg_attention", FunctionDescriptor.ofVoid(
            ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS)),
    ATTENTION_S16("fg_attention_s16", FunctionDescriptor.ofVoid(
            ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS)),
    ATTENTION_S16_SCRATCH("fg_attention_s16_scratch", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_INT));

    private final String symbol;
    private final FunctionDescriptor descriptor;

    KernelFunction(String symbol, FunctionDescriptor descriptor) {
        this.symbol = symbol;
        this.descriptor = descriptor;
    }

    /** What it takes and gives. */
    FunctionDescriptor descriptor() {
        return descriptor;
    }

    /** The function, if the library has it; {@code suffix} says for which level. */
    Optional<MethodHandle> find(SymbolLookup symbols, String suffix) {
        return symbols.find(symbol + suffix).map(address -> Linker.nativeLinker().downcallHandle(address, descriptor));
    }

    /**
     * The function, which every library has.
     *
     * @throws ProviderRefusedException when this one is of another version
     */
    MethodHandle in(SymbolLookup symbols, String suffix) {
        return find(symbols, suffix).orElseThrow(() -> new ProviderRefusedException("The native kernels lack " + symbol + suffix
                + ": take filigree-natives of the same version as filigree-runtime."));
    }
}
