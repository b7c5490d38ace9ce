package dev.filigree.format;

import java.nio.file.Path;

/**
 * An opened model file: mapped, validated, its weights handed out without a copy. Thread-safe; the model's memory is valid until
 * {@link #close}.
 */
public final class ModelFile implements AutoCloseable {
    /** How much of the file {@link #open(Path, Checks)} reads before it answers. */
    public enum Checks {
        /** Structure only: payloads are not touched. */
        STRUCTURE,
        /** Structure, and the CRC32C of every payload. */
        CHECKSUMS
    }

    private final Path path;
    private final Model model;

    private ModelFile(Path path, Model model) {
        this.path = path;
        this.model = model;
    }

    /**
     * Maps and validates a file, checksums included.
     *
     * @throws ModelFormatException when the file is not a model this version can read
     */
    public static ModelFile open(Path path) throws ModelFormatException {
        return open(path, Checks.CHECKSUMS);
    }

    /**
     * Maps and validates a file.
     *
     * @throws ModelFormatException when the file is not a model this version can read
     */
    public static ModelFile open(Path path, Checks checks) throws ModelFormatException {
        throw new IllegalStateException("to come: " + checks);
    }

    /** What the file holds. */
    public Model model() {
        return model;
    }

    /** Where it lies. */
    public Path path() {
        return path;
    }

    /** Unmaps the file. */
    @Override
    public void close() {}
}
