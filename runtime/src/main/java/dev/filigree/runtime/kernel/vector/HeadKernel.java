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

    /**
     * Computes the logits of every sequence.
     *
     * @param states panels of hidden states
     * @param offsets first token of each sequence and, last, the number of tokens
     * @param logits receives {@code [sequences, labels]} from {@code at} on
     */
    void apply(float[] states, int[] offsets, PanelLinear.Scratch scratch, float[] logits, int at) {
        int sequences = offsets.length - 1;
        int panels = Panels.count(sequences);
        float[] pooled = new float[panels * hidden * Panels.WIDTH];
        for (int s = 0; s < sequences; s++) {
            pool(states, offsets[s], pooling == Pooling.MEAN ? offsets[s + 1] : offsets[s] + 1, pooled, Panels.offset(s, hidden));
        }
        if (pooler.isPresent()) {
            float[] dense = new float[pooled.length];
            pooler.get().apply(pooled, dense, Portion.all(panels), PanelLinear.Epilogue.STORE, scratch);
            for (int i = 0; i < dense.length; i++) {
                dense[i] = (float) Math.tanh(dense[i]);
            }
            pooled = dense;
        }
        float[] rows = new float[panels * labels() * Panels.WIDTH];
        classifier.apply(pooled, rows, Portion.all(panels), PanelLinear.Epilogue.STORE, scratch);
        for (int s = 0; s < sequences; s++) {
            for (int label = 0; label < labels(); label++) {
                logits[at + s * labels() + label] = rows[Panels.offset(s, labels()) + label * Panels.WIDTH];
            }
        }
    }

    /** The mean of the tokens {@code [from, to)}, summed up in their order. */
    private void pool(float[] states, int from, int to, float[] pooled, int at) {
        for (int token = from; token < to; token++) {
            int source = Panels.offset(token, hidden);
            for (int i = 0; i < hidden * Panels.WIDTH; i += Panels.WIDTH) {
                pooled[at + i] += states[source + i];
            }
        }
        for (int i = 0; i < hidden * Panels.WIDTH; i += Panels.WIDTH) {
            pooled[at + i] /= to - from;
        }
    }
}
