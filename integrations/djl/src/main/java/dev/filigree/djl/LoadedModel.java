package dev.filigree.djl;

import ai.djl.engine.EngineException;
import dev.filigree.format.ModelFile;
import dev.filigree.format.Task;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.Encoder;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * An opened file and what runs it. Which of the two, a classifier or an encoder, is known only when a translator is chosen, so each is
 * made when it is first asked for, on the one mapped file. Thread-safe.
 */
final class LoadedModel implements AutoCloseable {
    private final ModelFile file;
    private final EngineOptions options;
    private Optional<Classifier> classifier = Optional.empty();
    private Optional<Encoder> encoder = Optional.empty();
    private boolean closed;

    LoadedModel(ModelFile file, EngineOptions options) {
        this.file = file;
        this.options = options;
    }

    Task task() {
        return file.model().task();
    }

    int hidden() {
        return file.model().shape().hidden();
    }

    /**
     * The classifier, laid out and verified at the first call.
     *
     * @throws EngineException when it cannot run here
     */
    synchronized Classifier classifier() {
        requireOpen();
        if (classifier.isEmpty()) {
            classifier = Optional.of(opened(() -> Classifier.builder()
                    .provider(options.provider())
                    .threads(options.threads())
                    .verify(options.verify())
                    .open(file.model())));
        }
        return classifier.get();
    }

    /**
     * The encoder, laid out and verified at the first call.
     *
     * @throws EngineException when it cannot run here
     */
    synchronized Encoder encoder() {
        requireOpen();
        if (encoder.isEmpty()) {
            encoder = Optional.of(opened(() -> Encoder.builder()
                    .provider(options.provider())
                    .threads(options.threads())
                    .verify(options.verify())
                    .pooling(options.pooling())
                    .open(file.model())));
        }
        return encoder.get();
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("The model of " + file.name() + " is closed: load it again.");
        }
    }

    /** The runtime's refusals (provider, golden examples, settings) as DJL's. */
    private static <T> T opened(Supplier<T> open) {
        try {
            return open.get();
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new EngineException(e.getMessage(), e);
        }
    }

    /** Closes what nothing was laid out of. */
    synchronized void closeIfUnused() {
        if (classifier.isEmpty() && encoder.isEmpty()) {
            close();
        }
    }

    /** Waits for calls in flight, then unmaps the file. Closing again does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        classifier.ifPresent(Classifier::close);
        encoder.ifPresent(Encoder::close);
        file.close();
    }
}
