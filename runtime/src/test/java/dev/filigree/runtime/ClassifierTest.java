package dev.filigree.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.GoldenExample;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFormatException;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import dev.filigree.format.Refusal;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClassifierTest {
    private static final Model SENTIMENT = TinyModels.of(TinyModels.SENTIMENT, Pooling.MEAN, 3);
    private static final Model ENTAILMENT = TinyModels.of(TinyModels.ENTAILMENT, Pooling.CLS, 4);
    private static final Model SIMILARITY = TinyModels.of(TinyModels.SIMILARITY, Pooling.POOLER, 5);

    @ParameterizedTest
    @ValueSource(strings = {"auto", "vector", "reference"})
    void aTextGetsALabelAndProbabilities(String provider) {
        try (Classifier classifier = Classifier.builder().provider(provider).threads(2).open(SENTIMENT)) {
            Classification answer = classifier.classify("Not bad!");
            assertThat(answer.labels()).containsExactly("negative", "positive");
            assertThat(answer.scores()[0] + answer.scores()[1]).isEqualTo(1, within(1e-6f));
            assertThat(answer.scores()[1] / answer.scores()[0])
                    .isEqualTo((float) Math.exp(answer.logits()[1] - answer.logits()[0]), within(1e-4f));
            int best = answer.logits()[1] > answer.logits()[0] ? 1 : 0;
            assertThat(answer.label()).isEqualTo(answer.labels().get(best));
            assertThat(answer.score()).isEqualTo(answer.scores()[best]);
            assertThat(answer.tokens()).isEqualTo(5);
            assertThat(answer.truncated()).isFalse();
        }
    }

    @Test
    void anAnswerIsToldWithItsNumbers() {
        Classification answer = new Classification(
                "good", 0.75f, List.of("bad", "good"), new float[] {0.25f, 0.75f}, new float[] {-1, 0.5f}, 3, true);
        assertThat(answer).hasToString("Classification[label=good, score=0.75, labels=[bad, good], scores=[0.25, 0.75],"
                + " logits=[-1.0, 0.5], tokens=3, truncated=true]");
    }

    @Test
    void textsAreNotNull() {
        assertThatThrownBy(() -> TextInput.of(null)).isInstanceOf(NullPointerException.class).hasMessage("first");
        assertThatThrownBy(() -> TextInput.of("good", null)).isInstanceOf(NullPointerException.class).hasMessage("second");
    }

    @Test
    void aRegressionGivesTheValue() {
        try (Classifier classifier = Classifier.builder().open(SIMILARITY)) {
            Classification answer = classifier.classify("good", "bad");
            assertThat(answer.label()).isEqualTo("similarity");
            assertThat(answer.score()).isEqualTo(answer.logits()[0]);
            assertThat(answer.scores()).containsExactly(answer.logits()[0]);
        }
    }

    @ParameterizedTest
    @EnumSource(Pooling.class)
    void providersAgree(Pooling pooling) {
        Model model = TinyModels.of(TinyModels.ENTAILMENT, pooling, 6);
        try (Classifier fast = Classifier.builder().provider("vector").open(model);
                Classifier reference = Classifier.builder().provider("reference").open(model)) {
            assertThat(fast.classify("good, not bad", "good").logits())
                    .containsExactly(reference.classify("good, not bad", "good").logits(), within(1e-4f));
        }
    }

    @Test
    void longTextsAreTruncatedAndSaySo() {
        try (Classifier classifier = Classifier.builder().open(SENTIMENT)) {
            Classification answer = classifier.classify("good ".repeat(100));
            assertThat(answer.tokens()).isEqualTo(TinyModels.MAX_TOKENS);
            assertThat(answer.truncated()).isTrue();
        }
    }

    @Test
    void aLongListIsAnsweredInItsOrderAndAsEachAlone() {
        List<TextInput> inputs = IntStream.range(0, 3_000).mapToObj(i -> TextInput.of("good " + "bad ".repeat(i % 37) + i)).toList();
        try (Classifier classifier = Classifier.builder().open(SENTIMENT)) {
            assertThat(inputs.stream().mapToInt(input -> classifier.tokenizer().encode(input.first()).ids().length).sum())
                    .isGreaterThan(3 * Classifier.TOKENS_PER_PASS);
            List<Classification> answers = classifier.classify(inputs);
            assertThat(answers).hasSize(inputs.size());
            for (int i = 0; i < inputs.size(); i += 113) {
                assertThat(answers.get(i).logits())
                        .containsExactly(classifier.classify(inputs.get(i).first()).logits(), within(1e-5f));
            }
            assertThat(classifier.classify(List.of())).isEmpty();
        }
    }

    @Test
    void tokensAreAnsweredAsTheirTexts() {
        List<TextInput> inputs = List.of(TextInput.of("a good film"), TextInput.of(""), TextInput.of("bad"));
        try (Classifier classifier = Classifier.builder().open(SENTIMENT)) {
            List<TokenizedText> texts = inputs.stream().flatMap(input -> classifier.tokenize(List.of(input)).stream()).toList();
            List<Classification> expected = classifier.classify(inputs);
            List<Classification> answers = classifier.classifyTokens(texts);
            for (int i = 0; i < inputs.size(); i++) {
                assertThat(answers.get(i).logits()).isEqualTo(expected.get(i).logits());
            }
            for (int types : new int[] {1, 3}) {
                TokenizedText uneven = new TokenizedText(new int[2], new int[types], false);
                assertThatThrownBy(() -> classifier.classifyTokens(List.of(texts.getFirst(), uneven)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("Text 1 has 2 token ids and " + types + " token types: it must have a type for each id.");
            }
            assertThatThrownBy(() -> classifier.classifyTokens(List.of(new TokenizedText(new int[] {1 << 20}, new int[1], false))))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> classifier.tokenize(List.of(TextInput.of("a", "pair")))).isInstanceOf(InvalidInputException.class);
        }
    }

    @Test
    void inputsOfTheWrongKindAreRefused() {
        try (Classifier single = Classifier.builder().open(SENTIMENT); Classifier pairs = Classifier.builder().open(ENTAILMENT)) {
            assertThatThrownBy(() -> single.classify(List.of(TextInput.of("good"), TextInput.of("good", "bad"))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Input 2 of 2 is a pair of texts, but task sentiment takes single texts: give one text.");
            assertThatThrownBy(() -> pairs.classify("good"))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Input 1 of 1 is a single text, but task entailment takes pairs: give two texts.");
        }
    }

    @Test
    void goldenExamplesAreRunAtOpen() {
        List<GoldenExample> examples = new ArrayList<>();
        try (Classifier classifier = Classifier.builder().provider("reference").open(ENTAILMENT)) {
            examples.add(new GoldenExample("good", Optional.of("bad"), classifier.classify("good", "bad").logits()));
            examples.add(new GoldenExample("", Optional.of("not"), classifier.classify("", "not").logits()));
        }
        Classifier.builder().open(TinyModels.with(ENTAILMENT, examples)).close();

        float[] logits = examples.get(1).logits().clone();
        logits[2] += 0.01f;
        Model altered = TinyModels.with(ENTAILMENT, List.of(examples.getFirst(), new GoldenExample("", Optional.of("not"), logits)));
        assertThatThrownBy(() -> Classifier.builder().provider("vector").open(altered))
                .isInstanceOf(GoldenExampleException.class)
                .hasMessageContaining("The golden examples come out wrong with provider vector, one of them off by");
        Classifier.builder().verify(false).open(altered).close();

        logits[2] = Float.NaN;
        assertThatThrownBy(() -> Classifier.builder().open(altered)).isInstanceOf(GoldenExampleException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aFileThatIsCutShortInUseIsATypedError(int threads, @TempDir Path folder) throws IOException {
        Path file = folder.resolve("model.filigree");
        ModelWriter.write(SENTIMENT, file);
        try (Classifier reference = Classifier.builder().provider("reference").open(file);
                Classifier vector = Classifier.builder().provider("vector").threads(threads).open(file)) {
            Classification before = reference.classify("Not bad!");
            Files.write(file, new byte[0]);
            // It has unpacked everything; the other reads the embeddings where they lie.
            assertThat(reference.classify("Not bad!").logits()).isEqualTo(before.logits());
            assertThatThrownBy(() -> vector.classify("Not bad!"))
                    .isInstanceOf(UncheckedIOException.class)
                    .cause()
                    .isInstanceOfSatisfying(ModelFormatException.class, e -> assertThat(e.refusal()).isEqualTo(Refusal.TRUNCATED));
        }
    }

    @Test
    void aFileIsOpenedAndClassifiesAsTheModelInMemory(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("model.filigree");
        ModelWriter.write(SENTIMENT, file);
        try (Classifier opened = Classifier.open(file); Classifier memory = Classifier.builder().open(SENTIMENT)) {
            assertThat(opened.classify("good").logits()).isEqualTo(memory.classify("good").logits());
            assertThat(opened.model().task()).isEqualTo(TinyModels.SENTIMENT);
            assertThat(opened.provider()).isEqualTo(memory.provider()).isNotEqualTo("reference");
        }
        assertThatThrownBy(() -> Classifier.open(folder.resolve("none.filigree")))
                .isInstanceOfSatisfying(ModelFormatException.class, e -> assertThat(e.refusal()).isEqualTo(Refusal.UNREADABLE));
    }

    @Test
    void anImpossibleSettingIsRefused() {
        assertThatThrownBy(() -> Classifier.builder().threads(0).open(SENTIMENT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A model needs at least one thread, not 0.");
        assertThatThrownBy(() -> Classifier.builder().provider("abacus").open(SENTIMENT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("There is no provider 'abacus'");
    }

    @Test
    void asynchronousCallsRunOnTheCallersExecutorAndFailWithTheSameExceptions() {
        try (Classifier classifier = Classifier.builder().open(SENTIMENT)) {
            List<Runnable> queue = new ArrayList<>();
            var answers = classifier.classifyAsync(List.of(TextInput.of("good")), queue::add);
            var refused = classifier.classifyAsync(List.of(TextInput.of("good", "bad")), queue::add);
            assertThat(answers).isNotDone();
            queue.forEach(Runnable::run);
            assertThat(answers.join().getFirst().logits()).isEqualTo(classifier.classify("good").logits());
            assertThatThrownBy(refused::join).isInstanceOf(CompletionException.class).hasCauseInstanceOf(InvalidInputException.class);
        }
    }
}
