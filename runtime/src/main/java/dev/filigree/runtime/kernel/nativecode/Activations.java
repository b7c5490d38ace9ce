package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Panels of activations, with room for their codes.
 *
 * @param values fp32 {@code [panels][features][16]}
 * @param codes 16-bit {@code [panels][features][16]}
 * @param scales of the codes, {@code [panels][16]}
 * @param features width
 */
record Activations(MemorySegment values, MemorySegment codes, MemorySegment scales, int features) {
    static Activations allocate(Arena arena, int panels, int features) {
        long tokens = (long) panels * Panels.WIDTH;
        return new Activations(
                Memory.floats(arena, tokens * features), Memory.shorts(arena, tokens * features), Memory.floats(arena, tokens), features);
    }

    /** Makes the codes of the panels {@code [from, to)}. */
    void quantise(NativeKernels kernels, float limit, int from, int to) {
        kernels.quantise(values, codes, scales, features, limit, from, to);
    }
}
