package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The C functions of one level of the processor; {@code filigree.h} says what they do. They check nothing: whoever calls them has made
 * sure of every length.
 *
 * @param level which level
 */
record NativeKernels(
        Level level,
        MethodHandle linearF32,
        MethodHandle linearS8,
        MethodHandle quantiseHandle,
        MethodHandle embedHandle,
        MethodHandle poolHandle,
        MethodHandle tanhHandle,
        MethodHandle layerNormHandle,
        MethodHandle attentionHandle,
        Optional<MethodHandle> attentionS16Handle,
        Optional<MethodHandle> attentionS16ScratchHandle) {
    static NativeKernels bind(SymbolLookup symbols, Level level) {
        String suffix = "_" + level.name();
        return new NativeKernels(
                level,
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
        try {
            linearF32.invokeExact(matrix, x, y, tokens, from, to, epilogue.ordinal());
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void linearS8(
            MemorySegment matrix, MemorySegment codes, MemorySegment steps, MemorySegment y, int tokens, int from, int to,
            Epilogue epilogue, MemorySegment scratch) {
        try {
            linearS8.invokeExact(matrix, codes, steps, y, tokens, from, to, epilogue.ordinal(), scratch);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void quantise(MemorySegment x, MemorySegment codes, MemorySegment steps, int features, float limit, int from, int to) {
        try {
            quantiseHandle.invokeExact(x, codes, steps, features, limit, from, to);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void embed(
            MemorySegment embedding, MemorySegment rows, MemorySegment scales, MemorySegment places, MemorySegment x, int tokens, int from,
            int to) {
        try {
            embedHandle.invokeExact(embedding, rows, scales, places, x, tokens, from, to);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void pool(MemorySegment x, MemorySegment offsets, int features, boolean firstOnly, MemorySegment pooled, int sequences) {
        try {
            poolHandle.invokeExact(x, offsets, features, firstOnly ? 1 : 0, pooled, sequences);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void tanh(MemorySegment x, int features, int panels) {
        try {
            tanhHandle.invokeExact(x, features, panels);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void layerNorm(MemorySegment x, MemorySegment gamma, MemorySegment beta, int features, float epsilon, int from, int to) {
        try {
            layerNormHandle.invokeExact(x, gamma, beta, features, epsilon, from, to);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void attention(
            MemorySegment q, MemorySegment k, MemorySegment v, MemorySegment out, MemorySegment offsets, int heads, int width, int pitch,
            int from, int to, MemorySegment scores) {
        try {
            attentionHandle.invokeExact(q, k, v, out, offsets, heads, width, pitch, from, to, scores);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Whether layers with INT8 weights attend in 16-bit codes. */
    boolean attendsInCodes() {
        return attentionS16Handle.isPresent();
    }

    /** As {@link #attention}, in 16-bit codes; scratch is of {@link #attentionScratchBytes}. */
    void attentionS16(
            MemorySegment q, MemorySegment k, MemorySegment v, MemorySegment out, MemorySegment offsets, int heads, int width, int pitch,
            int from, int to, MemorySegment scratch) {
        try {
            attentionS16Handle.orElseThrow().invokeExact(q, k, v, out, offsets, heads, width, pitch, from, to, scratch);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Bytes that a worker needs to attend within sequences of up to {@code keys} tokens. */
    long attentionScratchBytes(int keys, int width) {
        long scores = (long) keys * Panels.WIDTH * Float.BYTES;
        if (!attendsInCodes()) {
            return scores;
        }
        try {
            return Math.max(scores, (long) attentionS16ScratchHandle.orElseThrow().invokeExact(keys, width));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** C throws nothing; what may come is the JVM's own, such as a program closed under a call. */
    private static Error unexpected(Throwable e) {
        if (e instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        return e instanceof Error error ? error : new AssertionError("A C function throws no checked exception.", e);
    }
}
