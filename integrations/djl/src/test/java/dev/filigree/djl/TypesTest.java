package dev.filigree.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.metric.Metrics;
import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.util.StringPair;
import dev.filigree.format.Task;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each pair of types gives: the floats of the runtime, to the bit. */
class TypesTest {
    private static final List<StringPair> PAIRS =
            List.of(new StringPair("good", "not good"), new StringPair("", "bad"), new StringPair("a b c", "d e f g h"));

    @TempDir
    Path folder;

    @Test
    void singleTextsAreClassified() throws Exception {
        Path file = PackedFiles.write(TinyModels.SENTIMENT, folder);
        try (ZooModel<String, Classifications> model = PackedFiles.load(String.class, Classifications.class, file);
                Predictor<String, Classifications> predictor = model.newPredictor();
                Classifier classifier = Classifier.open(file)) {
            for (String text : PackedFiles.TEXTS) {
                requireEqual(predictor.predict(text), classifier.classify(text));
            }
        }
    }

    @Test
    void pairsAreClassified() throws Exception {
        Path file = PackedFiles.write(TinyModels.ENTAILMENT, folder);
        try (ZooModel<StringPair, Classifications> model = PackedFiles.load(StringPair.class, Classifications.class, file);
                Predictor<StringPair, Classifications> predictor = model.newPredictor();
                Classifier classifier = Classifier.open(file)) {
            for (StringPair pair : PAIRS) {
                requireEqual(predictor.predict(pair), classifier.classify(pair.getKey(), pair.getValue()));
            }
        }
    }

    @Test
    void aBatchIsOneCallWhateverTheLengths() throws Exception {
        Path file = PackedFiles.write(TinyModels.SENTIMENT, folder);
        try (ZooModel<String, Classifications> model = PackedFiles.load(String.class, Classifications.class, file);
                Predictor<String, Classifications> predictor = model.newPredictor();
                Classifier classifier = Classifier.open(file)) {
            Metrics metrics = new Metrics();
            predictor.setMetrics(metrics);

            List<Classifications> answers = predictor.batchPredict(PackedFiles.TEXTS);

            assertThat(metrics.getMetric("Inference")).hasSize(1);
            List<Classification> expected = classifier.classify(PackedFiles.TEXTS.stream().map(TextInput::of).toList());
            assertThat(answers).hasSameSizeAs(expected);
            for (int i = 0; i < expected.size(); i++) {
                requireEqual(answers.get(i), expected.get(i));
            }
        }
    }

    @Test
    void anEmptyBatchHasNoAnswers() throws Exception {
        Path file = PackedFiles.write(TinyModels.SENTIMENT, folder);
        try (ZooModel<String, Classifications> model = PackedFiles.load(String.class, Classifications.class, file);
                Predictor<String, Classifications> predictor = model.newPredictor()) {
            assertThat(predictor.batchPredict(List.of())).isEmpty();
        }
    }

    @Test
    void aRegressionOfPairsGivesItsValue() throws Exception {
        Path file = PackedFiles.write(TinyModels.SIMILARITY, folder);
        try (ZooModel<StringPair, Float> model = PackedFiles.load(StringPair.class, Float.class, file);
                Predictor<StringPair, Float> predictor = model.newPredictor();
                Classifier classifier = Classifier.open(file)) {
            List<TextInput> inputs = PAIRS.stream().map(pair -> TextInput.of(pair.getKey(), pair.getValue())).toList();
            assertThat(predictor.batchPredict(PAIRS)).isEqualTo(classifier.classify(inputs).stream().map(Classification::score).toList());
        }
    }

    @Test
    void aRegressionOfTextsGivesItsValue() throws Exception {
        Path file = PackedFiles.write(PackedFiles.RATING, folder);
        try (ZooModel<String, Float> model = PackedFiles.load(String.class, Float.class, file);
                Predictor<String, Float> predictor = model.newPredictor();
                Classifier classifier = Classifier.open(file)) {
            assertThat(predictor.predict("good")).isEqualTo(classifier.classify("good").score());
        }
    }

    @Test
    void pairsHaveTheScoresOfACrossEncoder() throws Exception {
        Path file = PackedFiles.write(TinyModels.ENTAILMENT, folder);
        try (ZooModel<StringPair, float[]> model = PackedFiles.load(StringPair.class, float[].class, file);
                Predictor<StringPair, float[]> predictor = model.newPredictor();
                Classifier classifier = Classifier.open(file)) {
            assertThat(predictor.predict(PAIRS.getFirst())).isEqualTo(classifier.classify("good", "not good").scores());
        }
    }

