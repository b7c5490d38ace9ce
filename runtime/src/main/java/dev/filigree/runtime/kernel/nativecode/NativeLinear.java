package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.DType;
import dev.filigree.format.Linear;
import dev.filigree.runtime.kernel.panel.Share;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A linear layer laid out in native memory. Immutable and thread-safe.
 *
 * @param weight its weight and bias
 * @param outputs width of the outputs
 */
record NativeLinear(NativeKernels kernels, NativeWeight weight, int outputs) {
    /** Lays a layer out in memory that lives as long as the arena; panels of outputs follow each other without a gap. */
    static NativeLinear of(Linear linear, NativeKernels kernels, Arena arena) {
        return of(linear, linear.weight().rows(), kernels, arena);
    }

    /** The same with {@code pitch} features from one panel of outputs to the next. */
    static NativeLinear of(Linear linear, int pitch, NativeKernels kernels, Arena arena) {
        Level level = kernels.level();
        Level.Codes layout = linear.weight().dtype() == DType.INT8 ? level.codes() : Level.Codes.PAIRS;
        NativeWeight weight = switch (layout) {
            case PAIRS -> PackedMatrix.nativeWeight(linear.weight(), linear.bias(), pitch, level.tile(), arena);
            case QUADS -> QuadMatrix.nativeWeight(linear.weight(), linear.bias(), pitch, arena);
            case TILES -> TileMatrix.nativeWeight(linear.weight(), linear.bias(), pitch, arena);
        };
        return new NativeLinear(kernels, weight, linear.weight().rows());
    }

    /** Whether it reads codes, which somebody has to make first. */
    boolean int8() {
        return weight.int8();
    }

    /** The largest code its activations may have. */
    int limit() {
        return weight.limit();
    }

    /** Bytes of scratch that a worker needs for it. */
    long scratchBytes() {
        return weight.scratchBytes();
    }

    /**
     * Computes this share of the outputs of all tokens.
     *
     * @param x the inputs, and their codes where {@link #int8} asks for them
     * @param y panels of outputs
     */
    void apply(Activations x, MemorySegment y, int tokens, Epilogue epilogue, MemorySegment scratch, Share share) {
        int from = share.from(weight.blocks());
        int to = share.to(weight.blocks());
        if (int8()) {
            kernels.linearS8(weight.matrix(), x.codes(), x.steps(), y, tokens, from, to, epilogue, scratch);
        } else {
            kernels.linearF32(weight.matrix(), x.values(), y, tokens, from, to, epilogue);
        }
    }
}
