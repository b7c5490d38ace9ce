package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.runtime.kernel.nativecode.StageListener.Stage;
import dev.filigree.runtime.kernel.panel.Barrier;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** One transformer layer on panels, post-LayerNorm as in BERT (Devlin et al. 2019). */
final class NativeLayer {
    private final NativeKernels kernels;
    private final int heads;
    private final int width;
    private final int pitch;
    /** Query, key and value. */
    private final List<NativeLinear> projections;
    private final int projectionsLimit;
    /** Whether attention is in codes too: where everything that it reads comes from codes. */
    private final boolean inCodes;
    private final NativeLinear attentionOutput;
    private final NativeNorm attentionNorm;
    private final NativeLinear ffnIn;
    private final NativeLinear ffnOut;
    private final NativeNorm outputNorm;

    NativeLayer(EncoderLayer layer, EncoderShape shape, NativeKernels kernels, Arena arena) {
        this.kernels = kernels;
        heads = shape.heads();
        width = shape.hidden() / shape.heads();
        pitch = Workspace.pitch(shape);
        projections = List.of(
                NativeLinear.of(layer.query(), pitch, kernels, arena),
                NativeLinear.of(layer.key(), pitch, kernels, arena),
                NativeLinear.of(layer.value(), pitch, kernels, arena));
        int limit = Integer.MAX_VALUE;
        int coded = 0;
        for (NativeLinear projection : projections) {
            if (projection.int8()) {
                limit = Math.min(limit, projection.limit());
                coded++;
            }
        }
        // One set of codes for all three, which none of them may overflow with; 0 where none reads codes.
        projectionsLimit = coded > 0 ? limit : 0;
        inCodes = kernels.attendsInCodes() && coded == projections.size();
        attentionOutput = NativeLinear.of(layer.attentionOutput(), kernels, arena);
        attentionNorm = NativeNorm.of(layer.attentionNorm(), shape.layerNormEpsilon(), kernels, arena);
        ffnIn = NativeLinear.of(layer.ffnIn(), kernels, arena);
        ffnOut = NativeLinear.of(layer.ffnOut(), kernels, arena);
        outputNorm = NativeNorm.of(layer.outputNorm(), shape.layerNormEpsilon(), kernels, arena);
    }

    /** The most scratch that one of its linears needs. */
    long scratchBytes() {
        long most = Math.max(attentionOutput.scratchBytes(), Math.max(ffnIn.scratchBytes(), ffnOut.scratchBytes()));
        for (NativeLinear projection : projections) {
            most = Math.max(most, projection.scratchBytes());
        }
        return most;
    }

    /**
     * Replaces the hidden states of {@code tokens} tokens in {@code sequences} sequences: this worker's share of every stage.
     *
     * @param firstsOnly computes nothing but the first token of each sequence, which is what the others' keys and values are read for; it
     *     goes to {@link Workspace#firsts}
     */
    void apply(Workspace space, int tokens, int sequences, boolean firstsOnly, Share share, Barrier barrier, StageListener listener) {
        Workspace.Rows rows = firstsOnly ? space.firsts : space.all;
        int count = firstsOnly ? sequences : tokens;
        int from = share.from(Panels.count(count));
        int to = share.to(Panels.count(count));
        var scratch = space.scratch(share.worker());
        quantise(space.states, projectionsLimit, share.from(Panels.count(tokens)), share.to(Panels.count(tokens)));
        if (firstsOnly && share.worker() == 0) {
            kernels.pool(space.states.values(), space.offsets, heads * width, true, rows.states().values(), sequences);
            quantise(rows.states(), projectionsLimit, 0, Panels.count(sequences));
        }
        listener.done(Stage.QUANTISE);
        barrier.await();
        projections.get(0).apply(rows.states(), space.query, count, Epilogue.STORE, scratch, share);
        projections.get(1).apply(space.states, space.key, tokens, Epilogue.STORE, scratch, share);
        projections.get(2).apply(space.states, space.value, tokens, Epilogue.STORE, scratch, share);
        listener.done(Stage.QKV);
        barrier.await();
        attend(space, rows, share.from(sequences * heads), share.to(sequences * heads), share.worker());
        listener.done(Stage.ATTENTION);
        barrier.await();
        quantise(space.context, attentionOutput.limit(), from, to);
        listener.done(Stage.QUANTISE);
        barrier.await();
        attentionOutput.apply(space.context, rows.states().values(), count, Epilogue.ADD, scratch, share);
        listener.done(Stage.ATTENTION_OUTPUT);
        barrier.await();
        attentionNorm.apply(rows.states(), from, to);
        listener.done(Stage.NORM);
        quantise(rows.states(), ffnIn.limit(), from, to);
        listener.done(Stage.QUANTISE);
        barrier.await();
        ffnIn.apply(rows.states(), space.inner.values(), count, Epilogue.GELU, scratch, share);
        listener.done(Stage.FFN_IN);
        barrier.await();
        quantise(space.inner, ffnOut.limit(), from, to);
        listener.done(Stage.QUANTISE);
        barrier.await();
        ffnOut.apply(space.inner, rows.states().values(), count, Epilogue.ADD, scratch, share);
        listener.done(Stage.FFN_OUT);
        barrier.await();
        outputNorm.apply(rows.states(), from, to);
        listener.done(Stage.NORM);
    }

    private void attend(Workspace space, Workspace.Rows rows, int from, int to, int worker) {
        MemorySegment out = space.context.values();
        MemorySegment scratch = space.attention(worker);
        MemorySegment keys = space.offsets;
        if (inCodes) {
            kernels.attentionS16(space.query, space.key, space.value, out, rows.offsets(), keys, heads, width, pitch, from, to, scratch);
        } else {
            kernels.attention(space.query, space.key, space.value, out, rows.offsets(), keys, heads, width, pitch, from, to, scratch);
        }
    }

    /** Makes the codes of this worker's panels, which are ready, where a linear with INT8 weights reads them. */
    private void quantise(Activations x, int limit, int from, int to) {
        if (limit > 0) {
            x.quantise(kernels, limit, from, to);
        }
    }
}
