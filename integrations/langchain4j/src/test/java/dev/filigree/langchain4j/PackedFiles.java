package dev.filigree.langchain4j;

import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import dev.filigree.format.Task;
import dev.filigree.runtime.TinyModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Packed files of a few kilobytes, and many threads at once. */
final class PackedFiles {
    static final List<String> TEXTS = List.of("good", "not bad at all, he said", "bad bad bad", "a longer text with some more words in it");
    private static final int THREADS = 8;

    private PackedFiles() {}

    /** A file in the folder, named as the task. */
    static Path write(Task task, Path folder) {
        Path file = folder.resolve(task.name() + ".filigree");
        try {
            ModelWriter.write(TinyModels.of(task, Pooling.MEAN, 5), file);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Does the same on many threads; fails if one of them does. */
    static void together(Callable<?> call) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<?>> done = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                done.add(threads.submit(call));
            }
            for (Future<?> each : done) {
                each.get();
            }
        }
    }
}
