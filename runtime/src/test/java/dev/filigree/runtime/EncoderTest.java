package dev.filigree.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.reference.ReferenceProvider;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EncoderTest {
    /** Its task takes pairs and it has a pooler, neither of which matters to an encoder. */
    private static final Model MODEL = TinyModels.of(TinyModels.SIMILARITY, dev.filigree.format.Pooling.POOLER, 5);
    private static final List<String> TEXTS = List.of("Not bad!", "", "good, good, not bad", "bad");

    @ParameterizedTest
    @CsvSource({"auto, MEAN", "auto, CLS", "vector, MEAN", "vector, CLS", "reference, MEAN", "reference, CLS"})
    void embedsTheTokensPooledAndNormalised(String provider, Encoder.Pooling pooling) {
        try (Encoder encoder = Encoder.builder().provider(provider).threads(2).pooling(pooling).open(MODEL)) {
            assertThat(encoder.dimensions()).isEqualTo(16);
            List<float[]> embeddings = encoder.embed(TEXTS);
            assertThat(embeddings).hasSize(TEXTS.size());
            for (int i = 0; i < TEXTS.size(); i++) {
                assertThat(embeddings.get(i)).containsExactly(expected(TEXTS.get(i), pooling), within(1e-4f));
                assertThat(encoder.embed(TEXTS.get(i))).isEqualTo(embeddings.get(i));
            }
        }
    }

    /** From the definition, on the oracle's hidden states. */
    private static float[] expected(String text, Encoder.Pooling pooling) {
        TokenizedText tokens = new WordPieceTokenizer(MODEL.tokenizer()).encode(text);
        int counted = pooling == Encoder.Pooling.CLS ? 1 : tokens.ids().length;
        double[] sums = new double[MODEL.shape().hidden()];
        try (EncoderProgram program = new ReferenceProvider().load(MODEL, 1)) {
            float[] states = program.hiddenStates(TokenBatch.of(List.of(tokens)));
            for (int i = 0; i < counted * sums.length; i++) {
                sums[i % sums.length] += states[i];
            }
        }
        double length = Math.sqrt(IntStream.range(0, sums.length).mapToDouble(i -> sums[i] * sums[i]).sum());
        float[] embedding = new float[sums.length];
        for (int i = 0; i < embedding.length; i++) {
            embedding[i] = (float) (sums[i] / length);
        }
        return embedding;
    }

    @Test
    void aLongListIsEmbeddedInItsOrder() {
        List<String> texts = IntStream.range(0, 1_500).mapToObj(i -> "good " + "bad ".repeat(i % 37) + i).toList();
        try (Encoder encoder = Encoder.builder().open(MODEL)) {
            List<float[]> embeddings = encoder.embed(texts);
            assertThat(embeddings).hasSize(texts.size());
            for (int i = 0; i < texts.size(); i += 113) {
                assertThat(embeddings.get(i)).isEqualTo(encoder.embed(texts.get(i)));
            }
            assertThat(encoder.embed(List.of())).isEmpty();
        }
    }

    @Test
    void tokensAreCountedAsTheyWereEmbedded() {
        List<String> texts = List.of("", "not good", "good ".repeat(100));
        try (Encoder encoder = Encoder.builder().open(MODEL)) {
            List<TextEmbedding> encoded = encoder.encode(texts);
            assertThat(encoded).extracting(TextEmbedding::tokens).containsExactly(2, 4, MODEL.tokenizer().maxTokens());
            assertThat(encoded).extracting(TextEmbedding::truncated).containsExactly(false, false, true);
            assertThat(encoded.stream().map(TextEmbedding::vector).toArray(float[][]::new))
                    .isDeepEqualTo(encoder.embed(texts).toArray(float[][]::new));
        }
    }

    @Test
    void aVectorWithoutADirectionStaysZero() {
        assertThat(Encoder.normalised(new float[] {9, 0, 0, 9}, 1, 2)).containsExactly(0, 0);
        assertThat(Encoder.normalised(new float[] {9, 3, -4}, 1, 2)).containsExactly(new float[] {0.6f, -0.8f}, within(1e-6f));
        // Their squares are beyond fp32, above and below.
        assertThat(Encoder.normalised(new float[] {3e30f, 4e30f}, 0, 2)).containsExactly(new float[] {0.6f, 0.8f}, within(1e-6f));
        assertThat(Encoder.normalised(new float[] {3e-30f, 4e-30f}, 0, 2)).containsExactly(new float[] {0.6f, 0.8f}, within(1e-6f));
    }

    @Test
    void asynchronousCallsRunOnTheCallersExecutorOrTheBuilders() {
        List<Runnable> callers = new ArrayList<>();
        List<Runnable> builders = new ArrayList<>();
        try (Encoder encoder = Encoder.builder().executor(builders::add).open(MODEL); Encoder without = Encoder.builder().open(MODEL)) {
            var first = encoder.embedAsync(TEXTS, callers::add);
            var second = encoder.embedAsync(TEXTS);
            assertThat(callers).hasSize(1);
            assertThat(builders).hasSize(1);
            callers.forEach(Runnable::run);
            assertThat(first).isDone();
            assertThat(second).isNotDone();
            builders.forEach(Runnable::run);
            assertThat(first.join().get(2)).isEqualTo(second.join().get(2)).isEqualTo(encoder.embed(TEXTS.get(2)));
            assertThatThrownBy(() -> without.embedAsync(TEXTS))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("There is no executor for asynchronous calls");
        }
    }

    @Test
    void useAfterCloseIsRefused() {
        Encoder encoder = Encoder.builder().executor(Runnable::run).open(MODEL);
        encoder.close();
        encoder.close();
        assertThatThrownBy(() -> encoder.embed("good")).isInstanceOf(ClosedEncoderException.class);
        assertThatThrownBy(() -> encoder.embed(TEXTS)).isInstanceOf(ClosedEncoderException.class);
        assertThatThrownBy(() -> encoder.embedAsync(TEXTS).join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(ClosedEncoderException.class);
    }
}
