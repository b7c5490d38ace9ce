package dev.filigree.runtime.kernel.vector;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.runtime.kernel.panel.Barrier;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import dev.filigree.runtime.kernel.vector.PanelLinear.Epilogue;

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

    /** Replaces the hidden states by the layer's output: this worker's share of every stage. */
    void apply(Workspace space, int[] offsets, Share share, Barrier barrier) {
        int panels = Panels.count(offsets[offsets.length - 1]);
        int from = share.from(panels);
        int to = share.to(panels);
        PanelLinear.Scratch scratch = space.linear(share.worker());
        query.apply(space.states, space.query, panels, Epilogue.STORE, scratch, share);
        key.apply(space.states, space.key, panels, Epilogue.STORE, scratch, share);
        value.apply(space.states, space.value, panels, Epilogue.STORE, scratch, share);
        barrier.await();
        attention.apply(space.query, space.key, space.value, space.context, offsets, space.attention(share.worker()), share);
        barrier.await();
        attentionOutput.apply(space.context, space.states, panels, Epilogue.ADD, scratch, share);
        barrier.await();
        attentionNorm.apply(space.states, from, to);
        barrier.await();
        ffnIn.apply(space.states, space.inner, panels, Epilogue.GELU, scratch, share);
        barrier.await();
        ffnOut.apply(space.inner, space.states, panels, Epilogue.ADD, scratch, share);
        barrier.await();
        outputNorm.apply(space.states, from, to);
    }
}
