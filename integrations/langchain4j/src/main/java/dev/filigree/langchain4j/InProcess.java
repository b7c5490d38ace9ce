package dev.filigree.langchain4j;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * An encoder or a classifier behind one of LangChain4j's models.
 *
 * @param <T> which of the two
 * @param model itself
 * @param name what LangChain4j calls it
 * @param executor of asynchronous calls
 * @param release closes the model if it was opened here
 */
record InProcess<T>(T model, String name, Optional<Executor> executor, Consumer<T> release) implements AutoCloseable {
    private static final String SUFFIX = ".filigree";

    /** Makes a call on the executor, if there is one. */
    <R> Optional<CompletableFuture<R>> later(Supplier<R> call) {
        return executor.map(on -> CompletableFuture.supplyAsync(call, on));
    }

    @Override
    public void close() {
        release.accept(model);
    }

    /** Opens a file. */
    interface Opener<T> {
        T open(Path file) throws IOException;
    }

    /** What the builders of both models have in common. */
    static final class Builder<T> {
        private final String kind;
        private final Opener<T> opener;
        private final Consumer<T> closer;
        private Optional<Path> path = Optional.empty();
        private Optional<T> model = Optional.empty();
        private Optional<String> name = Optional.empty();
        private Optional<Executor> executor = Optional.empty();

        /** For models of a kind, the name of the setter that takes one. */
        Builder(String kind, Opener<T> opener, Consumer<T> closer) {
            this.kind = kind;
            this.opener = opener;
            this.closer = closer;
        }

        void path(Path path) {
            this.path = Optional.of(path);
        }

        void model(T model) {
            this.model = Optional.of(model);
        }

        void name(String name) {
            this.name = Optional.of(name);
        }

        void executor(Executor executor) {
            this.executor = Optional.of(executor);
        }

        InProcess<T> build() {
            if (path.isPresent() == model.isPresent()) {
                throw new IllegalArgumentException("A model comes from one place: give the builder either modelPath or " + kind
                        + (path.isPresent() ? ", not both." : "."));
            }
            return model.map(given -> new InProcess<>(given, name.orElse("unknown"), executor, unused -> { }))
                    .orElseGet(() -> new InProcess<>(open(path.orElseThrow()), name.orElseGet(this::fileName), executor, closer));
        }

        private T open(Path file) {
            try {
                return opener.open(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }

        private String fileName() {
            String file = path.orElseThrow().getFileName().toString();
            return file.endsWith(SUFFIX) ? file.substring(0, file.length() - SUFFIX.length()) : file;
        }
    }
}
