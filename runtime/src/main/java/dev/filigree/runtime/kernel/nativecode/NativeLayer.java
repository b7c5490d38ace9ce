package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.runtime.kernel.panel.Barrier;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.Stream;

/** One transformer layer on panels, post-LayerNorm as in BERT (Devlin et al. 2019). */
final class NativeLayer {
    private final NativeKernels kernels;
    private final int heads;
    private final int width;
    /** Query, key and value. */
    private final List<NativeLinear> projections;
    private final int projectionsLimit;
    private final NativeLinear attentionOutput;
    private final NativeNorm attentionNorm;
    private final NativeLinear ffnIn;
    private final NativeLinear ffnOut;
    private final NativeNorm outputNorm;

    NativeLayer(EncoderLayer layer, EncoderShape shape, NativeKernels kernels, Arena arena) {
        this.kernels = kernels;
        heads = shape.heads();
        width = shape.hidden() / shape.heads();
        projections = Stream.of(layer.query(), layer.key(), layer.value()).map(linear -> new NativeLinear(linear, kernels, arena)).toList();
        // One set of codes for all three, which none of them may overflow with; 0 where none reads codes.
        projectionsLimit = projections.stream().filter(NativeLinear::int8).mapToInt(NativeLinear::limit).min().orElse(0);
        attentionOutput = new NativeLinear(layer.attentionOutput(), kernels, arena);
        attentionNorm = NativeNorm.of(layer.attentionNorm(), shape.layerNormEpsilon(), kernels, arena);
        ffnIn = new NativeLinear(layer.ffnIn(), kernels, arena);
        ffnOut = new NativeLinear(layer.ffnOut(), kernels, arena);
        outputNorm = NativeNorm.of(layer.outputNorm(), shape.layerNormEpsilon(), kernels, arena);
    }

    /** The most scratch that one of its linears needs. */
    int pairs() {
        return linears().mapToInt(NativeLinear::pairs).max().orElseThrow();
    }

    private Stream<NativeLinear> linears() {
        return Stream.concat(projections.stream(), Stream.of(attentionOutput, ffnIn, ffnOut));
    }

    /** Replaces the hidden states of {@code tokens} tokens in {@code sequences} sequences: this worker's share of every stage. */
    void apply(Workspace space, int tokens, int sequences, Share share, Barrier barrier) {
        int panels = Panels.count(tokens);
        int from = share.from(panels);
        int to = share.to(panels);
        var pairs = space.pairs(share.worker());
        quantise(space.states, projectionsLimit, from, to);
        barrier.await();
        projections.get(0).apply(space.states, space.query, tokens, Epilogue.STORE, pairs, share);
        projections.get(1).apply(space.states, space.key, tokens, Epilogue.STORE, pairs, share);
        projections.get(2).apply(space.states, space.value, tokens, Epilogue.STORE, pairs, share);
        barrier.await();
        int items = sequences * heads;
        kernels.attention(space.query, space.key, space.value, space.context.values(), space.offsets, heads, width, share.from(items),
                share.to(items), space.scores(share.worker()));
        barrier.await();
        stage(space.context, attentionOutput, space, space.states, tokens, Epilogue.ADD, share, barrier);
        attentionNorm.apply(space.states, from, to);
        stage(space.states, ffnIn, space, space.inner, tokens, Epilogue.GELU, share, barrier);
        stage(space.inner, ffnOut, space, space.states, tokens, Epilogue.ADD, share, barrier);
        outputNorm.apply(space.states, from, to);
    }

    /** A linear with what it needs before it; every panel of {@code x} that is this worker's is ready. */
    private void stage(
            Activations x, NativeLinear linear, Workspace space, Activations y, int tokens, Epilogue epilogue, Share share,
            Barrier barrier) {
        int panels = Panels.count(tokens);
        quantise(x, linear.int8() ? linear.limit() : 0, share.from(panels), share.to(panels));
        barrier.await();
        linear.apply(x, y.values(), tokens, epilogue, space.pairs(share.worker()), share);
        barrier.await();
    }

    private void quantise(Activations x, int limit, int from, int to) {
        if (limit > 0) {
            x.quantise(kernels, limit, from, to);
        }
    }
}
