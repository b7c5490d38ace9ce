package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.Threads;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Runs any model with the C kernels of this platform: with the best set that the processor can run, or, as {@code native:avx2},
 * {@code native:avx512}, {@code native:vnni} or {@code native:amx}, with that one. Stateless and thread-safe.
 */
public final class NativeProvider implements KernelProvider {
    private static final String NAME = "native";

    /** In place of the one that is loaded when it is first asked for. */
    private final Optional<NativeLibrary> given;
    /** The set of kernels that was asked for. */
    private final Optional<Level> asked;

    public NativeProvider() {
        this(Optional.empty(), Optional.empty());
    }

    NativeProvider(Optional<NativeLibrary> given, Optional<Level> asked) {
        this.given = given;
        this.asked = asked;
    }

    @Override
    public String name() {
        return asked.isPresent() ? NAME + ":" + asked.get().name() : NAME;
    }

    @Override
    public Optional<KernelProvider> named(String name) {
        if (name.equals(NAME)) {
            return Optional.of(this);
        }
        return Level.ALL.stream()
                .filter(level -> name.equals(NAME + ":" + level.name()))
                .findFirst()
                .map(level -> new NativeProvider(given, Optional.of(level)));
    }

    /**
     * INT8 weights meet activations of 8 bits where the processor has VNNI or AMX, which moves most logits of real models by some
     * hundredths, or of 16 bits, which moves them by up to half a percent. A wrong kernel is off by far more.
     */
    @Override
    public double tolerance() {
        return roundsActivations() ? 0.15 : 2e-2;
    }

    @Override
    public boolean roundsActivations() {
        Optional<NativeKernels> kernels = kernels();
        return kernels.isPresent() && haveQuadsOrTiles(kernels.get());
    }

    /** The kernels with 16-bit activations, where those with 8 were not asked for by name. */
    @Override
    public Optional<KernelProvider> moreExact() {
        if (asked.isPresent() || !roundsActivations()) {
            return Optional.empty();
        }
        return library().levels().stream()
                .filter(kernels -> !haveQuadsOrTiles(kernels))
                .findFirst()
                .map(kernels -> new NativeProvider(given, Optional.of(kernels.level())));
    }

    private static boolean haveQuadsOrTiles(NativeKernels kernels) {
        return kernels.level().codes() != Level.Codes.PAIRS;
    }

    @Override
    public Optional<String> refusal(Model model) {
        Optional<String> refusal = library().refusal();
        if (refusal.isPresent() || kernels().isPresent()) {
            return refusal;
        }
        String others = library().levels().stream().map(kernels -> kernels.level().name()).collect(Collectors.joining(", "));
        return Optional.of("This processor or its operating system cannot run the " + asked.orElseThrow().name() + " kernels, but "
                + others + ": ask for one of these, or for " + NAME + ".");
    }

    @Override
    public void prepare() {
        library();
    }

    @Override
    public EncoderProgram load(Model model, Threads threads) {
        return new NativeProgram(model, threads, kernels().orElseThrow());
    }

    private NativeLibrary library() {
        return given.isPresent() ? given.get() : NativeLibrary.get();
    }

    private Optional<NativeKernels> kernels() {
        for (NativeKernels kernels : library().levels()) {
            if (asked.isEmpty() || asked.get().equals(kernels.level())) {
                return Optional.of(kernels);
            }
        }
        return Optional.empty();
    }
}
