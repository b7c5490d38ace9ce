package dev.filigree.runtime;

import dev.filigree.format.MappedMemory;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;

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

    /**
     * Does something with the program, which is not closed meanwhile.
     *
     * @param whenClosed what is thrown after {@link #close}
     */
    <T> T whileOpen(Supplier<T> call, Supplier<? extends RuntimeException> whenClosed) {
        if (closed) {
            throw whenClosed.get();
        }
        inFlight.readLock().lock();
        try {
            if (closed) {
                throw whenClosed.get();
            }
            return MappedMemory.read(call);
        } finally {
            inFlight.readLock().unlock();
        }
    }

    /** What becomes of the outputs for some texts. */
    interface Answers<T> {
        /**
         * Adds an answer for each text.
         *
         * @param outputs row-major {@code [texts, width]}
         */
        void add(List<TokenizedText> texts, float[] outputs, List<T> answers);
    }

    /**
     * Sends so many texts, each asked for once, through the program, in as many passes as their tokens need.
     *
     * @param begin sends a pass
     */
    static <T> List<T> passes(
            int count, IntFunction<TokenizedText> texts, Function<TokenBatch, EncoderProgram.Pending> begin, Answers<T> take,
            CallWatch watch) {
        List<T> answers = new ArrayList<>(count);
        List<TokenizedText> part = nextPart(count, texts, 0, watch);
        while (!part.isEmpty()) {
            try (EncoderProgram.Pending pending = begin.apply(TokenBatch.of(part))) {
                watch.computed();
                // Tokenized while a device works on the part before.
                List<TokenizedText> following = nextPart(count, texts, answers.size() + part.size(), watch);
                take.add(part, pending.outputs(), answers);
                part = following;
            }
            watch.computed();
        }
        return answers;
    }

    /** The texts from {@code first} on that go through the model together; none at the end. */
    private static List<TokenizedText> nextPart(int count, IntFunction<TokenizedText> texts, int first, CallWatch watch) {
        List<TokenizedText> part = new ArrayList<>();
        int tokens = 0;
        for (int i = first; i < count && tokens < Classifier.TOKENS_PER_PASS; i++) {
            TokenizedText text = texts.apply(i);
            part.add(text);
            tokens += text.ids().length;
        }
        watch.tokenized(part);
        return part;
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
