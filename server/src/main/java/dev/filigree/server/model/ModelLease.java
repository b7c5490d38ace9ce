package dev.filigree.server.model;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The use of one version of a model by one request, from its tokenizing to its end. Until it is given back that version is not closed, even
 * when another has taken its place. Thread-safe.
 */
public final class ModelLease {
    private final String name;
    private final ModelVersion version;
    private final AtomicBoolean released = new AtomicBoolean();

    ModelLease(String name, ModelVersion version) {
        this.name = name;
        this.version = version;
    }

    /** The name under which the model is served. */
    public String name() {
        return name;
    }

    /** The model; not to be used after {@link #release}. */
    public TextClassifier classifier() {
        return version.classifier();
    }

    /** Gives it back. Doing so again does nothing. */
    public void release() {
        if (released.compareAndSet(false, true)) {
            version.release();
        }
    }
}
