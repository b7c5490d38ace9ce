package dev.filigree.spark;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/** Where the driver reads a model from. */
sealed interface ModelSource {
    /** The file's bytes; the caller closes the stream. */
    InputStream open(Configuration hadoop) throws IOException;

    /** What messages call it. */
    String name();

    /** A path of the driver's machine, or a URI of a file system that Hadoop knows. */
    static ModelSource of(String pathOrUri) {
        // One letter is the drive of a Windows path.
        int scheme = pathOrUri.indexOf(':');
        return scheme > 1 && pathOrUri.substring(0, scheme).matches("[A-Za-z][A-Za-z0-9+.-]*")
                ? new Remote(URI.create(pathOrUri)) : new Local(Path.of(pathOrUri));
    }

    /** A file of the driver's machine. */
    record Local(Path file) implements ModelSource {
        @Override
        public InputStream open(Configuration hadoop) throws IOException {
            try {
                return Files.newInputStream(file);
            } catch (NoSuchFileException e) {
                throw new FileNotFoundException("There is no model at " + file.toAbsolutePath()
                        + " on the driver's machine: give the path of a .filigree file there, or a URI such as hdfs://… or s3a://….");
            }
        }

        @Override
        public String name() {
            return file.toString();
        }
    }

    /** A file of a file system that Hadoop knows. */
    record Remote(URI uri) implements ModelSource {
        @Override
        public InputStream open(Configuration hadoop) throws IOException {
            return FileSystem.get(uri, hadoop).open(new org.apache.hadoop.fs.Path(uri));
        }

        @Override
        public String name() {
            return uri.toString();
        }
    }

    /** A model in memory. */
    record Bytes(byte[] bytes) implements ModelSource {
        @Override
        public InputStream open(Configuration hadoop) {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public String name() {
            return "a model of " + bytes.length + " bytes in memory";
        }
    }
}
