package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Arrays outside the heap, on cache lines of their own. */
final class Memory {
    private static final long ALIGNMENT = 64;

    private Memory() {}

    static MemorySegment of(Arena arena, float[] values) {
        return bytes(arena, (long) values.length * Float.BYTES).copyFrom(MemorySegment.ofArray(values));
    }

    static MemorySegment of(Arena arena, int[] values) {
        return bytes(arena, (long) values.length * Integer.BYTES).copyFrom(MemorySegment.ofArray(values));
    }

    static MemorySegment of(Arena arena, short[] values) {
        return bytes(arena, (long) values.length * Short.BYTES).copyFrom(MemorySegment.ofArray(values));
    }

    static MemorySegment of(Arena arena, byte[] values) {
        return bytes(arena, values.length).copyFrom(MemorySegment.ofArray(values));
    }

    static MemorySegment of(Arena arena, long[] values) {
        return bytes(arena, (long) values.length * Long.BYTES).copyFrom(MemorySegment.ofArray(values));
    }

    /**
     * Copies fp32 panels to rows on the heap.
     *
     * @param panels {@code [panels][features][16]}
     * @param to receives {@code [rows, features]} from {@code at} on
     */
    static void copyRows(MemorySegment panels, int features, int rows, float[] to, int at) {
        for (int row = 0; row < rows; row++) {
            int first = Panels.offset(row, features);
            for (int feature = 0; feature < features; feature++) {
                to[at + row * features + feature] = panels.getAtIndex(ValueLayout.JAVA_FLOAT, first + feature * Panels.WIDTH);
            }
        }
    }

    static MemorySegment floats(Arena arena, long count) {
        return bytes(arena, count * Float.BYTES);
    }

    static MemorySegment bytes(Arena arena, long count) {
        return arena.allocate(Math.max(count, 1), ALIGNMENT).asSlice(0, count);
    }
}
