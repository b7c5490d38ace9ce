package dev.filigree.runtime;

import dev.filigree.format.Model;
import dev.filigree.format.ModelFormatException;
import java.nio.file.Path;
import java.util.List;

/**
 * Classifies texts with one model file. Immutable and thread-safe; {@link #close} waits for calls in flight, and a call after it throws
 * {@link ClosedClassifierException}.
 */
public final class Classifier implements AutoCloseable {
    /** Opens a file with the fastest provider of this machine and one thread a call. */
    public static Classifier open(Path file) throws ModelFormatException {
        return builder().open(file);
    }

    /** Settings other than the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Classifies one text. */
    public Classification classify(String text) {
        return classify(List.of(TextInput.of(text))).getFirst();
    }

    /** Classifies a pair. */
    public Classification classify(String first, String second) {
        return classify(List.of(TextInput.of(first, second))).getFirst();
    }

    /** Classifies several inputs in one pass; the answers are in their order. */
    public List<Classification> classify(List<TextInput> inputs) {
        throw new IllegalStateException("to come");
    }

    /** What the file says of itself. */
    public Model model() {
        throw new IllegalStateException("to come");
    }

    /** Name of the provider that runs the model. */
    public String provider() {
        throw new IllegalStateException("to come");
    }

    @Override
    public void close() {}

    /** Settings of a classifier. */
    public static final class Builder {
        private String provider = "auto";
        private int threads = 1;

        private Builder() {}

        /** Forces a provider by name; {@code auto} (the default) takes the first rung of the ladder that this machine can stand on. */
        public Builder provider(String name) {
            this.provider = name;
            return this;
        }

        /** Threads one call may use; 1 by default. */
        public Builder threads(int threads) {
            this.threads = threads;
            return this;
        }

        /** Opens a file, checks it and lays the model out. */
        public Classifier open(Path file) throws ModelFormatException {
            throw new IllegalStateException("to come: " + provider + threads);
        }
    }
}
