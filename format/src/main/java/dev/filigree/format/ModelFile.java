package dev.filigree.format;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * An opened model file: mapped, or read from a stream into memory outside the heap; validated, its weights handed out without a copy.
 * Thread-safe; the model's matrices are valid until {@link #close}, after which touching one throws {@link IllegalStateException}. What
 * another program writes into a mapped file meanwhile is seen in the matrices without any check, so that files should be replaced, as
 * {@link ModelWriter} does, and never overwritten, or opened by {@link #openCopy}; when the file is cut short, {@link MappedMemory} tells
 * what happens.
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

    private final String name;
    private final long sizeBytes;
    private final Arena arena;
    private final Model model;

    private ModelFile(Source source, long sizeBytes, Arena arena, Model model) {
        this.name = source.name();
        this.sizeBytes = sizeBytes;
        this.arena = arena;
        this.model = model;
    }

    /**
     * Whether a file begins as a model file does. The rest of it is not looked at.
     *
     * @throws IOException when it cannot be read
     */
    public static boolean beginsAsModel(Path path) throws IOException {
        byte[] magic = FileLayout.magic();
        try (InputStream in = Files.newInputStream(path)) {
            return Arrays.equals(in.readNBytes(magic.length), magic);
        }
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
        try (FileChannel channel = channel(source, file)) {
            return open(source, channel, checks);
        } catch (ModelFormatException e) {
            throw e;
        } catch (IOException e) {
            throw unreadable(source, e);
        }
    }

    /**
     * Maps and validates a copy of a file, checksums included. The copy lies in {@code java.io.tmpdir}, has no name there (where the system
     * knows files without one) and is gone with this, so whatever is done to the file afterwards, overwriting and cutting short included,
     * does not reach the model.
     *
     * @throws ModelFormatException when the file is not a model this version can read, or there is no room for the copy
     */
    public static ModelFile openCopy(Path path) throws ModelFormatException {
        // What is no model, whatever its size, is not copied.
        open(path, Checks.STRUCTURE).close();
        Source source = new Source(path);
        Path temporary = temporary(source);
        try (FileChannel copy = FileChannel.open(
                temporary, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE)) {
            copy(source, path, copy);
            return open(source, copy, Checks.CHECKSUMS);
        } catch (ModelFormatException e) {
            throw e;
        } catch (IOException e) {
            throw notCopied(source, e);
        }
    }

    /**
     * Reads a stream to its end and validates what came, checksums included. It is not closed, and nothing done to its source later reaches
     * the model. The memory taken is a few times what the stream gives, however much lengths in it claim, and then as much as that; whoever
     * reads from a source that may go on for ever limits the stream.
     *
     * @param name what messages call it
     * @throws ModelFormatException when it holds no model this version can read, or reading fails
     */
    public static ModelFile read(InputStream in, String name) throws ModelFormatException {
        Source source = new Source(name);
        StreamBytes read = bytes(source, in);
        boolean opened = false;
        try {
            Model model = ManifestDecoder.decode(source, FileScanner.scan(source, read.bytes()), Checks.CHECKSUMS);
            opened = true;
            return new ModelFile(source, read.bytes().byteSize(), read.arena(), model);
        } finally {
            if (!opened) {
                read.arena().close();
            }
        }
    }

    private static StreamBytes bytes(Source source, InputStream in) throws ModelFormatException {
        try {
            return StreamBytes.readAll(source, in);
        } catch (ModelFormatException e) {
            throw e;
        } catch (IOException e) {
            throw unreadable(source, e);
        }
    }

    private static Path temporary(Source source) throws ModelFormatException {
        try {
            return Files.createTempFile("filigree", ".copy");
        } catch (IOException e) {
            throw notCopied(source, e);
        }
    }

    private static ModelFormatException notCopied(Source source, IOException e) {
        return source.refuse(Refusal.UNREADABLE, "the file cannot be copied to " + System.getProperty("java.io.tmpdir") + " ("
                + IoReason.of(e) + "); make room there, or point -Djava.io.tmpdir at a folder that may be written to.", e);
    }

    private static void copy(Source source, Path path, FileChannel copy) throws IOException {
        try (FileChannel original = channel(source, path)) {
            long size = original.size();
            long position = 0;
            long moved = 1;
            // Nothing is moved when the file has been cut short meanwhile, which reading the copy tells.
            while (position < size && moved > 0) {
                moved = original.transferTo(position, size - position, copy);
                position += moved;
            }
        }
    }

    private static ModelFile open(Source source, FileChannel channel, Checks checks) throws ModelFormatException {
        Arena arena = Arena.ofShared();
        boolean opened = false;
        try {
            MemorySegment mapped = map(source, channel, arena);
            Model model = ManifestDecoder.decode(source, FileScanner.scan(source, mapped), checks);
            // Also a call into the system, at which the JVM reports what compiled code has met shortly before.
            if (channel.size() < mapped.byteSize()) {
                throw source.refuse(Refusal.TRUNCATED, "the file was cut short while it was being read; put it back and open it again.");
            }
            opened = true;
            return new ModelFile(source, mapped.byteSize(), arena, model);
        } catch (InternalError e) {
            throw MappedMemory.refusal(source, e);
        } catch (ModelFormatException e) {
            throw e;
        } catch (IOException e) {
            throw unreadable(source, e);
        } finally {
            if (!opened) {
                arena.close();
            }
        }
    }

    private static ModelFormatException unreadable(Source source, IOException e) {
        return source.refuse(Refusal.UNREADABLE, "the file cannot be read: " + IoReason.of(e) + ".", e);
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

    /** What messages call it: its path, or the name that its stream was given. */
    public String name() {
        return name;
    }

    /** Size of the whole file in bytes, padding and manifest included. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /**
     * Unmaps the file, or frees its memory; a second call does nothing.
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
