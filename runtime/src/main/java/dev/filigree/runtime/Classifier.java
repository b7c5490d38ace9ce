package dev.filigree.runtime;

import dev.filigree.format.Model;
import dev.filigree.format.ModelFormatException;
import dev.filigree.format.Task;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Classifies texts with one model file. Immutable and thread-safe; {@link #close} waits for calls in flight, and a call after it throws
 * {@link ClosedClassifierException}. An interrupt does not reach a call: it answers, and the thread stays interrupted.
 */
public final class Classifier implements AutoCloseable {
    /**
     * A list of inputs goes through the model in parts, each ended by the input with which it reaches this many tokens, so that working
     * memory does not grow with the list. While a GPU works on one part, the next is tokenized.
     */
    public static final int TOKENS_PER_PASS = 8192;

    private final RunningModel running;
    private final Calls calls;

    Classifier(RunningModel running, Optional<ClassifierListener> listener, Optional<Executor> executor) {
        this.running = running;
        this.calls = new Calls(running, listener, executor);
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

    /**
     * The same for a file that comes as a stream, which is read to its end and not closed.
     *
     * @throws ModelFormatException when the stream fails or holds no model this version can read
     * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
     */
    public static Classifier open(InputStream stream) throws ModelFormatException {
        return builder().open(stream);
    }

    /**
     * The same for a resource, as {@link Builder#openResource} finds it.
     *
     * @throws ModelFormatException when there is no such resource, or it is not a model this version can read
     * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
     */
    public static Classifier openResource(Class<?> anchor, String name) throws ModelFormatException {
        return builder().openResource(anchor, name);
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
        return calls.make(new Texts(copy));
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
        return calls.make(new Tokens(copy));
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

    /**
     * The same on the executor that the builder was given.
     *
     * @throws IllegalStateException when it was given none
     * @throws java.util.concurrent.RejectedExecutionException when the executor does not take the call
     */
    public CompletableFuture<List<Classification>> classifyAsync(List<TextInput> inputs) {
        List<TextInput> copy = List.copyOf(inputs);
        return calls.makeLater(() -> classify(copy));
    }

    /** What the file says of itself; its matrices are valid until {@link #close}. */
    public Model model() {
        return running.model();
    }

    /** Name of the provider that runs the model. */
    public String provider() {
        return running.provider().name();
    }

    /**
     * How far a logit may be from the exact one: so much, or that share of the sequence's largest logit where this is more than one; of a
     * regression as {@link GoldenCheck#gap(Model, float[], float[])} says. Where activations are rounded to 8 bits, a few texts may be off
     * by more, and {@link GoldenCheck#judged} tells what counts.
     */
    public double tolerance() {
        return running.provider().tolerance();
    }

    boolean roundsActivations() {
        return running.provider().roundsActivations();
    }

    /** The model's tokenizer; usable after {@link #close} too. */
    public WordPieceTokenizer tokenizer() {
        return running.tokenizer();
    }

    /** The model as laid out by the provider, for measuring and comparing. {@link #close} closes it and does not wait for its calls. */
    public EncoderProgram program() {
        return running.program();
    }

    /** Waits for the calls in flight, then frees the model. Closing again does nothing. */
    @Override
    public void close() {
        running.close();
    }

    /** A call that classifies. */
    private abstract class Classifying extends Passes<Classification> {
        Classifying(int count) {
            super(count);
        }

        @Override
        RuntimeException closed() {
            return new ClosedClassifierException();
        }

        @Override
        EncoderProgram.Pending begin(TokenBatch batch) {
            return program().begin(batch);
        }

        @Override
        void add(List<TokenizedText> texts, float[] logits, List<Classification> answers) {
            int labels = logits.length / texts.size();
            for (int i = 0; i < texts.size(); i++) {
                answers.add(Classification.of(model().task(), Arrays.copyOfRange(logits, i * labels, (i + 1) * labels), texts.get(i)));
            }
        }
    }

    private final class Texts extends Classifying {
        private final List<TextInput> inputs;

        Texts(List<TextInput> inputs) {
            super(inputs.size());
            this.inputs = inputs;
        }

        @Override
        void check() {
            requireKind(inputs);
        }

        @Override
        TokenizedText text(int index) {
            return encode(inputs.get(index));
        }
    }

    private final class Tokens extends Classifying {
        private final List<TokenizedText> texts;

        Tokens(List<TokenizedText> texts) {
            super(texts.size());
            this.texts = texts;
        }

        @Override
        TokenizedText text(int index) {
            return texts.get(index);
        }
    }

    private void requireKind(List<TextInput> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            requireKind(inputs, i);
        }
    }

    private void requireKind(List<TextInput> inputs, int index) {
        boolean pair = inputs.get(index).second().isPresent();
        Task task = model().task();
        if (pair != task.pairs()) {
            throw new InvalidInputException("Input " + (index + 1) + " of " + inputs.size() + " is a "
                    + (pair ? "pair of texts, but task " + task.name() + " takes single texts: give one text."
                            : "single text, but task " + task.name() + " takes pairs: give two texts."));
        }
    }

    private TokenizedText encode(TextInput input) {
        return input.second().isPresent()
                ? tokenizer().encode(input.first(), input.second().get())
                : tokenizer().encode(input.first());
    }

    /** Settings of a classifier. Not thread-safe. */
    public static final class Builder extends ModelBuilder<Classifier, Builder> {
        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        @Override
        Classifier over(RunningModel model, Optional<ClassifierListener> listener, Optional<Executor> executor) {
            return new Classifier(model, listener, executor);
        }
    }
}
