package dev.filigree.runtime.kernel.vector;

import dev.filigree.format.EncoderShape;
import dev.filigree.runtime.kernel.panel.Panels;
import java.util.stream.IntStream;

/** The buffers of one call, panels of activations. Used by one call at a time and then again by another. */
final class Workspace {
    /** Hidden states, the residual stream. */
    final float[] states;
    /** Those of each sequence's first token, where a last layer computes no others. */
    final float[] firsts;
    /** Queries. */
    final float[] query;
    /** Keys. */
    final float[] key;
    /** Values. */
    final float[] value;
    /** What attention found, before its output projection. */
    final float[] context;
    /** The feed-forward layer's inner activations. */
    final float[] inner;

    private final int panels;
    private final int hidden;
    private final Attention.Scratch[] attention;
    private final PanelLinear.Scratch[] linear;

    Workspace(int panels, int workers, EncoderShape shape) {
        int size = Math.multiplyExact(panels * Panels.WIDTH, shape.hidden());
        this.panels = panels;
        hidden = shape.hidden();
        states = new float[size];
        firsts = new float[size];
        query = new float[size];
        key = new float[size];
        value = new float[size];
        context = new float[size];
        inner = new float[Math.multiplyExact(panels * Panels.WIDTH, shape.intermediate())];
        attention = IntStream.range(0, workers)
                .mapToObj(worker -> new Attention.Scratch(shape.maxPositions(), shape))
                .toArray(Attention.Scratch[]::new);
        linear = IntStream.range(0, workers).mapToObj(worker -> new PanelLinear.Scratch()).toArray(PanelLinear.Scratch[]::new);
    }

    /** Copies the hidden states of each sequence's first token to {@link #firsts}. */
    void gatherFirsts(int[] offsets) {
        for (int s = 0; s + 1 < offsets.length; s++) {
            int from = Panels.offset(offsets[s], hidden);
            int to = Panels.offset(s, hidden);
            for (int i = 0; i < hidden * Panels.WIDTH; i += Panels.WIDTH) {
                firsts[to + i] = states[from + i];
            }
        }
    }

    /** Panels it has room for. */
    int panels() {
        return panels;
    }

    /** A worker's room for linear layers. */
    PanelLinear.Scratch linear(int worker) {
        return linear[worker];
    }

    /** A worker's room for attention. */
    Attention.Scratch attention(int worker) {
        return attention[worker];
    }
}
