package dev.filigree.runtime.kernel.nativecode;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.filigree.format.Linear;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;

/** A linear layer laid out in native memory. Immutable and thread-safe. */
final class NativeLinear {
    /** {@code fg_matrix}. */
    private static final MemoryLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("rows"), JAVA_INT.withName("columns"), JAVA_INT.withName("tile"), JAVA_INT.withName("tiles_per_block"),
            JAVA_INT.withName("blocks"), JAVA_INT.withName("kept"), ADDRESS.withName("inputs"), ADDRESS.withName("values"),
            ADDRESS.withName("scales"), ADDRESS.withName("bias"), ADDRESS.withName("outputs"));


    private final NativeKernels kernels;
    private final MemorySegment matrix;
    private final boolean int8;
    private final int rows;
    private final int blocks;
    private final int kept;
    private final int limit;

    /** Lays a layer out in memory that lives as long as the arena. */
    NativeLinear(Linear linear, NativeKernels kernels, Arena arena) {
        PackedMatrix packed = PackedMatrix.of(linear.weight(), kernels.tile());
        int[] outputs = packed.outputs();
        float[] bias = new float[outputs.length];
        for (int i = 0; i < bias.length; i++) {
            bias[i] = outputs[i] < 0 ? 0 : linear.bias()[outputs[i]];
        }
        this.kernels = kernels;
        int8 = packed.int8();
        rows = packed.rows();
        blocks = packed.blocks();
        kept = packed.kept();
        limit = limit(packed.largestCodeSum());
        matrix = arena.allocate(LAYOUT);
        set("rows", rows);
        set("columns", packed.columns());
        set("tile", packed.tile());
        set("tiles_per_block", packed.tilesPerBlock());
        set("blocks", blocks);
        set("kept", kept);
        set("inputs", Memory.of(arena, packed.inputs()));
        set("values", int8 ? Memory.of(arena, packed.codes()) : Memory.of(arena, packed.values()));
        set("scales", Memory.of(arena, packed.scales()));
        set("bias", Memory.of(arena, bias));
        set("outputs", Memory.of(arena, outputs));
    }

    private void set(String field, int value) {
        matrix.set(JAVA_INT, LAYOUT.byteOffset(MemoryLayout.PathElement.groupElement(field)), value);
    }

    private void set(String field, MemorySegment value) {
        matrix.set(ADDRESS, LAYOUT.byteOffset(MemoryLayout.PathElement.groupElement(field)), value);
    }

    /** Whether it reads codes, which somebody has to make first. */
    boolean int8() {
        return int8;
    }

    /** Width of the outputs. */
    int outputs() {
        return rows;
    }

    /** Numbers of scratch that a worker needs for it. */
    int pairs() {
        return int8 ? kept * Panels.WIDTH : 0;
    }

    /** The largest code its activations may have: 16 bits, or less where a sum of products could leave 32. */
    int limit() {
        return limit;
    }

    private static int limit(long largestCodeSum) {
        return (int) Math.min(Short.MAX_VALUE, Integer.MAX_VALUE / Math.max(1, largestCodeSum));
    }

    /**
     * Computes this share of the outputs of all tokens.
     *
     * @param x the inputs, and their codes where {@link #int8} asks for them
     * @param y panels of outputs
     */
    void apply(Activations x, MemorySegment y, int tokens, Epilogue epilogue, MemorySegment pairs, Share share) {
        int from = share.from(blocks);
        int to = share.to(blocks);
        if (int8) {
            kernels.linearS8(matrix, x.codes(), x.scales(), y, tokens, from, to, epilogue, pairs);
        } else {
            kernels.linearF32(matrix, x.values(), y, tokens, from, to, epilogue);
        }
    }
}
