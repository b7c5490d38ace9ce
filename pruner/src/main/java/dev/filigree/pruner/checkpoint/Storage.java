package dev.filigree.pruner.checkpoint;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The operations on files that checkpoints are made of: a test puts a crash between any two of them. An interrupt, which is how a run is
 * told to stop, ends none of them: the thread stays interrupted, and what it was writing is whole.
 */
interface Storage {
    /** The file system. */
    Storage FILES = new Storage() {};

    /** Writes a new file, or a new content over what a killed run left under a temporary name. */
    default OutputStream create(Path file) throws IOException {
        return new FileOutputStream(file.toFile());
    }

    /** Makes a file's content, or a folder's names, survive a power cut. */
    default void force(Path path) throws IOException {
        boolean interrupted = false;
        try {
            for (boolean forced = false; !forced; ) {
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
                    channel.force(true);
                    forced = true;
                } catch (ClosedByInterruptException e) {
                    // An interrupt closes a channel in use, and one that is used after it. The flag is set again at the end.
                    interrupted = Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Gives a file its name, in one step. */
    default void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Deletes a file, or an empty folder, if it is there. */
    default void delete(Path path) throws IOException {
        Files.deleteIfExists(path);
    }

    /** Opens a file, unbuffered. */
    default InputStream read(Path file) throws IOException {
        return new FileInputStream(file.toFile());
    }

    /** What lies in a folder. */
    default List<Path> list(Path folder) throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.sorted().toList();
        }
    }
}
