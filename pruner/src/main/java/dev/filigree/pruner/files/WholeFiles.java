package dev.filigree.pruner.files;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Writes output files and folders so that they appear whole or not at all. */
public final class WholeFiles {
    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** Fills a new folder. */
    @FunctionalInterface
    public interface Filling {
        void writeInto(Path folder) throws IOException;
    }

    private WholeFiles() {}

    /**
     * Writes beside the target under a temporary name, then moves it into place.
     *
     * @throws IOException when the file cannot be written; the target is then as it was
     */
    public static void write(Path target, byte[] content) throws IOException {
        write(target, out -> out.write(content));
    }

    /** As {@link #write(Path, byte[])}, for content that need not lie in memory. */
    public static void write(Path target, Content content) throws IOException {
        if (Files.isDirectory(target)) {
            throw new FileSystemException(target.toString(), null, "a folder has that name");
        }
        // The file that takes its place would be all that programs find under /dev/null from then on.
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            throw new FileSystemException(target.toString(), null, "a pipe or a device has that name");
        }
        Path temporary = temporary(target);
        try {
            try (OutputStream out = new BufferedOutputStream(new Named(target, Files.newOutputStream(temporary)))) {
                content.writeTo(out);
            }
            Files.move(temporary, target.toAbsolutePath(), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            throw e.getFile() != null && e.getFile().equals(temporary.toString()) ? about(target, e) : e;
        } finally {
            deleteAll(temporary);
        }
    }

    /** Failures of a file under its temporary name, told of the file that was asked for. */
    private static final class Named extends OutputStream {
        private final Path target;
        private final OutputStream out;

        Named(Path target, OutputStream out) {
            this.target = target;
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                throw about(target, e);
            }
        }

        @Override
        public void close() throws IOException {
            try {
                out.close();
            } catch (IOException e) {
                throw about(target, e);
            }
        }
    }

    /** What went wrong under a temporary name, which says nothing to the user, told of the target. An interrupt stays one. */
    private static IOException about(Path target, IOException e) {
        if (e instanceof ClosedByInterruptException) {
            return e;
        }
        String reason = switch (e) {
            case AccessDeniedException _ -> "there is no permission for its folder";
            case FileSystemException named when named.getReason() != null -> named.getReason();
            default -> String.valueOf(e.getMessage());
        };
        return new IOException(target + " cannot be written: " + reason + ".", e);
    }

    /**
     * Fills a folder beside the target under a temporary name, then moves it into place. A target that has something in it already is
     * refused: a folder cannot be exchanged in one step.
     *
     * @throws IOException when the folder cannot be written; the target is then as it was
     */
    public static void writeFolder(Path target, Filling filling) throws IOException {
        if (Files.exists(target) && !Files.isDirectory(target)) {
            throw new FileSystemException(target.toString(), null, "a file has that name");
        }
        if (Files.isDirectory(target)) {
            try (Stream<Path> content = Files.list(target)) {
                if (content.findAny().isPresent()) {
                    throw new FileSystemException(target.toString(), null, "the folder is not empty; name one that is, or a new one");
                }
            }
        }
        Path temporary = temporary(target);
        try {
            Files.createDirectory(temporary);
            filling.writeInto(temporary);
            Files.move(temporary, target.toAbsolutePath(), StandardCopyOption.ATOMIC_MOVE);
        } catch (DirectoryNotEmptyException e) {
            throw new FileSystemException(target.toString(), null, "the folder was filled by somebody else meanwhile");
        } catch (IOException e) {
            throw about(target, e);
        } finally {
            deleteAll(temporary);
        }
    }

    private static Path temporary(Path target) throws IOException {
        Path absolute = target.toAbsolutePath();
        Files.createDirectories(absolute.getParent());
        return absolute.resolveSibling("." + absolute.getFileName() + "." + ProcessHandle.current().pid() + ".part");
    }

    private static void deleteAll(Path folder) throws IOException {
        if (Files.exists(folder)) {
            List<Path> paths;
            try (Stream<Path> walk = Files.walk(folder)) {
                paths = walk.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path path : paths) {
                Files.delete(path);
            }
        }
    }
}
