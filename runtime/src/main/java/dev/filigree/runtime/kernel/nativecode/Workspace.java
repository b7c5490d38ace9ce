package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.EncoderShape;
import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/** The buffers of one call. Used by one call at a time and then again by another; {@link #close} frees them. */
final class Workspace implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final int panels;

    /** Hidden states, the residual stream. */
    final Activations states;
    /** Queries. */
    final MemorySegment query;
    /** Keys. */
    final MemorySegment key;
    /** Values. */
    final MemorySegment value;
    /** What attention found, before its output projection. */
    final Activations context;
    /** The feed-forward layer's inner activations. */
    final Activations inner;
    /** First token of each sequence, and the end. */
    final MemorySegment offsets;
    /** What a layer makes of all tokens. */
    final Rows all;
    /** What a layer makes of the first token of each sequence alone. */
    final Rows firsts;

    /** What the embedding reads. */
    final NativeEmbedding.Words words;
    /** What pooling leaves of each sequence. */
    final Activations pooled;
    /** The pooler's outputs. */
    final Activations dense;
    /** Logits, panels of sequences. */
    final MemorySegment logits;

    private final MemorySegment[] attention;
    private final MemorySegment[] scratch;

    /**
     * Rows of a layer's output.
     *
     * @param states the residual stream
     * @param offsets first row of each sequence, and the end
     */
    record Rows(Activations states, MemorySegment offsets) {}

    Workspace(int panels, int workers, EncoderShape shape, int labels, int wordBytes, long attentionBytes, long scratchBytes) {
        long tokens = (long) panels * Panels.WIDTH;
        this.panels = panels;
        states = Activations.allocate(arena, panels, shape.hidden());
        query = Memory.floats(arena, tokens * pitch(shape));
        key = Memory.floats(arena, tokens * pitch(shape));
        value = Memory.floats(arena, tokens * pitch(shape));
        context = Activations.allocate(arena, panels, shape.hidden());
        inner = Activations.allocate(arena, panels, shape.intermediate());
        offsets = Memory.bytes(arena, Integer.BYTES * (tokens + 1));
        words = NativeEmbedding.Words.allocate(arena, tokens, wordBytes);
        pooled = Activations.allocate(arena, panels, shape.hidden());
        dense = Activations.allocate(arena, panels, shape.hidden());
        logits = Memory.floats(arena, tokens * labels);
        all = new Rows(states, offsets);
        firsts = new Rows(pooled, Memory.of(arena, IntStream.rangeClosed(0, panels * Panels.WIDTH).toArray()));
        attention = new MemorySegment[workers];
        scratch = new MemorySegment[workers];
        for (int worker = 0; worker < workers; worker++) {
            attention[worker] = Memory.bytes(arena, attentionBytes);
            scratch[worker] = Memory.bytes(arena, scratchBytes);
        }
    }

    /**
     * Features from one panel of queries, keys or values to the next. A head's part of a panel is 2 KB or so; were panels a multiple of
     * 4 KB apart, the parts of all of them would fall into the same lines of the first-level cache and push each other out.
     */
    static int pitch(EncoderShape shape) {
        return shape.hidden() + 32;
    }

    /** Panels it has room for. */
    int panels() {
        return panels;
    }

    /** A worker's room for attention. */
    MemorySegment attention(int worker) {
        return attention[worker];
    }

    /** A worker's room for linear layers. */
    MemorySegment scratch(int worker) {
        return scratch[worker];
    }

    @Override
    public void close() {
        arena.close();
    }
}
