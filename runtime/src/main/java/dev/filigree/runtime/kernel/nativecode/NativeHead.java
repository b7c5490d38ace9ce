package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Head;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
        pooler = head.pooler().isPresent() ? Optional.of(NativeLinear.of(head.pooler().get(), kernels, arena)) : Optional.empty();
        classifier = NativeLinear.of(head.classifier(), kernels, arena);
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

    /** The most scratch that one of its linears needs. */
    long scratchBytes() {
        return Math.max(classifier.scratchBytes(), pooler.isPresent() ? pooler.get().scratchBytes() : 0);
    }

    /**
     * Computes the logits of every sequence.
     *
     * @param space buffers with the hidden states and the sequences' offsets, or with first tokens where it reads nothing else
     * @param logits receives {@code [sequences, labels]} from {@code at} on
     */
    void apply(Workspace space, int sequences, float[] logits, int at) {
        MemorySegment scratch = space.scratch(0);
        if (!readsFirsts()) {
            mean(space, sequences);
        }
        Activations features = space.pooled;
        if (pooler.isPresent()) {
            apply(pooler.get(), features, space.dense.values(), sequences, scratch);
            kernels.tanh(space.dense.values(), hidden, Panels.count(sequences));
            features = space.dense;
        }
        apply(classifier, features, space.logits, sequences, scratch);
        Memory.copyRows(space.logits, labels(), sequences, logits, at);
    }

    /** The mean of each sequence's hidden states, to {@link Workspace#pooled}. */
    void mean(Workspace space, int sequences) {
        kernels.pool(space.states.values(), space.offsets, hidden, false, space.pooled.values(), sequences);
    }

    private void apply(NativeLinear linear, Activations x, MemorySegment y, int sequences, MemorySegment scratch) {
        if (linear.int8()) {
            x.quantise(kernels, linear.limit(), 0, Panels.count(sequences));
        }
        linear.apply(x, y, sequences, Epilogue.STORE, scratch, Share.ALL);
    }
}
