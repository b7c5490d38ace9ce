package dev.filigree.runtime;

import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.format.ModelFormatException;
import dev.filigree.format.Refusal;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.kernel.Threads;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a model is to be run, whatever for. Not thread-safe. While a file or a stream is read, a thread beside the caller's helps for some
 * tens of milliseconds.
 *
 * @param <T> what is opened
 * @param <B> the builder itself
 */
public abstract sealed class ModelBuilder<T, B extends ModelBuilder<T, B>> permits Classifier.Builder, Encoder.Builder {
    /** Made when it is first asked for, since looking for a logger takes a new JVM a while. */
    private static final class Log {
        static final Logger LOG = LoggerFactory.getLogger(ModelBuilder.class);
    }

    private String provider = Providers.AUTO;
    private int threads = 1;
    private Optional<Executor> executor = Optional.empty();
    private Optional<ClassifierListener> listener = Optional.empty();
    private boolean verify = true;

    ModelBuilder() {}

    abstract B self();

    /** What is opened, on a model that is ready. */
    abstract T over(RunningModel model, Optional<ClassifierListener> listener, Optional<Executor> executor);

    /**
     * Forces a provider by name: {@code cuda} for the first GPU, {@code cuda:1} for the second and so on, {@code native}, {@code vector},
     * {@code reference}. {@code native:avx2} and so on take the native kernels of one level, {@code cuda-int8} runs INT8 layers in int8.
     * {@code auto} (the default) takes the first of the four that can run the model on this machine, {@code cpu} the first that needs
     * no GPU.
     */
    public final B provider(String name) {
        this.provider = Objects.requireNonNull(name, "name");
        return self();
    }

    /**
     * Threads that one call may compute with on a CPU, the caller's among them; 1 by default. Calls that overlap share them: together
     * they use no more than this, or one each where the calls are more. Those beside the callers' are daemon threads of the model's own
     * unless {@link #executor} says otherwise.
     */
    public final B threads(int threads) {
        this.threads = threads;
        return self();
    }

    /**
     * Makes asynchronous calls here that name no executor, and takes the threads beside the callers' from here, at most
     * {@code threads - 1} tasks at a time, which last as long as the calls that they help and some microseconds more. No call depends on
     * these: where the executor is busy, refuses tasks or runs them in the caller, calls are computed with fewer threads. It may serve
     * several models and may run virtual threads; it is not shut down. One that silently discards a task is not asked again for threads.
     */
    public final B executor(Executor executor) {
        this.executor = Optional.of(Objects.requireNonNull(executor, "executor"));
        return self();
    }

    /** Is told of every call, but not of the golden examples. Without one no clock is read. */
    public final B listener(ClassifierListener listener) {
        this.listener = Optional.of(Objects.requireNonNull(listener, "listener"));
        return self();
    }

    /**
     * Whether the golden examples are run at open, on by default: the logits must be within {@link Classifier#tolerance} of the expected
     * ones. Where {@code native} computes with 8-bit activations and a model does not bear them, it goes on with 16-bit ones, which are
     * slower, and says so in the log.
     */
    public final B verify(boolean verify) {
        this.verify = verify;
        return self();
    }

