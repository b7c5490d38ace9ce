package dev.filigree.runtime.kernel.vector;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Head;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Portion;
import java.util.Optional;

/** Hidden states to logits: pooling, the optional pooler and the classifier, on panels of 16 sequences. */
final class HeadKernel {
    private final Pooling pooling;
    private final Optional<PanelLinear> pooler;
    private final PanelLinear classifier;
    private final int hidden;

    HeadKernel(Head head, EncoderShape shape) {
        pooling = head.pooling();
        pooler = head.pooler().map(PanelLinear::new);
        classifier = new PanelLinear(head.classifier());
        hidden = shape.hidden();
    }

    /** Logits of a sequence. */
    int labels() {
        return classifier.outputs();
    }

    /** Whether it reads nothing but the first token of each sequence. */
    boolean readsFirsts() {
        return pooling != Pooling.MEAN;
    }

    /**
     * Computes the logits of every sequence.
     *
     * @param space buffers with the hidden states, or with first tokens where it reads nothing else
     * @param offsets first token of each sequence and, last, the number of tokens
     * @param logits receives {@code [sequences, labels]} from {@code at} on
     */
    void apply(Workspace space, int[] offsets, float[] logits, int at) {
        int sequences = offsets.length - 1;
        int panels = Panels.count(sequences);
        PanelLinear.Scratch scratch = space.linear(0);
        float[] features = readsFirsts() ? space.firsts : means(space.states, offsets);
        if (pooler.isPresent()) {
            float[] dense = new float[panels * hidden * Panels.WIDTH];
            pooler.get().apply(features, dense, Portion.all(panels), PanelLinear.Epilogue.STORE, scratch);
            for (int i = 0; i < dense.length; i++) {
                dense[i] = (float) Math.tanh(dense[i]);
            }
            features = dense;
        }
        float[] rows = new float[panels * labels() * Panels.WIDTH];
        classifier.apply(features, rows, Portion.all(panels), PanelLinear.Epilogue.STORE, scratch);
        for (int s = 0; s < sequences; s++) {
            for (int label = 0; label < labels(); label++) {
                logits[at + s * labels() + label] = rows[Panels.offset(s, labels()) + label * Panels.WIDTH];
            }
        }
    }

    /** The mean of each sequence's tokens, summed up in their order. */
    private float[] means(float[] states, int[] offsets) {
        int sequences = offsets.length - 1;
        float[] means = new float[Panels.count(sequences) * hidden * Panels.WIDTH];
        for (int s = 0; s < sequences; s++) {
            int to = Panels.offset(s, hidden);
            for (int token = offsets[s]; token < offsets[s + 1]; token++) {
                int from = Panels.offset(token, hidden);
                for (int i = 0; i < hidden * Panels.WIDTH; i += Panels.WIDTH) {
                    means[to + i] += states[from + i];
                }
            }
            for (int i = 0; i < hidden * Panels.WIDTH; i += Panels.WIDTH) {
                means[to + i] /= offsets[s + 1] - offsets[s];
            }
        }
        return means;
    }
}
