package dev.filigree.server.model;

import dev.filigree.server.http.ApiException;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models a server answers with, by name. A request takes a lease of a model before it is tokenized and gives it back when it has ended,
 * so that it has to do with one version alone; a version that was replaced is closed when its last lease is back. Files are loaded, one
 * after the other, and versions closed by one thread of its own.
 *
 * <p>A file that is to replace another must take the same kind of input and have the same labels in the same order, since that is what the
 * clients of a name rely on. One that does not, or that is damaged, or fails its golden examples or its warm-up, is refused, and the
 * version before it serves on.
 *
 * <p>Thread-safe.
 */
public final class ModelRegistry implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelRegistry.class);
    /** What {@link #close} waits at most for a lease, which by then nobody should hold. */
    private static final Duration LONGEST_LEASE = Duration.ofSeconds(10);

    private final ModelLoader loader;
    private final ScheduledThreadPoolExecutor thread =
            new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().name("filigree-models").factory());
    private final ModelVersions versions = new ModelVersions(this::execute);
    /** Replaced as a whole, and never changed. */
    private volatile Map<String, ServedModel> models = Map.of();
    private volatile boolean closing;

    private ModelRegistry(ModelLoader loader) {
        this.loader = loader;
    }

    /** Serves models that are already there, at least one; they are closed with this, and have no file to be loaded again. */
    public static ModelRegistry of(Map<String, ? extends TextClassifier> byName) {
        if (byName.isEmpty()) {
            throw new IllegalArgumentException("There is no model to serve.");
        }
        ModelRegistry registry = new ModelRegistry((file, _) -> {
            throw new BadModelException(file + ": no files are loaded here.");
        });
        byName.forEach((name, classifier) -> {
            ServedModel model = new ServedModel(name, Optional.empty());
            model.swap(Optional.of(registry.versions.of(classifier)));
            registry.change(all -> all.put(name, model));
        });
        return registry;
    }

    /**
     * Loads every file, in order; when one is refused, those already loaded are closed again.
     *
     * @throws IOException when a file is refused, the folder cannot be listed, a name in it will not do, or there is no model at all
     */
    public static ModelRegistry open(ModelSettings settings) throws IOException {
        return open(settings, new PackedModel.Loader(settings.provider(), settings.threads(), settings.warmUpCalls()));
    }

    static ModelRegistry open(ModelSettings settings, ModelLoader loader) throws IOException {
        Map<String, Path> files = settings.allFiles();
        ModelRegistry registry = new ModelRegistry(loader);
        boolean complete = false;
        try {
            for (Map.Entry<String, Path> file : files.entrySet()) {
                ServedModel model = new ServedModel(file.getKey(), Optional.of(file.getValue()));
                registry.change(all -> all.put(model.name(), model));
                registry.load(model, file.getValue());
            }
            complete = true;
        } finally {
            if (!complete) {
                registry.close();
            }
        }
        if (settings.watch().isPositive()) {
            ModelWatch watch = new ModelWatch(registry, settings.files(), settings.folder());
            long nanos = settings.watch().toNanos();
            registry.thread.scheduleWithFixedDelay(watch::look, nanos, nanos, TimeUnit.NANOSECONDS);
        }
        return registry;
    }

    /**
     * A lease of the model that a request means. It must be released.
     *
     * @param name as it was given; may be left out while one model serves
     * @throws ApiException when there is none of that name, or none was named and there are several, or it could not be loaded
     */
    public ModelLease acquire(Optional<String> name) {
        while (!closing) {
            ServedModel model = name.isPresent() ? served(name.get()) : only();
            Optional<ModelVersion> version = model.version();
            Optional<ModelLease> lease = version.flatMap(now -> now.lease(model.name()));
            if (lease.isPresent()) {
                return lease.get();
            }
            if (version.isEmpty() && models.get(model.name()) == model) {
                throw unavailable(model);
            }
            // It was replaced or removed between two of these steps.
        }
        throw stopping();
    }

    private ServedModel served(String name) {
        ServedModel model = models.get(name);
        if (model == null) {
            throw new ApiException(HttpResponseStatus.NOT_FOUND, "unknown_model",
                    "There is no model '" + name + "': served are " + String.join(", ", names()) + ".");
        }
        return model;
    }

    private ServedModel only() {
        Map<String, ServedModel> now = models;
        if (now.size() == 1) {
            return now.values().iterator().next();
        }
        List<ServedModel> serving = now.values().stream().filter(model -> model.version().isPresent()).toList();
        if (serving.size() != 1) {
            throw ApiException.badRequest(
                    "missing_field", "Several models are served: name one of " + String.join(", ", names()) + " in 'model'.");
        }
        return serving.getFirst();
    }

    private static ApiException unavailable(ServedModel model) {
        return new ApiException(HttpResponseStatus.SERVICE_UNAVAILABLE, "model_not_loaded",
                "Model '" + model.name() + "' is not loaded" + model.status().lastError().map(error -> ": " + error).orElse(" yet."));
    }

    private static ApiException stopping() {
        return new ApiException(HttpResponseStatus.SERVICE_UNAVAILABLE, "stopping", "This server is stopping.");
    }

    /**
     * What the model of this name is.
     *
     * @throws ApiException when there is none, or it could not be loaded
     */
    public ModelFacts facts(String name) {
        ServedModel model = served(name);
        return model.version().orElseThrow(() -> unavailable(model)).classifier().facts();
    }

    /** Names of the models that answer, in the order in which they came. */
    public List<String> names() {
        return models.values().stream().filter(model -> model.version().isPresent()).map(ServedModel::name).toList();
    }

    /** Whether a model of this name answers. */
    public boolean isReady(String name) {
        return find(name).flatMap(ModelStatus::loaded).isPresent();
    }

    /** Every model, in the order in which they came. */
    public List<ModelStatus> list() {
        return models.values().stream().map(ServedModel::status).toList();
    }

    /** The model of this name. */
    public Optional<ModelStatus> find(String name) {
        return Optional.ofNullable(models.get(name)).map(ServedModel::status);
    }

    /**
     * The model of this name.
     *
     * @throws ApiException when there is none
     */
    public ModelStatus get(String name) {
        return served(name).status();
    }

    /**
     * Loads a model's file again, whether or not it has changed, and lets the new version answer when it is ready.
     *
     * @return the model afterwards; fails with an {@link ApiException} when the file is refused or this is closed first
     * @throws ApiException when there is no such model, it has no file, or is being loaded at this moment
     */
    public CompletableFuture<ModelStatus> reload(String name) {
        ServedModel model = served(name);
        Path file = model.file().orElseThrow(() -> badModel("Model '" + name + "' was not loaded from a file."));
        if (!model.beginLoading()) {
            throw new ApiException(HttpResponseStatus.CONFLICT, "reload_running",
                    "Model '" + name + "' is being loaded at this moment; ask again when that is done.");
        }
        CompletableFuture<ModelStatus> done = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                Optional<String> refused = reload(model, file);
                if (refused.isPresent()) {
                    done.completeExceptionally(closing ? stopping() : badModel(refused.get()));
                } else {
                    done.complete(model.status());
                }
            });
        } catch (RejectedExecutionException e) {
            model.endLoading();
            throw stopping();
        }
        return done;
    }

    private static ApiException badModel(String message) {
        return new ApiException(HttpResponseStatus.UNPROCESSABLE_ENTITY, "bad_model", message);
    }

    /** Loads a file that is new or has changed, unless that is being done already. */
    void loadChanged(String name, Path file) {
        ServedModel model = models.getOrDefault(name, new ServedModel(name, Optional.of(file)));
        if (model.beginLoading()) {
            change(all -> all.put(name, model));
            reload(model, file);
        }
    }

    /** What a model's file was when it was last loaded, or tried to; none when there was no file, or there is no such model. */
    Optional<FileStamp> lastRead(String name) {
        return Optional.ofNullable(models.get(name)).flatMap(ServedModel::read);
    }

    /** Answers no further requests for a model, and closes it when those under way have ended. Says no while it is being loaded. */
    boolean remove(String name) {
        ServedModel model = models.get(name);
        if (model == null) {
            return true;
        }
        // Never ended: who has found the model before it is taken out shall not load it any more.
        boolean free = model.beginLoading();
        if (free) {
            change(all -> all.remove(name));
            model.swap(Optional.empty()).ifPresent(ModelVersion::retire);
        }
        return free;
    }

    private synchronized void change(Consumer<Map<String, ServedModel>> change) {
        Map<String, ServedModel> copy = new LinkedHashMap<>(models);
        change.accept(copy);
        models = Collections.unmodifiableMap(copy);
    }

    /** Ends a load that was begun, and says why the file was refused, if it was. */
    private Optional<String> reload(ServedModel model, Path file) {
        try {
            load(model, file);
            return Optional.empty();
        } catch (BadModelException e) {
            LOG.error("Model {} {}: {}", model.name(),
                    model.version().isPresent() ? "was not replaced, and its old version serves on" : "cannot be served", e.getMessage());
            if (!e.isForeseen()) {
                LOG.error("This is how it failed:", e.getCause());
            }
            return Optional.of(e.getMessage());
        } finally {
            model.endLoading();
        }
    }

    /** Loads a model's file and lets it answer from now on. */
    private void load(ServedModel model, Path file) throws BadModelException {
        if (closing) {
            throw new BadModelException(file + ": it is not loaded, since the server is stopping.");
        }
        model.noteFile(FileStamp.of(file));
        long start = System.nanoTime();
        try {
            TextClassifier loaded = loader.load(file, () -> closing);
            Optional<ModelVersion> before = model.swap(Optional.of(versions.of(fitting(model, file, loaded))));
            LOG.info("Model {} is {}, run by the {} kernels, and was ready in {} ms.", model.name(), file, loaded.facts().provider(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
            before.ifPresent(ModelVersion::retire);
        } catch (IOException | RuntimeException | Error e) {
            BadModelException bad = BadModelException.of(file, e);
            model.refused(bad.getMessage());
            throw bad;
        }
    }

    /** The new version of a model, closed unless it can take the place of the old one. */
    private static TextClassifier fitting(ServedModel model, Path file, TextClassifier loaded) throws BadModelException {
        Optional<ModelFacts> before = model.version().map(version -> version.classifier().facts());
        if (before.isPresent() && !before.get().isAskedAndAnswersLike(loaded.facts())) {
            ModelFacts after = loaded.facts();
            loaded.close();
            throw new BadModelException(file + ": it makes " + after.signature() + " where model '" + model.name() + "' makes "
                    + before.get().signature() + "; serve it under another name, or start the server anew with it.");
        }
        before.map(ModelFacts::task).filter(task -> !task.equals(loaded.facts().task())).ifPresent(task ->
                LOG.warn("Model {} was trained for task {} and now is for {}.", model.name(), task, loaded.facts().task()));
        return loaded;
    }

    /** Runs a task on the thread of models, or on this one when that has ended. */
    private void execute(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }

    /**
     * Gives no further leases, waits for a load that has begun, of which nothing comes, and for the leases that are out, some seconds at
     * most; then closes every model.
     */
    @Override
    public void close() {
        closing = true;
        thread.close();
        for (ServedModel model : models.values()) {
            model.swap(Optional.empty()).ifPresent(ModelVersion::retire);
        }
        versions.close(LONGEST_LEASE);
    }
}
