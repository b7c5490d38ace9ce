package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.LayerNorm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A LayerNorm in native memory.
 *
 * @param gamma {@code [hidden]}
 * @param beta {@code [hidden]}
 * @param epsilon added to the variance
 */
record NativeNorm(NativeKernels kernels, MemorySegment gamma, MemorySegment beta, float epsilon) {
    static NativeNorm of(LayerNorm norm, float epsilon, NativeKernels kernels, Arena arena) {
        return new NativeNorm(kernels, Memory.of(arena, norm.gamma()), Memory.of(arena, norm.beta()), epsilon);
    }

    /** Normalises the panels {@code [from, to)} in place. */
    void apply(Activations x, int from, int to) {
        kernels.layerNorm(x.values(), gamma, beta, x.features(), epsilon, from, to);
    }
}
