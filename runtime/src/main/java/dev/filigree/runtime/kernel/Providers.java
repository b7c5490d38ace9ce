package dev.filigree.runtime.kernel;

import dev.filigree.format.MappedMemory;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.cuda.CudaProvider;
import dev.filigree.runtime.kernel.nativecode.NativeProvider;
import dev.filigree.runtime.kernel.reference.ReferenceProvider;
import dev.filigree.runtime.kernel.vector.VectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ladder of providers, fastest first: the first that can run a model on this machine and JVM does. */
public final class Providers {
    /** In place of a provider's name: the first rung that holds. */
    public static final String AUTO = "auto";
    /** In place of a provider's name: the first rung that holds and needs no GPU. */
    public static final String CPU = "cpu";

    private static final List<KernelProvider> LADDER =
            List.of(new CudaProvider(), new NativeProvider(), new VectorProvider(), new ReferenceProvider());

    private Providers() {}

    /** Made when it is first asked for, since looking for a logger takes a new JVM a while. */
    private static final class Log {
        static final Logger LOG = LoggerFactory.getLogger(Providers.class);

        /** The class was initialised, if it had not been. */
        static void begin() {}
    }

    /** What {@link #load} takes: {@link #AUTO}, {@link #CPU}, then the providers' names, fastest first. */
    public static List<String> names() {
        return names(LADDER);
    }

    /** Whether {@link #load} takes this name: one of {@link #names}, or one that says more, such as {@code cuda:1}. */
    public static boolean isName(String name) {
        return !asked(LADDER, name).isEmpty();
    }

    /**
     * Refuses a name that {@link #load} would not take.
     *
     * @throws IllegalArgumentException unless it {@link #isName is one}
     */
    public static void requireName(String name) {
        requireAny(LADDER, asked(LADDER, name), name);
    }

    private static void requireAny(List<KernelProvider> ladder, List<KernelProvider> asked, String name) {
        if (asked.isEmpty()) {
            throw new IllegalArgumentException("There is no provider '" + name + "': write one of "
                    + String.join(", ", names(ladder)) + ".");
        }
    }

    /** The name of the same provider with slower and {@linkplain KernelProvider#moreExact more exact} arithmetic, if it has such. */
    public static Optional<String> moreExact(String name) {
        return asked(LADDER, name).stream().flatMap(rung -> rung.moreExact().stream()).findFirst().map(KernelProvider::name);
    }

    /**
     * Does what the providers of this name need whatever the model is that will be {@link #load loaded}. Without it, loading takes longer:
     * it is for another thread, while a model is read.
     */
    public static void prepare(String name) {
        for (KernelProvider provider : asked(LADDER, name)) {
            provider.prepare();
        }
        Log.begin();
    }

    /**
     * A model that is ready to run.
     *
     * @param provider that runs it
     * @param program to be closed by who asked for it
     */
    public record Loaded(KernelProvider provider, EncoderProgram program) {}

    /**
     * Loads a model with the fastest provider that can run it, and logs the choice, with the reason why each faster one was not chosen.
     *
     * @param name {@link #AUTO}, {@link #CPU}, or a provider's name to force it; {@code cuda:1} and so on force a GPU
     * @param threads what it may compute with
     * @throws IllegalArgumentException when there is no provider of this name
     * @throws ProviderRefusedException when it cannot run the model here
     * @throws java.io.UncheckedIOException when the model's file has been cut short since it was opened
     */
    public static Loaded load(Model model, String name, Threads threads) {
        return load(LADDER, model, name, threads);
    }

    /** The same, with so many threads of the program's own. */
    public static Loaded load(Model model, String name, int threads) {
        return load(model, name, Threads.own(threads));
    }

    /**
     * Loads a model with this provider and no other.
     *
     * @throws ProviderRefusedException when it cannot run the model here
     * @throws java.io.UncheckedIOException when the model's file has been cut short since it was opened
     */
    public static Loaded load(KernelProvider provider, Model model, Threads threads) {
        return attempt(provider, model, threads);
    }

    static Loaded load(List<KernelProvider> ladder, Model model, String name, Threads threads) {
        List<KernelProvider> asked = asked(ladder, name);
        requireAny(ladder, asked, name);
        List<ProviderRefusedException> refusals = new ArrayList<>();
        for (KernelProvider provider : asked) {
            try {
                return attempt(provider, model, threads);
            } catch (ProviderRefusedException e) {
                Log.LOG.info("Provider {} cannot run the model: {}", provider.name(), e.getMessage());
                refusals.add(new ProviderRefusedException("Provider " + provider.name() + " cannot run the model: " + e.getMessage(), e));
            }
        }
        String reasons = refusals.stream().map(Throwable::getMessage).collect(Collectors.joining(" "));
        throw new ProviderRefusedException(reasons, refusals.getFirst().getCause());
    }

    private static List<KernelProvider> asked(List<KernelProvider> ladder, String name) {
        return switch (name) {
            case AUTO -> ladder;
            case CPU -> ladder.stream().filter(rung -> !rung.usesGpu()).toList();
            default -> ladder.stream().flatMap(rung -> rung.named(name).stream()).toList();
        };
    }

    private static Loaded attempt(KernelProvider provider, Model model, Threads threads) {
        Optional<String> refusal = provider.refusal(model);
        if (refusal.isPresent()) {
            throw new ProviderRefusedException(refusal.get());
        }
        try {
            EncoderProgram program = provider.load(model, threads);
            Log.LOG.info("Provider {} runs the model.", provider.name());
            return new Loaded(provider, program);
        } catch (InternalError e) {
            throw MappedMemory.lost(e);
        }
    }

    private static List<String> names(List<KernelProvider> ladder) {
        return Stream.concat(Stream.of(AUTO, CPU), ladder.stream().map(KernelProvider::name)).toList();
    }
}
