package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Optional;

/**
 * The C functions of one level of the processor; {@code filigree.h} says what they do. They check nothing: whoever calls them has made
 * sure of every length, and that the memory stays open.
 *
 * @param level which level
 * @param onePanel those of {@link Level#onePanel}
 * @param linearF32 the addresses of the functions, each of them
 * @param attentionS16 {@link KernelFunction#ABSENT} where attention is in fp32 only
 */
record NativeKernels(
        Level level,
        Optional<NativeKernels> onePanel,
        long linearF32,
        long linearS8,
        long quantise,
        long embed,
        long pool,
        long tanh,
        long layerNorm,
        long attention,
        long attentionS16,
        long attentionS16Scratch) {
    static NativeKernels bind(SymbolLookup symbols, Level level) {
        String suffix = "_" + level.name();
        return new NativeKernels(
                level,
                level.onePanel().isPresent() ? Optional.of(bind(symbols, level.onePanel().get())) : Optional.empty(),
                KernelFunction.LINEAR_F32.in(symbols, suffix),
                KernelFunction.LINEAR_S8.in(symbols, suffix),
                KernelFunction.QUANTISE.in(symbols, suffix),
                KernelFunction.EMBED.in(symbols, suffix),
                KernelFunction.POOL.in(symbols, suffix),
                KernelFunction.TANH.in(symbols, suffix),
                KernelFunction.LAYER_NORM.in(symbols, suffix),
                KernelFunction.ATTENTION.in(symbols, suffix),
                KernelFunction.ATTENTION_S16.find(symbols, suffix),
                KernelFunction.ATTENTION_S16_SCRATCH.find(symbols, suffix));
    }

    void linearF32(MemorySegment matrix, MemorySegment x, MemorySegment y, int tokens, int from, int to, Epilogue epilogue) {
        NativeCalls.linearF32(linearF32, matrix.address(), x.address(), y.address(), tokens, from, to, epilogue.ordinal());
    }

    void linearS8(
            MemorySegment matrix, MemorySegment codes, MemorySegment steps, MemorySegment y, int tokens, int from, int to,
            Epilogue epilogue, MemorySegment scratch) {
        NativeCalls.linearS8(
                linearS8, matrix.address(), codes.address(), steps.address(), y.address(), tokens, from, to, epilogue.ordinal(),
                scratch.address());
    }

    void quantise(MemorySegment x, MemorySegment codes, MemorySegment steps, int features, float limit, int from, int to) {
        NativeCalls.quantise(quantise, x.address(), codes.address(), steps.address(), features, limit, from, to);
    }

    void embed(
            MemorySegment embedding, MemorySegment rows, MemorySegment scales, MemorySegment places, MemorySegment x, int tokens, int from,
            int to) {
        NativeCalls.embed(
                embed, embedding.address(), rows.address(), scales.address(), places.address(), x.address(), tokens, from, to);
    }

    void pool(MemorySegment x, MemorySegment offsets, int features, boolean firstOnly, MemorySegment pooled, int sequences) {
        NativeCalls.pool(pool, x.address(), offsets.address(), features, firstOnly ? 1 : 0, pooled.address(), sequences);
    }

    void tanh(MemorySegment x, int features, int panels) {
        NativeCalls.tanh(tanh, x.address(), features, panels);
    }

    void layerNorm(MemorySegment x, MemorySegment gamma, MemorySegment beta, int features, float epsilon, int from, int to) {
        NativeCalls.layerNorm(layerNorm, x.address(), gamma.address(), beta.address(), features, epsilon, from, to);
    }

    void attention(
            MemorySegment q, MemorySegment k, MemorySegment v, MemorySegment out, MemorySegment queryOffsets, MemorySegment keyOffsets,
            int heads, int width, int pitch, int from, int to, MemorySegment scores) {
        NativeCalls.attention(
                attention, q.address(), k.address(), v.address(), out.address(), queryOffsets.address(), keyOffsets.address(), heads, width,
                pitch, from, to, scores.address());
    }

    /** Whether layers with INT8 weights attend in 16-bit codes. */
    boolean attendsInCodes() {
        return attentionS16 != KernelFunction.ABSENT;
    }

    /** As {@link #attention}, in 16-bit codes; scratch is of {@link #attentionScratchBytes}. */
    void attentionS16(
            MemorySegment q, MemorySegment k, MemorySegment v, MemorySegment out, MemorySegment queryOffsets, MemorySegment keyOffsets,
            int heads, int width, int pitch, int from, int to, MemorySegment scratch) {
        NativeCalls.attention(
                attentionS16, q.address(), k.address(), v.address(), out.address(), queryOffsets.address(), keyOffsets.address(), heads,
                width, pitch, from, to, scratch.address());
    }

    /** Bytes that a worker needs to attend within sequences of up to {@code keys} tokens. */
    long attentionScratchBytes(int keys, int width) {
        long scores = (long) keys * Panels.WIDTH * Float.BYTES;
        return attendsInCodes() ? Math.max(scores, NativeCalls.attentionScratch(attentionS16Scratch, keys, width)) : scores;
    }
}
