package dev.filigree.spring;

import dev.filigree.runtime.Encoder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the models; immutable.
 *
 * @param model File of the one model, a path, or classpath: and the name of a resource. Its bean is the primary Classifier.
 * @param provider What computes: auto for the fastest provider that can run the model on this machine, cpu for the fastest that needs no
 *     GPU, or a provider's name to force it.
 * @param threads Threads that the calls of one model may compute with together on a CPU, the callers' among them.
 * @param verify Whether each model's golden examples are run when it is opened.
 * @param executor Name of an Executor bean that asynchronous calls run on and that gives the threads beside the callers'. Without it a
 *     model has threads of its own, and each asynchronous call must name an executor.
 * @param models Further models by the names of their beans.
 */
@ConfigurationProperties("filigree")
public record FiligreeProperties(
        @Nullable String model,
        @DefaultValue("auto") String provider,
        @DefaultValue("1") int threads,
        @DefaultValue("true") boolean verify,
        @Nullable String executor,
        @DefaultValue Map<String, Model> models) {
    /** Copies the map. */
    public FiligreeProperties {
        models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
    }

    /** What becomes of a file. */
    public enum Kind {
        /** A bean of type {@link dev.filigree.runtime.Classifier}. */
        CLASSIFIER,
        /** A bean of type {@link dev.filigree.runtime.Encoder}: sentence embeddings. */
        ENCODER
    }

    /**
     * One of several models. What is null goes as for all models.
     *
     * @param location File of the model, a path, or classpath: and the name of a resource.
     * @param kind Whether the bean is a Classifier or an Encoder.
     * @param pooling How an Encoder makes one vector of a text: mean suits MiniLM, cls BGE.
     * @param provider What computes this model.
     * @param threads Threads of this model.
     * @param verify Whether this model's golden examples are run when it is opened.
     */
    public record Model(
            @Nullable String location,
            @DefaultValue("classifier") Kind kind,
            @DefaultValue("mean") Encoder.Pooling pooling,
            @Nullable String provider,
            @Nullable Integer threads,
            @Nullable Boolean verify) {}
}
