package dev.filigree.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The version of Filigree, of which all artifacts have the same. Thread-safe. */
public final class FiligreeVersion {
    /** Written by the build; a manifest would tell nothing to classes in a folder or of a named module. */
    private static final String RESOURCE = "/META-INF/filigree/version";

    private FiligreeVersion() {}

    /** As Maven has it, such as {@code 0.1.0}. */
    public static String current() {
        try (InputStream version = FiligreeVersion.class.getResourceAsStream(RESOURCE)) {
            if (version == null) {
                throw new IllegalStateException(RESOURCE + " is missing: put filigree-runtime on the path as Maven has built it.");
            }
            return new String(version.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
