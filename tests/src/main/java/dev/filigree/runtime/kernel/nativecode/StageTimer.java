package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.Threads;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The native provider with a clock beside its stages, one thread. It lives in the provider's package, on the class path of the benchmarks
 * alone, so that the runtime shows its insides to nobody else. Not thread-safe.
 */
public final class StageTimer implements AutoCloseable {
    private final NativeProgram program;
    private final long[] nanos = new long[StageListener.Stage.values().length];
    private long last;

    private StageTimer(Model model) {
        program = new NativeProgram(model, Threads.own(1), NativeLibrary.get().levels().getFirst(), this::done);
    }

    /** Why there are no native kernels here, in one sentence; empty where there are. */
    public static Optional<String> refusal() {
        return NativeLibrary.get().refusal();
    }

    /** Which of the processor's sets of instructions the kernels are for. */
    public static String level() {
        return NativeLibrary.get().levels().getFirst().level().name();
    }

    /** Lays a model out, which must stay open; there must be no {@link #refusal}. */
    public static StageTimer open(Model model) {
        return new StageTimer(model);
    }

    private void done(StageListener.Stage stage) {
        long now = System.nanoTime();
        nanos[stage.ordinal()] += now - last;
        last = now;
    }

    /** Runs a batch; answers the nanoseconds of each stage, all layers together, in the order of the forward pass. */
    public Map<String, Long> run(TokenBatch batch) {
        Arrays.fill(nanos, 0);
        last = System.nanoTime();
        program.logits(batch);
        Map<String, Long> stages = new LinkedHashMap<>();
        for (StageListener.Stage stage : StageListener.Stage.values()) {
            stages.put(stage.name(), nanos[stage.ordinal()]);
        }
        return stages;
    }

    @Override
    public void close() {
        program.close();
    }
}
