package dev.filigree.spring;

import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.kernel.Providers;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * All that opening one model takes, every default filled in and every value checked.
 *
 * @param name that of the bean
 * @param property which says where the file is
 * @param location its value
 * @param kind what the bean is
 * @param pooling of an encoder
 * @param provider that computes
 * @param threads of the model
 * @param verify whether the golden examples are run
 * @param executor name of a bean
 */
record ModelSettings(
        String name, String property, String location, FiligreeProperties.Kind kind, Encoder.Pooling pooling, String provider,
        int threads, boolean verify, Optional<String> executor) {
    /** The bean of {@code filigree.model}. */
    static final String SINGLE = "filigreeClassifier";

    /**
     * The models of these properties by the names of their beans, in the order of the properties.
     *
     * @throws InvalidConfigurationPropertyValueException when a value cannot be
     */
    static Map<String, ModelSettings> of(FiligreeProperties all) {
        Map<String, ModelSettings> models = new LinkedHashMap<>();
        Optional<String> executor = Optional.ofNullable(all.executor());
        String provider = provider("filigree.provider", all.provider());
        int threads = threads("filigree.threads", all.threads());
        if (all.model() != null) {
            models.put(SINGLE, new ModelSettings(SINGLE, "filigree.model", location("filigree.model", all.model()),
                    FiligreeProperties.Kind.CLASSIFIER, Encoder.Pooling.MEAN, provider, threads, all.verify(), executor));
        }
        all.models().forEach((name, model) -> {
            String prefix = "filigree.models." + name + '.';
            models.put(name, new ModelSettings(
                    name,
                    prefix + "location",
                    location(prefix + "location", model.location()),
                    model.kind(),
                    model.pooling(),
                    model.provider() == null ? provider : provider(prefix + "provider", model.provider()),
                    model.threads() == null ? threads : threads(prefix + "threads", model.threads()),
                    model.verify() == null ? all.verify() : model.verify(),
                    executor));
        });
        return models;
    }

    /** For whoever asks before there are beans. */
    static Map<String, ModelSettings> of(Environment environment) {
        return of(Binder.get(environment).bindOrCreate("filigree", FiligreeProperties.class));
    }

    /** Which property says what computes this model. */
    String providerProperty() {
        return property.replaceFirst("(model|location)$", "provider");
    }

    /** Whether the provider asked for is, or may turn out to be, one that calls native code. */
    boolean mayCallNativeCode() {
        return !provider.equals("vector") && !provider.equals("reference");
    }

    private static String location(String property, @Nullable String value) {
        if (!StringUtils.hasText(value)) {
            throw new InvalidConfigurationPropertyValueException(
                    property, "", "It names the model's file: write a path, or classpath: and the name of a resource.");
        }
        return value;
    }

    private static String provider(String property, String value) {
        if (!Providers.isName(value)) {
            throw new InvalidConfigurationPropertyValueException(
                    property, value, "There is no such provider: write one of " + String.join(", ", Providers.names()) + ".");
        }
        return value;
    }

    private static int threads(String property, int value) {
        if (value < 1) {
            throw new InvalidConfigurationPropertyValueException(property, value, "A model needs at least one thread.");
        }
        return value;
    }
}
