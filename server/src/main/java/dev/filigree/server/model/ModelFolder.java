package dev.filigree.server.model;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** A folder of which every {@code *.filigree} is served. */
final class ModelFolder {
    private static final String ENDING = ".filigree";

    private ModelFolder() {}

    /**
     * Its files, links included, by their names without the ending, in that order; hidden files, which writers use until a file is whole,
     * and folders are left out.
     *
     * @throws IOException when it cannot be listed
     */
    static Map<String, Path> list(Path folder) throws IOException {
        Map<String, Path> files = new TreeMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*" + ENDING)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!name.startsWith(".") && !Files.isDirectory(entry)) {
                    files.put(name.substring(0, name.length() - ENDING.length()), entry);
                }
            }
            return files;
        } catch (DirectoryIteratorException | IOException e) {
            throw new IOException("The models in " + folder + " cannot be listed (" + e + "); name a folder that may be read.", e);
        }
    }

    /** What is wrong with a file of which the name cannot be a model's. */
    static String unfit(Path file) {
        return file + ": a model's name consists of letters, digits, dots, underscores and hyphens; rename the file.";
    }
}
