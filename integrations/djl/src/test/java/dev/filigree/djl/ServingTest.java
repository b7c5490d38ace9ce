package dev.filigree.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Application;
import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.util.JsonUtils;
import com.google.gson.reflect.TypeToken;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TinyModels;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The types that DJL Serving calls a model with. */
class ServingTest {
    private static final Type LABELS = new TypeToken<List<Map<String, Object>>>() { }.getType();
    private static final Type BATCH = new TypeToken<List<List<Map<String, Object>>>>() { }.getType();

    @TempDir
    Path folder;

    private static Input json(String json) {
        Input input = new Input();
        input.addProperty("Content-Type", "application/json");
        input.add(json);
        return input;
    }

    private static String answer(ZooModel<Input, Output> model, Input input) throws Exception {
        try (Predictor<Input, Output> predictor = model.newPredictor()) {
            Output output = predictor.predict(input);
            assertThat(output.getProperty("Content-Type", "")).isEqualTo("application/json");
            return output.getData().getAsString();
        }
    }

    @Test
    void textsAreClassified() throws Exception {
        Path file = PackedFiles.write(TinyModels.SENTIMENT, folder);
        try (ZooModel<Input, Output> model = PackedFiles.load(Input.class, Output.class, file);
                Classifier classifier = Classifier.open(file)) {
            Input plain = new Input();
            plain.add("good");
            List<Map<String, Object>> labels = JsonUtils.GSON.fromJson(answer(model, plain), LABELS);
            assertThat(labels).hasSize(2);
            assertThat(labels.getFirst()).containsEntry("className", classifier.classify("good").label());
            assertThat((double) labels.getFirst().get("probability")).isEqualTo(classifier.classify("good").score());

            List<List<Map<String, Object>>> batch =
                    JsonUtils.GSON.fromJson(answer(model, json("{\"inputs\": [\"good\", \"bad bad\"]}")), BATCH);
            assertThat(batch).extracting(each -> each.getFirst().get("className"))
                    .containsExactly(classifier.classify("good").label(), classifier.classify("bad bad").label());
        }
    }

    @Test
    void pairsAreScored() throws Exception {
        Path file = PackedFiles.write(TinyModels.SIMILARITY, folder);
        try (ZooModel<Input, Output> model = PackedFiles.load(Input.class, Output.class, file);
                Classifier classifier = Classifier.open(file)) {
            String answer = answer(model, json("{\"query\": \"good\", \"texts\": [\"not bad\", \"bad\"]}"));
            float[][] expected = {classifier.classify("good", "not bad").scores(), classifier.classify("good", "bad").scores()};
            assertThat(JsonUtils.GSON.fromJson(answer, float[][].class)).isDeepEqualTo(expected);
        }
    }

    @Test
    void aRegressionOfTextsGivesItsValue() throws Exception {
        Path file = PackedFiles.write(PackedFiles.RATING, folder);
        try (ZooModel<Input, Output> model = PackedFiles.load(Input.class, Output.class, file);
                Classifier classifier = Classifier.open(file)) {
            assertThat(JsonUtils.GSON.fromJson(answer(model, json("{\"inputs\": \"good\"}")), float[].class))
                    .isEqualTo(classifier.classify("good").scores());
        }
    }

    @Test
    void textsAreEmbeddedWhereTheApplicationIsThat() throws Exception {
        Path file = PackedFiles.write(TinyModels.SENTIMENT, folder);
        Criteria<Input, Output> criteria = Criteria.builder().setTypes(Input.class, Output.class).optModelPath(file)
                .optApplication(Application.NLP.TEXT_EMBEDDING).build();
        try (ZooModel<Input, Output> model = criteria.loadModel(); Encoder encoder = Encoder.open(file)) {
            assertThat(JsonUtils.GSON.fromJson(answer(model, json("{\"inputs\": \"good\"}")), float[].class))
                    .isEqualTo(encoder.embed("good"));
        }
    }

    /** As DJL Serving reads a model's folder. */
    @Test
    void settingsComeFromServingProperties() throws Exception {
        PackedFiles.write(TinyModels.SENTIMENT, folder);
        Files.writeString(folder.resolve("serving.properties"), """
                engine=Filigree
                option.provider=reference
                """);
        Criteria<Input, Output> criteria = Criteria.builder().setTypes(Input.class, Output.class).optModelPath(folder).build();
        try (ZooModel<Input, Output> model = criteria.loadModel()) {
            assertThat(((FiligreeModel) model.getWrappedModel()).loaded().classifier().provider()).isEqualTo("reference");
        }
    }
}
