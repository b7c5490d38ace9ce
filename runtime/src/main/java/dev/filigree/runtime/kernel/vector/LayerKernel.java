package dev.filigree.runtime.kernel.vector;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.runtime.kernel.panel.Barrier;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Portion;
import dev.filigree.runtime.kernel.panel.Share;
import dev.filigree.runtime.kernel.vector.PanelLinear.Epilogue;
import java.util.stream.IntStream;

/** One transformer layer on panels, post-LayerNorm as in BERT (Devlin et al. 2019). */
final class LayerKernel {
    private final PanelLinear query;
    private final PanelLinear key;
    private final PanelLinear value;
    private final Attention attention;
    private final PanelLinear attentionOutput;
    private final NormKernel attentionNorm;
    private final PanelLinear ffnIn;
    private final PanelLinear ffnOut;
    private final NormKernel outputNorm;

    LayerKernel(EncoderLayer layer, EncoderShape shape) {
        query = new PanelLinear(layer.query());
        key = new PanelLinear(layer.key());
        value = new PanelLinear(layer.value());
        attention = new Attention(shape);
        attentionOutput = new PanelLinear(layer.attentionOutput());
        attentionNorm = new NormKernel(layer.attentionNorm(), shape.layerNormEpsilon());
        ffnIn = new PanelLinear(layer.ffnIn());
        ffnOut = new PanelLinear(layer.ffnOut());
        outputNorm = new NormKernel(layer.outputNorm(), shape.layerNormEpsilon());
    }

    /**
     * Replaces the hidden states by the layer's output: one worker's part in it. Keys and values are what all wait for.
     *
     * @param firstsOnly computes nothing but the first token of each sequence, which is what the others' keys and values are read for; it
     *     goes to {@link Workspace#firsts}
     */
    void apply(Workspace space, int[] offsets, boolean firstsOnly, Share share, Barrier all) {
        int sequences = offsets.length - 1;
        float[] states = firstsOnly ? space.firsts : space.states;
        int[] rows = firstsOnly ? IntStream.rangeClosed(0, sequences).toArray() : offsets;
        if (firstsOnly) {
            if (share.worker() == 0) {
                space.gatherFirsts(offsets);
            }
            all.await();
        }
        Portion tokens = Portion.of(Panels.count(offsets[sequences]), share, all);
        Portion portion = Portion.of(Panels.count(rows[sequences]), share, all);
        Barrier barrier = portion.barrier();
        PanelLinear.Scratch scratch = space.linear(share.worker());
        query.apply(states, space.query, portion, Epilogue.STORE, scratch);
        key.apply(space.states, space.key, tokens, Epilogue.STORE, scratch);
        value.apply(space.states, space.value, tokens, Epilogue.STORE, scratch);
        all.await();
        attention.apply(space.query, space.key, space.value, space.context, rows, offsets, portion, space.attention(share.worker()));
        barrier.await();
        attentionOutput.apply(space.context, states, portion, Epilogue.ADD, scratch);
        barrier.await();
        attentionNorm.apply(states, portion);
        barrier.await();
        ffnIn.apply(states, space.inner, portion, Epilogue.GELU, scratch);
        barrier.await();
        ffnOut.apply(space.inner, states, portion, Epilogue.ADD, scratch);
        barrier.await();
        outputNorm.apply(states, portion);
    }
}
