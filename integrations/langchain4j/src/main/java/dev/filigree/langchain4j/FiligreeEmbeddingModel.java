package dev.filigree.langchain4j;

import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TextEmbedding;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.TokenUsage;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Embeds texts with the encoder of a packed model, in the process. Embeddings are {@code [hidden]} and of length 1; the texts of a request
 * are computed together, and one longer than the model's longest sequence is cut. The tokens of a response are counted without
 * {@code [CLS]} and {@code [SEP]}, as LangChain4j's own in-process models count them. Immutable and thread-safe.
 */
public final class FiligreeEmbeddingModel implements EmbeddingModel, AutoCloseable {
    /** {@code [CLS]} and {@code [SEP]}. */
    private static final int SPECIAL_TOKENS = 2;

    private final InProcess<Encoder> inProcess;
    private final List<EmbeddingModelListener> listeners;

    private FiligreeEmbeddingModel(InProcess<Encoder> inProcess, List<EmbeddingModelListener> listeners) {
        this.inProcess = inProcess;
        this.listeners = listeners;
    }

    /** Settings, of which either {@code modelPath} or {@code encoder} is required. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Embeds on the calling thread.
     *
     * @throws dev.filigree.runtime.ClosedEncoderException after {@link #close}
     */
    @Override
    public EmbeddingResponse doEmbed(EmbeddingRequest request) {
        List<TextEmbedding> encoded = inProcess.model().encode(request.inputs().stream().map(EmbeddingInput::text).toList());
        return EmbeddingResponse.builder()
                .embeddings(encoded.stream().map(one -> Embedding.from(one.vector())).toList())
                .modelName(modelName())
                .tokenUsage(new TokenUsage(encoded.stream().mapToInt(one -> one.tokens() - SPECIAL_TOKENS).sum()))
                .build();
    }

    /** Embeds on the builder's executor. Without one the future fails, as LangChain4j has it for models that only block. */
    @Override
    public CompletableFuture<EmbeddingResponse> doEmbedAsync(EmbeddingRequest request) {
        return inProcess.later(() -> doEmbed(request)).orElseGet(() -> EmbeddingModel.super.doEmbedAsync(request));
    }

    @Override
    public List<EmbeddingModelListener> listeners() {
        return listeners;
    }

    /** Numbers in an embedding. */
    @Override
    public int dimension() {
        return inProcess.model().dimensions();
    }

    /** The builder's; otherwise the file's name without {@code .filigree}. */
    @Override
    public String modelName() {
        return inProcess.name();
    }

    /** Waits for the calls in flight, then frees the model. An encoder that the builder was given stays open: it is its owner's. */
    @Override
    public void close() {
        inProcess.close();
    }

    /** Settings of an embedding model. Not thread-safe. */
    public static final class Builder {
        private final InProcess.Builder<Encoder> inProcess = new InProcess.Builder<>("encoder", Encoder::open, Encoder::close);
        private List<EmbeddingModelListener> listeners = List.of();

        private Builder() {}

        /** Opens this packed file with the settings of {@link Encoder#open(Path)}: mean pooling, and the machine's fastest provider. */
        public Builder modelPath(Path modelPath) {
            inProcess.path(modelPath);
            return this;
        }

        /** Takes an encoder that was opened with other settings, or serves others too. Who opened it closes it. */
        public Builder encoder(Encoder encoder) {
            inProcess.model(encoder);
            return this;
        }

        /** What responses and {@link #modelName()} call the model. */
        public Builder modelName(String modelName) {
            inProcess.name(modelName);
            return this;
        }

        /** Where {@code embedAsync} embeds. It is not shut down. */
        public Builder executor(Executor executor) {
            inProcess.executor(executor);
            return this;
        }

        /** Are told of every call. */
        public Builder listeners(List<EmbeddingModelListener> listeners) {
            this.listeners = List.copyOf(listeners);
            return this;
        }

        /** Are told of every call. */
        public Builder listeners(EmbeddingModelListener... listeners) {
            return listeners(List.of(listeners));
        }

        /**
         * Opens the model.
         *
         * @throws IllegalArgumentException when neither a path nor an encoder was given, or both were
         * @throws UncheckedIOException when the file is not a model this version can read
         * @throws dev.filigree.runtime.GoldenExampleException when the model does not give the logits its golden examples ask for
         */
        public FiligreeEmbeddingModel build() {
            return new FiligreeEmbeddingModel(inProcess.build(), listeners);
        }
    }
}
