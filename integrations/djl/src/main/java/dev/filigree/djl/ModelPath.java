package dev.filigree.djl;

import ai.djl.util.Utils;
import dev.filigree.format.ModelFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds the packed file that a path of DJL stands for: the file itself, or a folder in which it lies. */
final class ModelPath {
    private static final String SUFFIX = ".filigree";

    private ModelPath() {}

    /** Whether the path is of this engine by its name, there or not, or by its first bytes, or is a folder with a file of such a name. */
    static boolean holdsModel(Path path) {
        try {
            return path.toString().endsWith(SUFFIX)
                    || Files.isRegularFile(path) && ModelFile.beginsAsModel(path)
                    || !candidates(path).isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The packed file.
     *
     * @param modelName decides between several files of a folder, with or without its suffix
     * @throws FileNotFoundException when there is none, or several and the name is none of theirs
     */
    static Path find(Path path, String modelName) throws IOException {
        if (Files.notExists(path)) {
            throw new FileNotFoundException(path + ": there is no such file.");
        }
        if (!Files.isDirectory(path)) {
            return path;
        }
        List<Path> candidates = candidates(path);
        for (Path candidate : candidates) {
            if (candidates.size() == 1 || name(candidate).equals(withoutSuffix(modelName))) {
                return candidate;
            }
        }
        throw new FileNotFoundException(candidates.isEmpty()
                ? path + ": no *" + SUFFIX + " file lies in this folder."
                : path + ": " + candidates.size() + " *" + SUFFIX + " files lie in this folder, none of them " + modelName + SUFFIX
                        + "; name one with optModelName.");
    }

    /** The file's name without its suffix. */
    static String name(Path file) {
        return withoutSuffix(file.getFileName().toString());
    }

    private static String withoutSuffix(String name) {
        return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
    }

    /** A folder that holds nothing but a folder, as archives unpack, stands for that one everywhere in DJL. */
    private static List<Path> candidates(Path path) throws IOException {
        Path folder = Utils.getNestedModelDir(path);
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX) && Files.isRegularFile(file)).sorted().toList();
        }
    }
}
