package dev.filigree.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.runtime.ClosedEncoderException;
import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TinyModels;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.AsyncNotSupportedException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.embedding.listener.EmbeddingModelErrorContext;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.listener.EmbeddingModelRequestContext;
import dev.langchain4j.model.embedding.listener.EmbeddingModelResponseContext;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.output.Response;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FiligreeEmbeddingModelTest {
    private static final List<TextSegment> SEGMENTS = PackedFiles.TEXTS.stream().map(TextSegment::from).toList();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void pack() {
        file = PackedFiles.write(TinyModels.SIMILARITY, folder);
    }

    private static List<Embedding> embeddings(Encoder encoder) {
        return encoder.embed(PackedFiles.TEXTS).stream().map(Embedding::from).toList();
    }

    @Test
    void embeddingsAreTheEncodersToTheBit() throws Exception {
        try (FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(file).build();
                Encoder encoder = Encoder.open(file)) {
            assertThat(model.embed("good").content().vector()).isEqualTo(encoder.embed("good"));
            assertThat(model.embedAll(SEGMENTS).content()).isEqualTo(embeddings(encoder));
            assertThat(model.embedAll(List.of()).content()).isEmpty();
            assertThat(model.dimension()).isEqualTo(encoder.dimensions());
        }
    }

    @Test
    void tokensAreCountedWithoutSpecialOnes() {
        try (FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(file).build()) {
            assertThat(model.embed("not good").tokenUsage().inputTokenCount()).isEqualTo(2);
            Response<List<Embedding>> both = model.embedAll(List.of(TextSegment.from("not good"), TextSegment.from("bad!")));
            assertThat(both.tokenUsage().totalTokenCount()).isEqualTo(4);
        }
    }

    @Test
    void theNameIsTheFilesOrTheBuilders() {
        try (FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(file).build()) {
            assertThat(model.modelName()).isEqualTo("similarity");
            assertThat(model.embed(EmbeddingRequest.builder().textSegments(SEGMENTS).build()).modelName()).isEqualTo("similarity");
        }
        try (FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(file).modelName("mine").build()) {
            assertThat(model.modelName()).isEqualTo("mine");
        }
    }

    @Test
    void anEncoderThatWasGivenStaysOpenAndOneOfItsOwnIsClosed() throws Exception {
        try (Encoder encoder = Encoder.builder().pooling(Encoder.Pooling.CLS).open(file)) {
            FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().encoder(encoder).build();
            assertThat(model.embed("good").content().vector()).isEqualTo(encoder.embed("good"));
            model.close();
            assertThat(encoder.embed("good")).hasSize(encoder.dimensions());
        }
        FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(file).build();
        model.close();
        model.close();
        assertThatThrownBy(() -> model.embed("good")).isInstanceOf(ClosedEncoderException.class);
    }

    @Test
    void listenersAreToldOfEveryCall() {
        List<String> told = new ArrayList<>();
        EmbeddingModelListener listener = new EmbeddingModelListener() {
            @Override
            public void onRequest(EmbeddingModelRequestContext context) {
                told.add("request of " + context.textSegments().size());
            }

            @Override
            public void onResponse(EmbeddingModelResponseContext context) {
                told.add("response with " + context.embeddingResponse().tokenUsage().inputTokenCount() + " tokens");
            }

            @Override
            public void onError(EmbeddingModelErrorContext context) {
                told.add(context.error().getMessage());
            }
        };
        FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(file).listeners(listener).build();
        model.embed("not good");
        model.close();
        assertThatThrownBy(() -> model.embed("good")).isInstanceOf(ClosedEncoderException.class);
        assertThat(told).containsExactly("request of 1", "response with 2 tokens", "request of 1", "This encoder is closed.");
    }

    @Test
    void asynchronousCallsRunOnTheExecutorAndOnNoOther() throws Exception {
        EmbeddingRequest request = EmbeddingRequest.builder().textSegments(SEGMENTS).build();
        try (ExecutorService threads = Executors.newSingleThreadExecutor();
                FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(file).executor(threads).build();
                Encoder encoder = Encoder.open(file)) {
            assertThat(model.embedAsync(request).get().embeddings()).isEqualTo(embeddings(encoder));
        }
        try (FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(file).build()) {
            assertThat(model.embedAsync(request)).failsWithin(Duration.ZERO).withThrowableThat()
                    .withCauseInstanceOf(AsyncNotSupportedException.class);
        }
    }

    @Test
    void threadsShareIt() throws Exception {
        try (FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(file).build();
                Encoder encoder = Encoder.open(file)) {
            List<Embedding> expected = embeddings(encoder);
            PackedFiles.together(() -> {
                for (int round = 0; round < 50; round++) {
                    assertThat(model.embedAll(SEGMENTS).content()).isEqualTo(expected);
                }
                return null;
            });
        }
    }

    @Test
    void whatItCannotDoIsRefused() {
        try (FiligreeEmbeddingModel model = FiligreeEmbeddingModel.builder().modelPath(file).build()) {
            EmbeddingRequest shorter = EmbeddingRequest.builder().textSegments(SEGMENTS)
                    .parameters(EmbeddingRequestParameters.builder().dimensions(3).build()).build();
            assertThatThrownBy(() -> model.embed(shorter)).isInstanceOf(UnsupportedFeatureException.class);
        }
    }

    @Test
    void aModelComesFromOnePlace() throws Exception {
        assertThatThrownBy(() -> FiligreeEmbeddingModel.builder().build()).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A model comes from one place: give the builder either modelPath or encoder.");
        try (Encoder encoder = Encoder.open(file)) {
            assertThatThrownBy(() -> FiligreeEmbeddingModel.builder().modelPath(file).encoder(encoder).build())
                    .isInstanceOf(IllegalArgumentException.class).hasMessageEndingWith("either modelPath or encoder, not both.");
        }
        Path absent = folder.resolve("absent.filigree");
        assertThatThrownBy(() -> FiligreeEmbeddingModel.builder().modelPath(absent).build()).isInstanceOf(UncheckedIOException.class)
                .hasMessage(absent + ": there is no such file.");
    }
}