    @Test
    void textsAreEmbeddedByAnyModel() throws Exception {
        for (Task task : List.of(TinyModels.SENTIMENT, TinyModels.SIMILARITY)) {
            Path file = PackedFiles.write(task, folder);
            try (ZooModel<String, float[]> model = PackedFiles.load(String.class, float[].class, file);
                    Predictor<String, float[]> predictor = model.newPredictor();
                    Encoder encoder = Encoder.open(file)) {
                assertThat(predictor.batchPredict(PackedFiles.TEXTS).toArray(float[][]::new))
                        .isDeepEqualTo(encoder.embed(PackedFiles.TEXTS).toArray(float[][]::new));
            }
        }
    }

    @Test
    void embeddingsArePooledAsTheOptionSays() throws Exception {
        Path file = PackedFiles.write(TinyModels.SENTIMENT, folder);
        Criteria<String, float[]> criteria =
                Criteria.builder().setTypes(String.class, float[].class).optModelPath(file).optOption("pooling", "CLS").build();
        try (ZooModel<String, float[]> model = criteria.loadModel();
                Predictor<String, float[]> predictor = model.newPredictor();
                Encoder encoder = Encoder.builder().pooling(Encoder.Pooling.CLS).open(file)) {
            assertThat(predictor.predict("good")).isEqualTo(encoder.embed("good"));
        }
    }

    @Test
    void typesThatTheModelDoesNotHaveAreAnsweredByThoseItHas() {
        Path single = PackedFiles.write(TinyModels.SENTIMENT, folder);
        assertThatThrownBy(() -> PackedFiles.load(StringPair.class, Classifications.class, single))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Model sentiment (sentiment) does not translate StringPair to Classifications, but String to Classifications, "
                        + "String to float[], Input to Output: give setTypes one of these.");
        Path pairs = PackedFiles.write(TinyModels.SIMILARITY, folder);
        assertThatThrownBy(() -> PackedFiles.load(StringPair.class, Classifications.class, pairs))
                .hasMessageContaining("but StringPair to Float, StringPair to float[], String to float[], Input to Output:");
        assertThatThrownBy(() -> PackedFiles.load(NDList.class, NDList.class, pairs)).hasMessageContaining("NDList to NDList");
    }

    @Test
    void aModelThatDjlDropsForItsTypesIsClosedAndOneInUseIsNot() throws Exception {
        Path file = PackedFiles.write(TinyModels.SENTIMENT, folder);
        FiligreeTranslatorFactory factory = new FiligreeTranslatorFactory();
        try (Model model = Model.newInstance("dropped", "Filigree")) {
            model.load(file);
            assertThatThrownBy(() -> factory.newInstance(String.class, Float.class, model, Map.of()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> factory.newInstance(String.class, Classifications.class, model, Map.of()))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("is closed");
        }
        try (ZooModel<String, Classifications> model = PackedFiles.load(String.class, Classifications.class, file);
                Predictor<String, Classifications> predictor = model.newPredictor()) {
            assertThatThrownBy(() -> factory.newInstance(String.class, Float.class, model.getWrappedModel(), Map.of()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(predictor.predict("good").getClassNames()).hasSize(2);
        }
    }

    @Test
    void theModelSaysWhatGoesInAndOut() throws Exception {
        Path file = PackedFiles.write(TinyModels.ENTAILMENT, folder);
        try (ZooModel<StringPair, Classifications> model = PackedFiles.load(StringPair.class, Classifications.class, file)) {
            assertThat(model.describeInput().toMap()).hasToString("{texts=(-1, 2)}");
            assertThat(model.describeOutput().toMap()).hasToString("{scores=(-1, 3)}");
        }
    }

    private static void requireEqual(Classifications answer, Classification expected) {
        List<Double> probabilities = new ArrayList<>();
        for (float score : expected.scores()) {
            probabilities.add((double) score);
        }
        assertThat(answer.getClassNames()).isEqualTo(expected.labels());
        assertThat(answer.getProbabilities()).isEqualTo(probabilities);
        assertThat(answer.best().getClassName()).isEqualTo(expected.label());
        assertThat(answer.best().getProbability()).isEqualTo(expected.score());
    }
}
