package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * One native kernel on random activations, one thread, for benchmarks; like {@link StageTimer} it looks into the provider from the class
 * path of the benchmarks alone. {@link #run} does its work once. Not thread-safe.
 */
public final class SingleKernel implements AutoCloseable {
    /** In place of a level: the best that the processor has. */
    public static final String BEST = "best";
    private static final int LARGEST_CODE = 127;

    private final Arena arena = Arena.ofShared();
    private final NativeKernels kernels;
    private final int tokens;
    private final int panels;
    private Runnable work = () -> { };

    private SingleKernel(String level, int tokens) {
        this.tokens = tokens;
        panels = Panels.count(tokens);
        kernels = NativeLibrary.get().levels().stream()
                .filter(one -> level.equals(BEST) || one.level().name().equals(level))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("This machine has no native kernels '" + level + "'."));
    }

    /** {@code W x + b} of so many tokens; codes of the activations are made beforehand. */
    public static SingleKernel linear(String level, Linear linear, int tokens) {
        SingleKernel kernel = new SingleKernel(level, tokens);
        NativeLinear laidOut = NativeLinear.of(linear, kernel.kernels, kernel.arena);
        Activations x = kernel.activations(linear.weight().columns());
        MemorySegment y = Memory.floats(kernel.arena, (long) kernel.panels * Panels.WIDTH * linear.weight().rows());
        MemorySegment scratch = Memory.bytes(kernel.arena, laidOut.scratchBytes());
        if (laidOut.int8()) {
            x.quantise(kernel.kernels, laidOut.limit(), 0, kernel.panels);
        }
        kernel.work = () -> laidOut.apply(x, y, tokens, Epilogue.STORE, scratch, Share.ALL);
        return kernel;
    }

    /** Codes of so many tokens' activations. */
    public static SingleKernel quantise(String level, int features, int tokens) {
        SingleKernel kernel = new SingleKernel(level, tokens);
        Activations x = kernel.activations(features);
        kernel.work = () -> x.quantise(kernel.kernels, LARGEST_CODE, 0, kernel.panels);
        return kernel;
    }

    /** LayerNorm of so many tokens. */
    public static SingleKernel norm(String level, LayerNorm norm, float epsilon, int tokens) {
        SingleKernel kernel = new SingleKernel(level, tokens);
        NativeNorm laidOut = NativeNorm.of(norm, epsilon, kernel.kernels, kernel.arena);
        Activations x = kernel.activations(norm.gamma().length);
        kernel.work = () -> laidOut.apply(x, 0, kernel.panels);
        return kernel;
    }

    /** Attention within one sequence of so many tokens. */
    public static SingleKernel attention(String level, int heads, int width, int tokens) {
        SingleKernel kernel = new SingleKernel(level, tokens);
        MemorySegment query = kernel.activations(heads * width).values();
        MemorySegment key = kernel.activations(heads * width).values();
        MemorySegment value = kernel.activations(heads * width).values();
        MemorySegment context = kernel.activations(heads * width).values();
        MemorySegment offsets = Memory.of(kernel.arena, new int[] {0, tokens});
        MemorySegment scores = Memory.floats(kernel.arena, (long) kernel.panels * Panels.WIDTH * Panels.WIDTH);
        kernel.work = () -> kernel.kernels.attention(
                query, key, value, context, offsets, offsets, heads, width, heads * width, 0, heads, scores);
        return kernel;
    }

    private Activations activations(int features) {
        Activations x = Activations.allocate(arena, panels, features);
        SplittableRandom random = new SplittableRandom(7);
        for (long i = 0; i < (long) panels * features * Panels.WIDTH; i++) {
            x.values().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return x;
    }

    /** Tokens of a run. */
    public int tokens() {
        return tokens;
    }

    /** Does it once. */
    public void run() {
        work.run();
    }

    @Override
    public void close() {
        arena.close();
    }
}
