package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.filigree.server.config.Limits;
import dev.filigree.server.grpc.proto.ModelInferRequest;
import dev.filigree.server.grpc.proto.ModelInferResponse;
import dev.filigree.server.grpc.proto.ModelMetadataRequest;
import dev.filigree.server.model.ModelRegistry;
import dev.filigree.server.model.ModelSettings;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A packed file says the same by the Open Inference Protocol, by {@code /v1/classify} and by the classifier itself. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class OpenInferenceModelTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> TEXTS = List.of("", "good film", "bad films!", "a \0 字 😀", "good ".repeat(100));

    @TempDir
    private Path folder;

    private record Answers(JsonNode v1, JsonNode rest, ModelInferResponse grpc, String metadata) {}

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bitForBitTheSame(boolean pairs) throws Exception {
        Path file = TinyModel.write(folder, pairs);
        List<Classification> expected;
        try (Classifier classifier = Classifier.open(file)) {
            expected = classifier.classify(TEXTS.stream().map(text -> pairs ? TextInput.of(text, text) : TextInput.of(text)).toList());
        }
        Answers answers = ask(file, pairs);
        assertThat(answers.metadata()).isEqualTo("[\"negative\",\"positive\"]");
        List<Integer> scores = new ArrayList<>();
        List<Integer> logits = new ArrayList<>();
        for (int i = 0; i < expected.size(); i++) {
            Classification one = expected.get(i);
            for (int label = 0; label < 2; label++) {
                scores.add(Float.floatToRawIntBits(one.scores()[label]));
                logits.add(Float.floatToRawIntBits(one.logits()[label]));
            }
            assertThat(answers.v1().get(i).get("label").textValue()).isEqualTo(one.label());
            assertThat(answers.v1().get(i).get("logits").get("positive").floatValue()).isEqualTo(one.logits()[1]);
            assertThat(answers.rest().get(0).get("data").get(i).textValue()).isEqualTo(one.label());
            assertThat(answers.rest().get(3).get("data").get(i).booleanValue()).isEqualTo(one.truncated());
            assertThat(answers.grpc().getOutputs(3).getContents().getBoolContents(i)).isEqualTo(one.truncated());
        }
        assertThat(bits(answers.rest().get(1).get("data"))).isEqualTo(scores);
        assertThat(bits(answers.rest().get(2).get("data"))).isEqualTo(logits);
        assertThat(bits(answers.grpc().getOutputs(1).getContents().getFp32ContentsList())).isEqualTo(scores);
        assertThat(bits(answers.grpc().getOutputs(2).getContents().getFp32ContentsList())).isEqualTo(logits);
        assertThat(GrpcClient.labels(answers.grpc())).isEqualTo(expected.stream().map(Classification::label).toList());
    }

    private static List<Integer> bits(JsonNode data) {
        List<Float> values = new ArrayList<>();
        data.forEach(value -> values.add(value.floatValue()));
        return bits(values);
    }

    private static List<Integer> bits(List<Float> values) {
        return values.stream().map(Float::floatToRawIntBits).toList();
    }

    private static Answers ask(Path file, boolean pairs) throws Exception {
        InetSocketAddress free = new InetSocketAddress("127.0.0.1", 0);
        String[] texts = TEXTS.toArray(String[]::new);
        ModelInferRequest.Builder request =
                ModelInferRequest.newBuilder().setModelName("tiny").addInputs(GrpcClient.input("text", texts));
        List<Object> inputs = new ArrayList<>(List.of(input("text")));
        if (pairs) {
            request.addInputs(GrpcClient.input("text_pair", texts));
            inputs.add(input("text_pair"));
        }
        Object v1 = pairs ? TEXTS.stream().map(text -> List.of(text, text)).toList() : TEXTS;
        ModelRegistry models = ModelRegistry.open(ModelSettings.of(Map.of("tiny", file)));
        try (ClassificationServer server = new ClassificationServer(
                        models, ServerSettings.of(free, 1, Limits.DEFAULT).withGrpc(free));
                RawClient http = new RawClient(server.address());
                GrpcClient grpc = new GrpcClient(server.grpcAddress().orElseThrow())) {
            return new Answers(
                    post(http, "/v1/classify", Map.of("inputs", v1, "raw_scores", true)).get("results"),
                    post(http, "/v2/models/tiny/infer", Map.of("inputs", inputs)).get("outputs"),
                    grpc.blocking().modelInfer(request.build()),
                    grpc.blocking().modelMetadata(ModelMetadataRequest.newBuilder().setName("tiny").build())
                            .getPropertiesOrThrow("labels"));
        }
    }

    private static Map<String, Object> input(String name) {
        return Map.of("name", name, "shape", List.of(TEXTS.size()), "datatype", "BYTES", "data", TEXTS);
    }

    private static JsonNode post(RawClient client, String path, Object body) throws Exception {
        String json = JSON.writeValueAsString(body);
        client.send(RawClient.head("POST", path, "Content-Length: " + json.getBytes(StandardCharsets.UTF_8).length) + json);
        return JSON.readTree(client.read().body());
    }
}
