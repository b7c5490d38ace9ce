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

    /** Replaces the hidden states of {@code tokens} tokens in {@code sequences} sequences: this worker's share of every stage. */
    void apply(Workspace space, int tokens, int sequences, Share share, Barrier barrier, StageListener listener) {
        int panels = Panels.count(tokens);
        int from = share.from(panels);
        int to = share.to(panels);
        var scratch = space.scratch(share.worker());
        quantise(space.states, projectionsLimit, from, to);
        listener.done(Stage.QUANTISE);
        barrier.await();
        projections.get(0).apply(space.states, space.query, tokens, Epilogue.STORE, scratch, share);
        projections.get(1).apply(space.states, space.key, tokens, Epilogue.STORE, scratch, share);
        projections.get(2).apply(space.states, space.value, tokens, Epilogue.STORE, scratch, share);
        listener.done(Stage.QKV);
        barrier.await();
        attend(space, share.from(sequences * heads), share.to(sequences * heads), share.worker());
        listener.done(Stage.ATTENTION);
        barrier.await();
        quantise(space.context, attentionOutput.limit(), from, to);
        listener.done(Stage.QUANTISE);
        barrier.await();
        attentionOutput.apply(space.context, space.states.values(), tokens, Epilogue.ADD, scratch, share);
        listener.done(Stage.ATTENTION_OUTPUT);
        barrier.await();
        attentionNorm.apply(space.states, from, to);
        listener.done(Stage.NORM);
        quantise(space.states, ffnIn.limit(), from, to);
        listener.done(Stage.QUANTISE);
        barrier.await();
        ffnIn.apply(space.states, space.inner.values(), tokens, Epilogue.GELU, scratch, share);
        listener.done(Stage.FFN_IN);
        barrier.await();
        quantise(space.inner, ffnOut.limit(), from, to);
        listener.done(Stage.QUANTISE);
        barrier.await();
        ffnOut.apply(space.inner, space.states.values(), tokens, Epilogue.ADD, scratch, share);
        listener.done(Stage.FFN_OUT);
        barrier.await();
        outputNorm.apply(space.states, from, to);
        listener.done(Stage.NORM);
    }

    private void attend(Workspace space, int from, int to, int worker) {
        MemorySegment out = space.context.values();
        MemorySegment scratch = space.attention(worker);
        if (inCodes) {
            kernels.attentionS16(space.query, space.key, space.value, out, space.offsets, heads, width, pitch, from, to, scratch);
        } else {
            kernels.attention(space.query, space.key, space.value, out, space.offsets, heads, width, pitch, from, to, scratch);
        }
    }

    /** Makes the codes of this worker's panels, which are ready, where a linear with INT8 weights reads them. */
    private void quantise(Activations x, int limit, int from, int to) {
        if (limit > 0) {
            x.quantise(kernels, limit, from, to);
        }
    }
}