    /**
     * Opens a file, checks it and lays the model out. The file is mapped, so it should not be overwritten while it is open, but replaced.
     *
     * @throws ModelFormatException when the file is not a model this version can read, or the thread is interrupted while it is mapped
     * @throws IllegalArgumentException when there is no such provider, or fewer than one thread
     * @throws ProviderRefusedException when the provider cannot run this model here
     * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
     */
    public final T open(Path file) throws ModelFormatException {
        prepare();
        ModelFile opened = ModelFile.open(file);
        try {
            return open(opened.model(), new Release(Optional.of(opened)));
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof ModelFormatException refused) {
                throw new ModelFormatException(
                        refused.refusal(), file + ": the file was cut short while it was being loaded; put it back and open it again.");
            }
            throw e;
        }
    }

    /**
     * Reads a stream to its end, without closing it, checks what came as a file is checked, and lays the model out. What came is kept in
     * memory outside the heap.
     *
     * @throws ModelFormatException when the stream fails or holds no model this version can read
     * @throws IllegalArgumentException when there is no such provider, or fewer than one thread
     * @throws ProviderRefusedException when the provider cannot run this model here
     * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
     */
    public final T open(InputStream stream) throws ModelFormatException {
        return read(stream, "The model's stream");
    }

    /**
     * Opens a resource, looked up by {@link Class#getResourceAsStream}: {@code name} is relative to the anchor's package, or with a leading
     * slash to the root of the class path or of the anchor's module. A named module shows this library its root, {@code META-INF} and the
     * packages that it opens to {@code dev.filigree.runtime}.
     *
     * @throws ModelFormatException when there is no such resource, or it is not a model this version can read
     * @throws IllegalArgumentException when there is no such provider, or fewer than one thread
     * @throws ProviderRefusedException when the provider cannot run this model here
     * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
     */
    public final T openResource(Class<?> anchor, String name) throws ModelFormatException {
        String called = "Resource " + name;
        try (InputStream stream = anchor.getResourceAsStream(name)) {
            if (stream == null) {
                throw new ModelFormatException(Refusal.UNREADABLE, called + ": " + anchor.getName() + " finds no such resource; put it "
                        + (name.startsWith("/") ? "there" : "beside that class, or begin the name with a slash")
                        + (anchor.getModule().isNamed()
                        ? ", and let " + anchor.getModule() + " open the package it is in to dev.filigree.runtime." : "."));
            }
            return read(stream, called);
        } catch (ModelFormatException e) {
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException(called + " cannot be closed.", e);
        }
    }

    private void prepare() {
        Thread.ofPlatform().daemon().name("filigree-prepare").start(new Preparation(provider));
    }

    /** What the first model of a JVM needs besides its file, done while that is read. */
    private record Preparation(String provider) implements Runnable {
        @Override
        public void run() {
            Providers.prepare(provider);
            WordPieceTokenizer.prepare();
        }
    }

    private T read(InputStream stream, String name) throws ModelFormatException {
        prepare();
        ModelFile read = ModelFile.read(stream, name);
        return open(read.model(), new Release(Optional.of(read)));
    }

    /**
     * Lays out a model in memory, which the caller keeps valid until what is opened here is closed.
     *
     * @throws IllegalArgumentException when there is no such provider, or fewer than one thread
     * @throws ProviderRefusedException when the provider cannot run this model here
     * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
     */
    public final T open(Model model) {
        return open(model, new Release(Optional.empty()));
    }

    final T open(Model model, Runnable release) {
        RunningModel running;
        try {
            running = run(model, release);
        } catch (RuntimeException | Error e) {
            release.run();
            throw e;
        }
        try {
            return over(running, listener, executor);
        } catch (RuntimeException | Error e) {
            running.close();
            throw e;
        }
    }

    /** Closes the file of a model that lies in one. */
    private record Release(Optional<ModelFile> file) implements Runnable {
        @Override
        public void run() {
            if (file.isPresent()) {
                file.get().close();
            }
        }
    }

    private RunningModel run(Model model, Runnable release) {
        Threads computing = new Threads(threads, executor);
        WordPieceTokenizer tokenizer = new WordPieceTokenizer(model.tokenizer());
        RunningModel running = new RunningModel(model, tokenizer, Providers.load(model, provider, computing), release);
        return verify ? verified(running, computing) : running;
    }

    /**
     * Runs the golden examples. What computes them too roughly gives way to what is more exact.
     */
    static RunningModel verified(RunningModel running, Threads computing) {
        try {
            GoldenCheck.run(new Classifier(running, Optional.empty(), Optional.empty()));
            return running;
        } catch (GoldenExampleException e) {
            running.program().close();
            KernelProvider exact = running.provider().moreExact().orElseThrow(() -> e);
            Log.LOG.warn("{} Provider {}, which is slower and more exact, takes its place.", e.getMessage(), exact.name());
            return verified(running.with(Providers.load(exact, running.model(), computing)), computing);
        } catch (RuntimeException | Error e) {
            running.program().close();
            throw e;
        }
    }
}
