package dev.filigree.djl;

import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import dev.filigree.format.Model;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import dev.filigree.format.Task;
import dev.filigree.runtime.TinyModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** Packed files of a few kilobytes, and the shortest way to load one. */
final class PackedFiles {
    /** Scores single texts. */
    static final Task RATING = new Task("rating", List.of("rating"), true, false);
    static final List<String> TEXTS =
            List.of("good", "not bad at all, he said", "", "bad bad bad", "a longer text with some more words in it");

    private PackedFiles() {}

    /** A file in the folder, named as the task. */
    static Path write(Task task, Path folder) {
        return write(TinyModels.of(task, Pooling.MEAN, 5), folder.resolve(task.name() + ".filigree"));
    }

    static Path write(Model model, Path file) {
        try {
            ModelWriter.write(model, file);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static <I, O> ZooModel<I, O> load(Class<I> input, Class<O> output, Path path) throws Exception {
        return Criteria.builder().setTypes(input, output).optEngine("Filigree").optModelPath(path).build().loadModel();
    }
}
