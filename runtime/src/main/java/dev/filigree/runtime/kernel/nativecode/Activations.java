package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Panels of activations, with room for their codes.
 *
 * @param values fp32 {@code [panels][features][16]}
 * @param codes as the level wants them, with room for 16 bits each and features rounded up to a multiple of 64
 * @param steps {@code [panels][2][16]}: what a code is worth, and what is added to that
 * @param features width
 */
record Activations(MemorySegment values, MemorySegment codes, MemorySegment steps, int features) {
    private static final int CODE_GROUP = 64;

    static Activations allocate(Arena arena, int panels, int features) {
        long tokens = (long) panels * Panels.WIDTH;
        long coded = Math.ceilDiv(features, CODE_GROUP) * (long) CODE_GROUP;
        return new Activations(
                Memory.floats(arena, tokens * features),
                Memory.bytes(arena, tokens * coded * Short.BYTES),
                Memory.floats(arena, 2 * tokens),
                features);
    }

    /** Makes the codes of the panels {@code [from, to)}. */
    void quantise(NativeKernels kernels, float limit, int from, int to) {
        kernels.quantise(values, codes, steps, features, limit, from, to);
    }
}
