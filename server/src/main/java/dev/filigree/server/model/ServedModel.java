package dev.filigree.server.model;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A name under which a model is served, now by one version and then by another. Thread-safe. */
final class ServedModel {
    private final String name;
    private final Optional<Path> file;
    /** Whether a load of its file is under way or waits for the loader. */
    private final AtomicBoolean loading = new AtomicBoolean();
    private volatile Optional<ModelVersion> version = Optional.empty();
    private volatile Optional<String> lastError = Optional.empty();
    private volatile Optional<FileStamp> read = Optional.empty();

    ServedModel(String name, Optional<Path> file) {
        this.name = name;
        this.file = file;
    }

    String name() {
        return name;
    }

    Optional<Path> file() {
        return file;
    }

    /** The version that answers. */
    Optional<ModelVersion> version() {
        return version;
    }

    /** Lets another version answer from now on, and says which did before. */
    Optional<ModelVersion> swap(Optional<ModelVersion> next) {
        Optional<ModelVersion> before = version;
        version = next;
        lastError = Optional.empty();
        return before;
    }

    /** Its file was refused. */
    void refused(String reason) {
        lastError = Optional.of(reason);
    }

    /** What the file was when it was last loaded, or tried to; none while that is still to come. */
    Optional<FileStamp> read() {
        return read;
    }

    /** Notes what the file is, before it is loaded. */
    void noteFile(Optional<FileStamp> stamp) {
        read = stamp;
    }

    /** Claims the model for one load, unless another has it. */
    boolean beginLoading() {
        return loading.compareAndSet(false, true);
    }

    void endLoading() {
        loading.set(false);
    }

    ModelStatus status() {
        boolean busy = loading.get();
        Optional<ModelStatus.Loaded> loaded = version.map(now -> new ModelStatus.Loaded(now.classifier().facts(), now.loadedAt()));
        ModelState state = loaded.isPresent()
                ? busy ? ModelState.RELOADING : ModelState.SERVING
                : busy ? ModelState.LOADING : ModelState.FAILED;
        return new ModelStatus(name, file, state, loaded, lastError);
    }
}
