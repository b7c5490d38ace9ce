package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.function.Consumer;

/** Arrays outside the heap, on cache lines of their own. */
final class Memory {
    private Memory() {}

    /** What an arena does at its end. */
    private record Free() implements Consumer<MemorySegment> {
        @Override
        public void accept(MemorySegment memory) {
            NativeCalls.free(memory.address());
        }
    }

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
        FloatBuffer from = panels.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
        for (int row = 0; row < rows; row++) {
            int first = Panels.offset(row, features);
            for (int feature = 0; feature < features; feature++) {
                to[at + row * features + feature] = from.get(first + feature * Panels.WIDTH);
            }
        }
    }

    static MemorySegment floats(Arena arena, long count) {
        return bytes(arena, count * Float.BYTES);
    }

    /** Zeroed. From C, since an arena of its own would clear it eight bytes at a time in Java, which takes a new JVM long. */
    @SuppressWarnings("restricted")
    static MemorySegment bytes(Arena arena, long count) {
        long address = NativeCalls.allocate(count);
        if (address == 0) {
            throw new OutOfMemoryError("There are no " + count + " bytes of native memory.");
        }
        return MemorySegment.ofAddress(address).reinterpret(count, arena, new Free());
    }
}
