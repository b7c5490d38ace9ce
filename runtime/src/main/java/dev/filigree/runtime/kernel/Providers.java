package dev.filigree.runtime.kernel;

import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.reference.ReferenceProvider;
import dev.filigree.runtime.kernel.vector.VectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ladder of providers, fastest first: the first that can run a model on this machine and JVM does. */
public final class Providers {
    /** In place of a provider's name: the first rung that holds. */
    public static final String AUTO = "auto";

    private static final Logger LOG = LoggerFactory.getLogger(Providers.class);
    /** A faster provider is added in front. */
    private static final List<KernelProvider> LADDER = List.of(new VectorProvider(), new ReferenceProvider());

    private Providers() {}

    /** What {@link #choose} takes: {@link #AUTO}, then the providers' names, fastest first. */
    public static List<String> names() {
        return names(LADDER);
    }

    /**
     * Chooses the provider of a model and logs the choice, with the reason why each faster one was not chosen.
     *
     * @param name {@link #AUTO}, or a provider's name to force it
     * @throws IllegalArgumentException when there is no provider of this name
     * @throws ProviderRefusedException when it cannot run the model here
     */
    public static KernelProvider choose(Model model, String name) {
        return choose(LADDER, model, name);
    }

    static KernelProvider choose(List<KernelProvider> ladder, Model model, String name) {
        if (!name.equals(AUTO) && ladder.stream().noneMatch(provider -> provider.name().equals(name))) {
            throw new IllegalArgumentException("There is no provider '" + name + "': write one of "
                    + String.join(", ", names(ladder)) + ".");
        }
        List<String> refusals = new ArrayList<>();
        for (KernelProvider provider : ladder) {
            if (!name.equals(AUTO) && !name.equals(provider.name())) {
                continue;
            }
            Optional<String> refusal = provider.refusal(model);
            if (refusal.isEmpty()) {
                LOG.info("Provider {} runs the model.", provider.name());
                return provider;
            }
            LOG.info("Provider {} cannot run the model: {}", provider.name(), refusal.get());
            refusals.add("Provider " + provider.name() + " cannot run the model: " + refusal.get());
        }
        throw new ProviderRefusedException(String.join(" ", refusals));
    }

    private static List<String> names(List<KernelProvider> ladder) {
        return Stream.concat(Stream.of(AUTO), ladder.stream().map(KernelProvider::name)).toList();
    }
}
