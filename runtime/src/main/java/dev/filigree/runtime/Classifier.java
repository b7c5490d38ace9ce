package dev.filigree.runtime;

import dev.filigree.format.MappedMemory;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.format.ModelFormatException;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.kernel.Threads;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Classifies texts with one model file. Immutable and thread-safe; {@link #close} waits for calls in flight, and a call after it throws
 * {@link ClosedClassifierException}.
 */
public final class Classifier implements AutoCloseable {
    /**
     * A list of inputs goes through the model in parts, each ended by the input with which it reaches this many tokens, so that working
     * memory does not grow with the list. While a GPU works on one part, the next is tokenized.
     */
    public static final int TOKENS_PER_PASS = 8192;

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

    Classifier(Model model, WordPieceTokenizer tokenizer, Providers.Loaded loaded, Runnable releaseModel) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.provider = loaded.provider();
        this.program = loaded.program();
        this.releaseModel = releaseModel;
    }

    /**
     * Opens a file with the fastest provider of this machine and one thread a call.
     *
     * @throws ModelFormatException when the file is not a model this version can read
     * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
     */
    public static Classifier open(Path file) throws ModelFormatException {
        return builder().open(file);
    }

    /** Settings other than the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Classifies one text.
     *
     * @throws InvalidInputException when the task takes pairs
     */
    public Classification classify(String text) {
        return classify(List.of(TextInput.of(text))).getFirst();
    }

    /**
     * Classifies a pair.
     *
     * @throws InvalidInputException when the task takes single texts
     */
    public Classification classify(String first, String second) {
        return classify(List.of(TextInput.of(first, second))).getFirst();
    }

    /**
     * Classifies several inputs together; the answers are in their order and do not depend on each other.
     *
     * @throws InvalidInputException when the task takes pairs and an input is a single text, or the reverse; then none is classified
     * @throws UncheckedIOException when the model's file has been cut short since it was opened, and the provider reads it still
     */
    public List<Classification> classify(List<TextInput> inputs) {
        List<TextInput> copy = List.copyOf(inputs);
        return whileOpen(() -> run(copy));
    }

    /**
     * Tokenizes inputs for {@link #classifyTokens}; usable after {@link #close} too. Whoever gathers inputs from several callers tokenizes
     * each caller's on its own, so that a bad one is refused alone and batches can be cut by tokens.
     *
     * @throws InvalidInputException when the task takes pairs and an input is a single text, or the reverse
     */
    public List<TokenizedText> tokenize(List<TextInput> inputs) {
        requireKind(inputs);
        return inputs.stream().map(this::encode).toList();
    }

    /**
     * Classifies texts that {@link #tokenize} made; the answers are in their order and do not depend on each other.
     *
     * @throws IllegalArgumentException when a text does not fit the model
     * @throws UncheckedIOException when the model's file has been cut short since it was opened, and the provider reads it still
     */
    public List<Classification> classifyTokens(List<TokenizedText> texts) {
        List<TokenizedText> copy = List.copyOf(texts);
        return whileOpen(() -> passes(copy.size(), copy::get));
    }

    private List<Classification> whileOpen(Supplier<List<Classification>> call) {
        if (closed) {
            throw new ClosedClassifierException();
        }
        inFlight.readLock().lock();
        try {
            if (closed) {
                throw new ClosedClassifierException();
            }
            return MappedMemory.read(call);
        } finally {
            inFlight.readLock().unlock();
        }
    }

    /**
     * Classifies on a thread of the caller's executor. The future fails with what {@link #classify(List)} throws; a call that the executor
     * starts only after {@link #close} fails with {@link ClosedClassifierException}.
     *
     * @throws java.util.concurrent.RejectedExecutionException when the executor does not take the call
     */
    public CompletableFuture<List<Classification>> classifyAsync(List<TextInput> inputs, Executor executor) {
        List<TextInput> copy = List.copyOf(inputs);
        return CompletableFuture.supplyAsync(() -> classify(copy), executor);
    }

    /** What the file says of itself; its matrices are valid until {@link #close}. */
    public Model model() {
        return model;
    }

    /** Name of the provider that runs the model. */
    public String provider() {
        return provider.name();
    }

    /** How far a logit may be from the exact one: so much, or that share of the sequence's largest logit where this is more than one. */
    public double tolerance() {
        return provider.tolerance();
    }

    /** The model's tokenizer; usable after {@link #close} too. */
    public WordPieceTokenizer tokenizer() {
        return tokenizer;
    }

    /** The model as laid out by the provider, for measuring and comparing. {@link #close} closes it and does not wait for its calls. */
    public EncoderProgram program() {
        return program;
    }

    /** Waits for the calls in flight, then frees the model. Closing again does nothing. */
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

    private List<Classification> run(List<TextInput> inputs) {
        requireKind(inputs);
        return passes(inputs.size(), i -> encode(inputs.get(i)));
    }

    /** Classifies so many texts, each asked for once, in as many passes through the model as their tokens need. */
    private List<Classification> passes(int count, IntFunction<TokenizedText> texts) {
        List<Classification> answers = new ArrayList<>(count);
        List<TokenizedText> part = nextPart(count, texts, 0);
        while (!part.isEmpty()) {
            try (EncoderProgram.Pending pending = program.begin(TokenBatch.of(part))) {
                // Tokenized while a device works on the part before.
                List<TokenizedText> following = nextPart(count, texts, answers.size() + part.size());
                addAnswers(part, pending.logits(), answers);
                part = following;
            }
        }
        return answers;
    }

    /** The texts from {@code first} on that go through the model together; none at the end. */
    private static List<TokenizedText> nextPart(int count, IntFunction<TokenizedText> texts, int first) {
        List<TokenizedText> part = new ArrayList<>();
        int tokens = 0;
        for (int i = first; i < count && tokens < TOKENS_PER_PASS; i++) {
            TokenizedText text = texts.apply(i);
            part.add(text);
            tokens += text.ids().length;
        }
        return part;
    }

    private void requireKind(List<TextInput> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            requireKind(inputs, i);
        }
    }

    private void requireKind(List<TextInput> inputs, int index) {
        boolean pair = inputs.get(index).second().isPresent();
        if (pair != model.task().pairs()) {
            throw new InvalidInputException("Input " + (index + 1) + " of " + inputs.size() + " is a "
                    + (pair ? "pair of texts, but task " + model.task().name() + " takes single texts: give one text."
                            : "single text, but task " + model.task().name() + " takes pairs: give two texts."));
        }
    }

    private TokenizedText encode(TextInput input) {
        return input.second().map(second -> tokenizer.encode(input.first(), second)).orElseGet(() -> tokenizer.encode(input.first()));
    }

    private void addAnswers(List<TokenizedText> texts, float[] logits, List<Classification> answers) {
        int labels = logits.length / texts.size();
        for (int i = 0; i < texts.size(); i++) {
            answers.add(Classification.of(model.task(), Arrays.copyOfRange(logits, i * labels, (i + 1) * labels), texts.get(i)));
        }
    }

    /** Settings of a classifier. Not thread-safe. */
    public static final class Builder {
        private String provider = Providers.AUTO;
        private int threads = 1;
        private Optional<Executor> executor = Optional.empty();
        private boolean verify = true;

        private Builder() {}

        /**
         * Forces a provider by name: {@code cuda} for the first GPU, {@code cuda:1} for the second and so on, {@code vector},
         * {@code reference}. {@code auto} (the default) takes the first of them that can run the model on this machine, {@code cpu} the
         * first that needs no GPU.
         */
        public Builder provider(String name) {
            this.provider = name;
            return this;
        }

        /**
         * Threads that one call may compute with on a CPU, the caller's among them; 1 by default. Calls that overlap share them: together
         * they use no more than this, or one each where the calls are more. Those beside the callers' are daemon threads of the classifier
         * unless {@link #executor} says otherwise.
         */
        public Builder threads(int threads) {
            this.threads = threads;
            return this;
        }

        /**
         * Takes the threads beside the callers' from here, at most {@code threads - 1} tasks at a time, which last as long as the calls
         * that they help and some microseconds more. No call depends on them: where the executor is busy, refuses tasks or runs them in
         * the caller, calls are computed with fewer threads. It may serve several classifiers, may be the executor that makes the calls
         * and may run virtual threads; it is not shut down. One that silently discards a task is not asked again.
         */
        public Builder executor(Executor executor) {
            this.executor = Optional.of(executor);
            return this;
        }

        /**
         * Whether the golden examples are run at open, on by default: each logit must be within {@link Classifier#tolerance} of the
         * expected one.
         */
        public Builder verify(boolean verify) {
            this.verify = verify;
            return this;
        }

        /**
         * Opens a file, checks it and lays the model out.
         *
         * @throws ModelFormatException when the file is not a model this version can read
         * @throws IllegalArgumentException when there is no such provider, or fewer than one thread
         * @throws ProviderRefusedException when the provider cannot run this model here
         * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
         */
        public Classifier open(Path file) throws ModelFormatException {
            ModelFile opened = ModelFile.open(file);
            try {
                return open(opened.model(), opened::close);
            } catch (UncheckedIOException e) {
                if (e.getCause() instanceof ModelFormatException refused) {
                    throw new ModelFormatException(
                            refused.refusal(), file + ": the file was cut short while it was being loaded; put it back and open it again.");
                }
                throw e;
            }
        }

        /**
         * Lays out a model in memory, which the caller keeps valid until the classifier is closed.
         *
         * @throws IllegalArgumentException when there is no such provider, or fewer than one thread
         * @throws ProviderRefusedException when the provider cannot run this model here
         * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
         */
        public Classifier open(Model model) {
            return open(model, () -> { });
        }

        Classifier open(Model model, Runnable releaseModel) {
            Classifier classifier = null;
            try {
                if (threads < 1) {
                    throw new IllegalArgumentException("A classifier needs at least one thread, not " + threads + ".");
                }
                WordPieceTokenizer tokenizer = new WordPieceTokenizer(model.tokenizer());
                Providers.Loaded loaded = Providers.load(model, provider, new Threads(threads, executor));
                classifier = new Classifier(model, tokenizer, loaded, releaseModel);
                if (verify) {
                    GoldenCheck.run(classifier);
                }
                return classifier;
            } catch (RuntimeException | Error e) {
                if (classifier == null) {
                    releaseModel.run();
                } else {
                    classifier.close();
                }
                throw e;
            }
        }
    }
}
