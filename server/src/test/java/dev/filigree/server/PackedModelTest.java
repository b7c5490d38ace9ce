package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.filigree.server.config.Limits;
import dev.filigree.server.model.ModelRegistry;
import dev.filigree.server.model.ModelSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A packed file behind a socket says what the classifier itself says. */
@ExtendWith(LeakCheck.class)
class PackedModelTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    @Test
    void textsThroughASocketEqualTheClassifier() throws Exception {
        Path file = TinyModel.write(folder, false);
        List<String> texts = List.of("", "good film", "bad films!", "a \0 字 😀", "good ".repeat(100), "x".repeat(1_000_000));
        List<Classification> expected;
        try (Classifier classifier = Classifier.open(file)) {
            expected = classifier.classify(texts.stream().map(TextInput::of).toList());
        }
        JsonNode results = results(file, JSON.writeValueAsString(Map.of("model", "tiny", "inputs", texts)), 200).get("results");
        assertThat(results).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            JsonNode result = results.get(i);
            assertThat(result.get("label").textValue()).isEqualTo(expected.get(i).label());
            assertThat(result.get("score").floatValue()).isEqualTo(expected.get(i).score());
            assertThat(result.get("scores").properties()).extracting(Map.Entry::getKey).containsExactly("negative", "positive");
            assertThat(result.get("scores").get("positive").floatValue()).isEqualTo(expected.get(i).scores()[1]);
        }
    }

    @Test
    void pairThroughASocketEqualsTheClassifier() throws Exception {
        Path file = TinyModel.write(folder, true);
        Classification expected;
        try (Classifier classifier = Classifier.open(file)) {
            expected = classifier.classify("good film", "bad films");
        }
        JsonNode result = results(file, "{\"inputs\": [[\"good film\", \"bad films\"]]}", 200).get("results").get(0);
        assertThat(result.get("score").floatValue()).isEqualTo(expected.score());
    }

    @Test
    void sixtyFourClientsAtOnceGetTheClassifiersAnswers() throws Exception {
        Path file = TinyModel.write(folder, false);
        List<String> words = List.of("good", "bad", "film", "!");
        List<String> texts = IntStream.range(0, 64)
                .mapToObj(i -> words.get(i / 16) + " " + words.get(i / 4 % 4) + " a " + words.get(i % 4))
                .toList();
        ModelRegistry models = ModelRegistry.open(ModelSettings.of(Map.of("tiny", file)));
        try (Classifier classifier = Classifier.open(file);
                ClassificationServer server = new ClassificationServer(models, Served.settings(Limits.DEFAULT, 4));
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            CyclicBarrier together = new CyclicBarrier(texts.size());
            List<Future<Float>> answers = texts.stream().map(text -> clients.submit(() -> {
                try (RawClient client = new RawClient(server.address())) {
                    together.await();
                    String body = client.send(RawClient.post("{\"inputs\": \"" + text + "\"}")).read().body();
                    return JSON.readTree(body).get("results").get(0).get("scores").get("positive").floatValue();
                }
            })).toList();
            for (int i = 0; i < texts.size(); i++) {
                assertThat(answers.get(i).get()).as(texts.get(i)).isEqualTo(classifier.classify(texts.get(i)).scores()[1]);
            }
        }
    }

    @Test
    void pairTaskWithOneText() throws Exception {
        JsonNode refused = results(TinyModel.write(folder, true), "{\"inputs\": \"good film\"}", 400);
        assertThat(refused.get("error").get("code").textValue()).isEqualTo("invalid_input");
    }

    @Test
    void textTaskWithAPair() throws Exception {
        JsonNode refused = results(TinyModel.write(folder, false), "{\"inputs\": [[\"good\", \"film\"]]}", 400);
        assertThat(refused.get("error").get("code").textValue()).isEqualTo("invalid_input");
    }

    private static JsonNode results(Path file, String body, int status) throws Exception {
        ModelRegistry models = ModelRegistry.open(ModelSettings.of(Map.of("tiny", file)));
        try (ClassificationServer server = new ClassificationServer(models, Served.settings(Limits.DEFAULT, 1));
                RawClient client = new RawClient(server.address())) {
            RawClient.Response response = client.send(RawClient.post(body)).read();
            assertThat(response.status()).as(response.body()).isEqualTo(status);
            return JSON.readTree(response.body());
        }
    }
}
