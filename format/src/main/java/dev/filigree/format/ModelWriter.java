package dev.filigree.format;

import java.io.IOException;
import java.nio.file.Path;

/** Writes model files: whole or not at all. */
public final class ModelWriter {
    private ModelWriter() {}

    /**
     * Writes a model beside the target under a temporary name and then moves it into place atomically.
     *
     * @throws IOException when the file cannot be written; the target is then as it was
     */
    public static void write(Model model, Path target) throws IOException {
        throw new IllegalStateException("to come");
    }
}
