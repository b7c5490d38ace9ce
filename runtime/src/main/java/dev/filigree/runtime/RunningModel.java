package dev.filigree.runtime;

import dev.filigree.format.MappedMemory;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** A model that is ready to run, and the calls in flight on it. Thread-safe; {@link #close} waits for them. */
final class RunningModel implements AutoCloseable {
    private final Model model;
    private final WordPieceTokenizer tokenizer;
    private final KernelProvider provider;
    private final EncoderProgram program;
    private final Runnable releaseModel;
    /** Calls hold the read lock, closing takes the write lock. */
    private final ReadWriteLock inFlight = new ReentrantReadWriteLock();
    private volatile boolean closed;
    /** Guarded by the write lock. */
    private boolean released;

    RunningModel(Model model, WordPieceTokenizer tokenizer, Providers.Loaded loaded, Runnable releaseModel) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.provider = loaded.provider();
        this.program = loaded.program();
        this.releaseModel = releaseModel;
    }

    /** The same model run by another program, in place of this one. */
    RunningModel with(Providers.Loaded loaded) {
        return new RunningModel(model, tokenizer, loaded, releaseModel);
    }

    Model model() {
        return model;
    }

    WordPieceTokenizer tokenizer() {
        return tokenizer;
    }

    KernelProvider provider() {
        return provider;
    }

    EncoderProgram program() {
        return program;
    }

    /** Makes a call with the program, which is not closed meanwhile. */
    <T> List<T> whileOpen(Passes<T> passes, CallWatch watch) {
        if (closed) {
            throw passes.closed();
        }
        inFlight.readLock().lock();
        try {
            if (closed) {
                throw passes.closed();
            }
            return passes.run(watch);
        } catch (InternalError e) {
            throw MappedMemory.lost(e);
        } finally {
            inFlight.readLock().unlock();
        }
    }

    @Override
    public void close() {
        closed = true;
        inFlight.writeLock().lock();
        try {
            if (!released) {
                released = true;
                program.close();
                releaseModel.run();
            }
        } finally {
            inFlight.writeLock().unlock();
        }
    }
}
