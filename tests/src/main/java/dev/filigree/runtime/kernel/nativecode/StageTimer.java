package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.Threads;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The native provider with a clock beside its stages, one thread. It lives in the provider's package, on the class path of the benchmarks
 * alone, so that the runtime shows its insides to nobody else. Not thread-safe.
 */
public final class StageTimer implements AutoCloseable {
    private static final String FORCED = "native:";

    private final NativeProgram program;
    private final long[] nanos = new long[StageListener.Stage.values().length];
    private long last;

    private StageTimer(Model model, NativeKernels kernels) {
        program = new NativeProgram(model, Threads.own(1), kernels, this::done);
    }

    /** Why there are no native kernels here, in one sentence; empty where there are. */
    public static Optional<String> refusal() {
        return NativeLibrary.get().refusal();
    }

    /**
     * The sets of kernels that providers of these names run with: of {@code native:avx2} just that, else the best one; those that the
     * processor lacks are left out.
     */
    public static List<String> levels(List<String> providers) {
        List<String> here = NativeLibrary.get().levels().stream().map(kernels -> kernels.level().name()).toList();
        return providers.stream()
                .map(provider -> provider.startsWith(FORCED) ? provider.substring(FORCED.length()) : here.getFirst())
                .filter(here::contains)
                .distinct()
                .toList();
    }

    /** Lays a model out, which must stay open, for one of {@link #levels}; there must be no {@link #refusal}. */
    public static StageTimer open(Model model, String level) {
        return new StageTimer(model, NativeLibrary.get().levels().stream()
                .filter(kernels -> kernels.level().name().equals(level))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("This machine has no native kernels '" + level + "'.")));
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
