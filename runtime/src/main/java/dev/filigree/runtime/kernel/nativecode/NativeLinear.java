package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.DType;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A linear layer laid out in native memory. Immutable and thread-safe.
 *
 * @param weight its weight and bias
 * @param outputs width of the outputs
 * @param onePanel the same layer for {@value #ONE_PANEL} tokens and fewer, where other kernels are faster with these
 */
record NativeLinear(NativeKernels kernels, NativeWeight weight, int outputs, Optional<NativeLinear> onePanel) {
    /**
     * Up to so many tokens level {@code amx} runs VNNI's kernel for INT8 weights whose patterns hold for 16 rows or a multiple. They are
     * laid out a second time for it, a byte for each weight that is kept. Both kernels give the same bits, so that an answer does not
     * depend on what else is in its batch.
     *
     * <p>With one panel AMX puts the zeros back for a single use: a text of 16 tokens, 2:4@16, took 1.10 to 1.25 times as long as with
     * VNNI, 1.5 times with two threads. From 128 tokens on VNNI took 1.1 to 1.6 times as long with one thread; in between nothing was
     * measured. Other weights stay in tiles, since for one panel AMX takes half of VNNI's time where they are dense and 0.9 of it where
     * patterns hold for fewer rows. {@code docs/performance.md} has the figures.
     */
    static final int ONE_PANEL = Panels.WIDTH;

    /** Rows that must share a pattern for VNNI's kernel to be the faster one. */
    private static final int ONE_PANEL_ROWS = 16;

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
        Optional<NativeLinear> onePanel = kernels.onePanel().isPresent() && isFasterInQuads(linear.weight())
                ? Optional.of(of(linear, pitch, kernels.onePanel().get(), arena))
                : Optional.empty();
        return new NativeLinear(kernels, weight, linear.weight().rows(), onePanel);
    }

    /** Whether a single panel meets this weight sooner in VNNI's layout than in AMX's. */
    private static boolean isFasterInQuads(Matrix weight) {
        return weight.dtype() == DType.INT8 && QuadMatrix.skipsZeros(weight.sparsity()) && weight.sparsity().v() % ONE_PANEL_ROWS == 0;
    }

    /** The layer as it is computed for so many tokens. */
    NativeLinear forTokens(int tokens) {
        return tokens <= ONE_PANEL && onePanel.isPresent() ? onePanel.get() : this;
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
        return onePanel.isPresent() ? Math.max(weight.scratchBytes(), onePanel.get().scratchBytes()) : weight.scratchBytes();
    }

    /**
     * Computes this share of the outputs of all tokens.
     *
     * @param x the inputs, and their codes where {@link #int8} asks for them
     * @param y panels of outputs
     */
    void apply(Activations x, MemorySegment y, int tokens, Epilogue epilogue, MemorySegment scratch, Share share) {
        forTokens(tokens).run(x, y, tokens, epilogue, scratch, share);
    }

    private void run(Activations x, MemorySegment y, int tokens, Epilogue epilogue, MemorySegment scratch, Share share) {
        int from = share.from(weight.blocks());
        int to = share.to(weight.blocks());
        if (int8()) {
            kernels.linearS8(weight.matrix(), x.codes(), x.steps(), y, tokens, from, to, epilogue, scratch);
        } else {
            kernels.linearF32(weight.matrix(), x.values(), y, tokens, from, to, epilogue);
        }
    }
}
