package dev.filigree.server.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/**
 * By what a file is known to be the one that was seen before. Links are followed, so a link that points elsewhere is another file.
 *
 * @param bytes its size
 * @param modified when it was last written to
 * @param key device and inode, where the system has them
 */
record FileStamp(long bytes, FileTime modified, Optional<Object> key) {
    /** The stamp of a regular file; none when there is no such file, or it may not be looked at. */
    static Optional<FileStamp> of(Path file) {
        try {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
            return found.isRegularFile()
                    ? Optional.of(new FileStamp(found.size(), found.lastModifiedTime(), Optional.ofNullable(found.fileKey())))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
