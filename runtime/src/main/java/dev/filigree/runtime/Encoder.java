package dev.filigree.runtime;

import dev.filigree.format.Model;
import dev.filigree.format.ModelFormatException;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Sentence embeddings by one model file's encoder: single texts, whatever task the file's classifier is for. Embeddings have the length 1,
 * so that their scalar product is their cosine similarity. Immutable and thread-safe; {@link #close} waits for calls in flight, and a call
 * after it throws {@link ClosedEncoderException}. An interrupt does not reach a call: it answers, and the thread stays interrupted.
 */
public final class Encoder implements AutoCloseable {
    /** How the last hidden states of a text, {@code [tokens, hidden]}, become one vector. */
    public enum Pooling {
        /** The mean over all tokens, special tokens included: what Sentence Transformers models such as MiniLM are trained for. */
        MEAN,
        /** The first token's: what BGE is trained for. */
        CLS
    }

    private final RunningModel running;
    private final Calls calls;
    private final Pooling pooling;

    private Encoder(RunningModel running, Calls calls, Pooling pooling) {
        this.running = running;
        this.calls = calls;
        this.pooling = pooling;
    }

    /**
     * Opens a file with mean pooling, the fastest provider of this machine and one thread a call.
     *
     * @throws ModelFormatException when the file is not a model this version can read
     * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
     */
    public static Encoder open(Path file) throws ModelFormatException {
        return builder().open(file);
    }

    /**
     * The same for a file that comes as a stream, which is read to its end and not closed.
     *
     * @throws ModelFormatException when the stream fails or holds no model this version can read
     * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
     */
    public static Encoder open(InputStream stream) throws ModelFormatException {
        return builder().open(stream);
    }

    /**
     * The same for a resource, as {@link Builder#openResource} finds it.
     *
     * @throws ModelFormatException when there is no such resource, or it is not a model this version can read
     * @throws GoldenExampleException when the model does not give the logits its golden examples ask for
     */
    public static Encoder openResource(Class<?> anchor, String name) throws ModelFormatException {
        return builder().openResource(anchor, name);
    }

    /** Settings other than the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** The embedding of one text, {@code [hidden]}. */
    public float[] embed(String text) {
        return embed(List.of(text)).getFirst();
    }

    /**
     * The embeddings of several texts, each {@code [hidden]}, in their order; they do not depend on each other. A text longer than the
     * model's longest sequence is cut.
     *
     * @throws UncheckedIOException when the model's file has been cut short since it was opened, and the provider reads it still
     */
    public List<float[]> embed(List<String> texts) {
        List<float[]> embeddings = new ArrayList<>(texts.size());
        for (TextEmbedding encoded : encode(texts)) {
            embeddings.add(encoded.vector());
        }
        return embeddings;
    }

    /**
     * The same embeddings, each with the number of its text's tokens and whether the text was cut.
     *
     * @throws UncheckedIOException when the model's file has been cut short since it was opened, and the provider reads it still
     */
    public List<TextEmbedding> encode(List<String> texts) {
        return calls.make(new Embedding(List.copyOf(texts)));
    }

    /**
     * Embeds on a thread of the caller's executor. The future fails with what {@link #embed(List)} throws; a call that the executor starts
     * only after {@link #close} fails with {@link ClosedEncoderException}.
     *
     * @throws java.util.concurrent.RejectedExecutionException when the executor does not take the call
     */
    public CompletableFuture<List<float[]>> embedAsync(List<String> texts, Executor executor) {
        List<String> copy = List.copyOf(texts);
        return CompletableFuture.supplyAsync(() -> embed(copy), executor);
    }

    /**
     * The same on the executor that the builder was given.
     *
     * @throws IllegalStateException when it was given none
     * @throws java.util.concurrent.RejectedExecutionException when the executor does not take the call
     */
    public CompletableFuture<List<float[]>> embedAsync(List<String> texts) {
        List<String> copy = List.copyOf(texts);
        return calls.makeLater(() -> embed(copy));
    }

    /** Numbers in an embedding: the encoder's hidden width. */
    public int dimensions() {
        return running.model().shape().hidden();
    }

    /** What the file says of itself; its matrices are valid until {@link #close}. */
    public Model model() {
        return running.model();
    }

    /** Name of the provider that runs the model. */
    public String provider() {
        return running.provider().name();
    }

    /** The model's tokenizer; usable after {@link #close} too. */
    public WordPieceTokenizer tokenizer() {
        return running.tokenizer();
    }

    /** Waits for the calls in flight, then frees the model. Closing again does nothing. */
    @Override
    public void close() {
        running.close();
    }

    /** A call that embeds. */
    private final class Embedding extends Passes<TextEmbedding> {
        private final List<String> texts;

        Embedding(List<String> texts) {
            super(texts.size());
            this.texts = texts;
        }

        @Override
        RuntimeException closed() {
            return new ClosedEncoderException();
        }

        @Override
        TokenizedText text(int index) {
            return running.tokenizer().encode(texts.get(index));
        }

        @Override
        EncoderProgram.Pending begin(TokenBatch batch) {
            return () -> running.program().pooled(batch, pooling == Pooling.CLS);
        }

        @Override
        void add(List<TokenizedText> part, float[] pooled, List<TextEmbedding> embeddings) {
            int hidden = pooled.length / part.size();
            for (int i = 0; i < part.size(); i++) {
                TokenizedText text = part.get(i);
                embeddings.add(new TextEmbedding(normalised(pooled, i * hidden, hidden), text.ids().length, text.truncated()));
            }
        }
    }

    /** A vector's direction; zeros where it has none. */
    static float[] normalised(float[] values, int from, int length) {
        double squares = 0;
        for (int i = from; i < from + length; i++) {
            squares += (double) values[i] * values[i];
        }
        double scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
        float[] direction = new float[length];
        for (int i = 0; i < length; i++) {
            direction[i] = (float) (values[from + i] * scale);
        }
        return direction;
    }

    /** Settings of an encoder. Not thread-safe. */
    public static final class Builder extends ModelBuilder<Encoder, Builder> {
        private Pooling pooling = Pooling.MEAN;

        private Builder() {}

        /** How hidden states become one vector; the mean unless told otherwise. It should be what the encoder was trained for. */
        public Builder pooling(Pooling pooling) {
            this.pooling = Objects.requireNonNull(pooling, "pooling");
            return this;
        }

        @Override
        Builder self() {
            return this;
        }

        @Override
        Encoder over(RunningModel model, Optional<ClassifierListener> listener, Optional<Executor> executor) {
            return new Encoder(model, new Calls(model, listener, executor), pooling);
        }
    }
}
