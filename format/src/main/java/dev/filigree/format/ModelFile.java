package dev.filigree.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * An opened model file: mapped, validated, its weights handed out without a copy. Thread-safe; the model's matrices are valid until
 * {@link #close}, after which touching one throws {@link IllegalStateException}. What another program writes into the file meanwhile is
 * seen in the matrices without any check, so that files should be replaced, as {@link ModelWriter} does, and never overwritten; when the
 * file is cut short, {@link MappedMemory} tells what happens.
 */
public final class ModelFile implements AutoCloseable {
    /** How much of the file {@link #open(Path, Checks)} reads before it answers. */
    public enum Checks {
        /**
         * Everything but the weights: layout, manifest, shapes, and the small payloads that kernels index by (vocabulary, scales, pattern
         * ids, row orders).
         */
        STRUCTURE,
        /** The structure, the CRC32C of every payload, and that every weight is finite. */
        CHECKSUMS
    }

    private final Path path;
    private final long sizeBytes;
    private final Arena arena;
    private final Model model;

    private ModelFile(Path path, long sizeBytes, Arena arena, Model model) {
        this.path = path;
        this.sizeBytes = sizeBytes;
        this.arena = arena;
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
        return open(path, path, checks);
    }

    /** Opens a file that messages call by another name. */
    static ModelFile open(Path file, Path name, Checks checks) throws ModelFormatException {
        Source source = new Source(name);
        Arena arena = Arena.ofShared();
        boolean opened = false;
        try (FileChannel channel = channel(source, file)) {
            MemorySegment mapped = map(source, channel, arena);
            Model model = ManifestDecoder.decode(source, FileScanner.scan(source, mapped), checks);
            // Also a call into the system, at which the JVM reports what compiled code has met shortly before.
            if (channel.size() < mapped.byteSize()) {
                throw source.refuse(Refusal.TRUNCATED, "the file was cut short while it was being read; put it back and open it again.");
            }
            opened = true;
            return new ModelFile(name, mapped.byteSize(), arena, model);
        } catch (InternalError e) {
            throw MappedMemory.refusal(source, e);
        } catch (ModelFormatException e) {
            throw e;
        } catch (IOException e) {
            throw source.refuse(Refusal.UNREADABLE, "the file cannot be read: " + IoReason.of(e) + ".", e);
        } finally {
            if (!opened) {
                arena.close();
            }
        }
    }

    private static FileChannel channel(Source source, Path file) throws IOException {
        if (!Files.exists(file)) {
            throw source.refuse(Refusal.UNREADABLE, "there is no such file.");
        }
        // Asked before opening, since opening a pipe would wait for its writer.
        if (!Files.isRegularFile(file)) {
            throw source.refuse(Refusal.NOT_A_FILE, "this is a directory, a pipe or a device, not a model file.");
        }
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    private static MemorySegment map(Source source, FileChannel channel, Arena arena) throws IOException {
        long size = channel.size();
        if (size == 0) {
            throw source.refuse(Refusal.EMPTY, "the file is empty.");
        }
        return channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
    }

    /** What the file holds. */
    public Model model() {
        return model;
    }

    /** Where it lies. */
    public Path path() {
        return path;
    }

    /** Size of the whole file in bytes, padding and manifest included. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /**
     * Unmaps the file; a second call does nothing.
     *
     * @throws IllegalStateException when another thread is reading from the file at this moment
     */
    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
