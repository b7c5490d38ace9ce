package dev.filigree.spring;

import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TinyModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Files of tiny models, and what the runtime itself says with them. */
final class TestModel {
    static final String TEXT = "not a good film";

    private TestModel() {}

    /** Writes a model of single texts, with other weights for another seed. */
    static Path write(Path file, long seed) throws IOException {
        ModelWriter.write(TinyModels.of(TinyModels.SENTIMENT, Pooling.MEAN, seed), file);
        return file;
    }

    /** A classifier of the application's own. */
    static Classifier open(Path file) {
        try {
            return Classifier.open(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The logits for {@link #TEXT} of a classifier that was opened by hand. */
    static float[] logits(Path file) {
        try (Classifier classifier = open(file)) {
            return classifier.classify(TEXT).logits();
        }
    }
}
