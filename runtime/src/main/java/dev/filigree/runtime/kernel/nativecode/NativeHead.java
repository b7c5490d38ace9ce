package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Head;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** Hidden states to logits: pooling, the optional pooler and the classifier, on panels of 16 sequences. */
final class NativeHead {
    private final NativeKernels kernels;
    private final Pooling pooling;
    private final Optional<NativeLinear> pooler;
    private final NativeLinear classifier;
    private final int hidden;

    NativeHead(Head head, EncoderShape shape, NativeKernels kernels, Arena arena) {
        this.kernels = kernels;
        pooling = head.pooling();
        pooler = head.pooler().map(linear -> NativeLinear.of(linear, kernels, arena));
        classifier = NativeLinear.of(head.classifier(), kernels, arena);
        hidden = shape.hidden();
    }

    /** Logits of a sequence. */
    int labels() {
        return classifier.outputs();
    }

    /** The most scratch that one of its linears needs. */
    long scratchBytes() {
        return Math.max(classifier.scratchBytes(), pooler.map(NativeLinear::scratchBytes).orElse(0L));
    }

    /**
     * Computes the logits of every sequence.
     *
     * @param states panels of hidden states
     * @param offsets first token of each sequence and, last, the number of tokens
     * @param scratch of {@link #scratchBytes} bytes
     * @param logits receives {@code [sequences, labels]} from {@code at} on
     */
    void apply(MemorySegment states, int[] offsets, MemorySegment scratch, float[] logits, int at) {
        int sequences = offsets.length - 1;
        int panels = Panels.count(sequences);
        try (Arena arena = Arena.ofConfined()) {
            Activations pooled = Activations.allocate(arena, panels, hidden);
            for (int s = 0; s < sequences; s++) {
                int end = pooling == Pooling.MEAN ? offsets[s + 1] : offsets[s] + 1;
                pool(states, offsets[s], end, pooled.values(), Panels.offset(s, hidden));
            }
            if (pooler.isPresent()) {
                Activations dense = Activations.allocate(arena, panels, hidden);
                apply(pooler.get(), pooled, dense.values(), sequences, scratch);
                for (long i = 0; i < (long) panels * hidden * Panels.WIDTH; i++) {
                    double value = dense.values().getAtIndex(ValueLayout.JAVA_FLOAT, i);
                    dense.values().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) Math.tanh(value));
                }
                pooled = dense;
            }
            MemorySegment rows = Memory.floats(arena, (long) panels * labels() * Panels.WIDTH);
            apply(classifier, pooled, rows, sequences, scratch);
            for (int s = 0; s < sequences; s++) {
                for (int label = 0; label < labels(); label++) {
                    logits[at + s * labels() + label] =
                            rows.getAtIndex(ValueLayout.JAVA_FLOAT, Panels.offset(s, labels()) + label * Panels.WIDTH);
                }
            }
        }
    }

    private void apply(NativeLinear linear, Activations x, MemorySegment y, int sequences, MemorySegment scratch) {
        if (linear.int8()) {
            x.quantise(kernels, linear.limit(), 0, Panels.count(sequences));
        }
        linear.apply(x, y, sequences, Epilogue.STORE, scratch, Share.ALL);
    }

    /** The mean of the tokens {@code [from, to)}, summed up in their order. */
    private void pool(MemorySegment states, int from, int to, MemorySegment pooled, int at) {
        for (int i = 0; i < hidden * Panels.WIDTH; i += Panels.WIDTH) {
            float sum = 0;
            for (int token = from; token < to; token++) {
                sum += states.getAtIndex(ValueLayout.JAVA_FLOAT, Panels.offset(token, hidden) + i);
            }
            pooled.setAtIndex(ValueLayout.JAVA_FLOAT, at + i, sum / (to - from));
        }
    }
}
