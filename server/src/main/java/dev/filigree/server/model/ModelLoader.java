package dev.filigree.server.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/** Makes a model that is ready to serve out of a file. */
@FunctionalInterface
interface ModelLoader {
    /**
     * Loads a file. Whatever else than an {@link IOException} it throws says as well that the file cannot serve.
     *
     * @param stopped whether there is no more need for the model, which may then be given back half prepared
     * @throws IOException when the file is refused
     */
    TextClassifier load(Path file, BooleanSupplier stopped) throws IOException;
}
