package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.GoldenExample;
import dev.filigree.format.Model;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Task;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.filigree.server.config.Limits;
import dev.filigree.server.model.ModelRegistry;
import dev.filigree.server.model.ModelSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Models that are listed and replaced through a socket. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ReloadTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Task TASK = new Task("tiny", List.of("negative", "positive"), false, false);
    private static final List<String> TEXTS = List.of("good film", "bad films!", "", "a good bad good film !");
    private static final int CLIENTS = 64;
    private static final int RELOADS = 25;

    @TempDir
    private Path folder;

    /** The packed bytes of a model, and what it answers. */
    private record Version(byte[] bytes, List<Float> scores) {}

    private Version version(int seed) throws IOException {
        Path file = folder.resolve("version");
        List<Classification> answers;
        try (Classifier classifier = Classifier.builder().open(TinyModel.of(seed, TASK, List.of()))) {
            answers = classifier.classify(TEXTS.stream().map(TextInput::of).toList());
        }
        Model model = TinyModel.of(
                seed, TASK, List.of(new GoldenExample(TEXTS.getFirst(), Optional.empty(), answers.getFirst().logits())));
        ModelWriter.write(model, file);
        return new Version(Files.readAllBytes(file), answers.stream().map(answer -> answer.scores()[1]).toList());
    }

    private static ClassificationServer serve(Path file) throws IOException {
        ModelRegistry models = ModelRegistry.open(ModelSettings.of(Map.of("tiny", file)));
        return new ClassificationServer(models, Served.settings(Limits.DEFAULT, 2));
    }

    private static String reload(String name) {
        return RawClient.head("POST", "/v1/models/" + name + "/reload", "Content-Length: 0");
    }

    @Test
    void reloadUnderLoad() throws Exception {
        List<Version> versions = List.of(version(1), version(2));
        assertThat(versions.getFirst().scores()).isNotEqualTo(versions.getLast().scores());
        Path file = Files.write(folder.resolve("tiny.filigree"), versions.getFirst().bytes());
        String question = RawClient.post(JSON.writeValueAsString(Map.of("inputs", TEXTS)));
        AtomicBoolean done = new AtomicBoolean();
        List<List<Float>> seen = new ArrayList<>();
        try (ClassificationServer server = serve(file);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                RawClient admin = new RawClient(server.address())) {
            List<Future<List<List<Float>>>> clients = IntStream.range(0, CLIENTS).mapToObj(_ -> threads.submit(() -> {
                List<List<Float>> answers = new ArrayList<>();
                try (RawClient client = new RawClient(server.address())) {
                    while (!done.get()) {
                        answers.add(scores(client.send(question).read()));
                    }
                }
                return answers;
            })).toList();
            for (int i = 1; i <= RELOADS; i++) {
                // As cp does it: over the file that is being served.
                Files.write(file, versions.get(i % 2).bytes());
                RawClient.Response response = admin.send(reload("tiny")).read();
                assertThat(response.status()).as(response.body()).isEqualTo(200);
                assertThat(scores(admin.send(question).read())).isEqualTo(versions.get(i % 2).scores());
            }
            done.set(true);
            for (Future<List<List<Float>>> client : clients) {
                seen.addAll(client.get());
            }
            if (Files.exists(Path.of("/proc/self/maps"))) {
                assertThat(copies()).isEqualTo(1);
            }
        }
        // Each answer is of four texts, and wholly of one version.
        assertThat(seen).containsAll(versions.stream().map(Version::scores).toList());
        assertThat(seen).allMatch(answer -> versions.stream().anyMatch(version -> version.scores().equals(answer)));
    }

    private static List<Float> scores(RawClient.Response response) throws IOException {
        assertThat(response.status()).as(response.body()).isEqualTo(200);
        List<Float> scores = new ArrayList<>();
        for (JsonNode result : JSON.readTree(response.body()).get("results")) {
            scores.add(result.get("scores").get("positive").floatValue());
        }
        return scores;
    }

    /** Versions whose memory is still there. */
    private static long copies() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream().filter(line -> line.contains(".copy (deleted)")).count();
    }

    @Test
    void badReload() throws Exception {
        Version good = version(1);
        Path file = Files.write(folder.resolve("tiny.filigree"), good.bytes());
        try (ClassificationServer server = serve(file); RawClient client = new RawClient(server.address())) {
            Files.write(file, new byte[] {1, 2, 3});
            RawClient.Response refused = client.send(reload("tiny")).read();
            assertThat(refused.status()).isEqualTo(422);
            assertThat(refused.body()).contains("\"code\":\"bad_model\"").contains("not a Filigree model file");
            String question = RawClient.post(JSON.writeValueAsString(Map.of("inputs", TEXTS)));
            assertThat(scores(client.send(question).read())).isEqualTo(good.scores());
            JsonNode entry = list(client).get("models").get(0);
            assertThat(entry.get("state").textValue()).isEqualTo("serving");
            assertThat(entry.get("last_error").textValue()).contains("not a Filigree model file");
            Files.write(file, good.bytes());
            RawClient.Response taken = client.send(reload("tiny")).read();
            assertThat(taken.status()).isEqualTo(200);
            assertThat(JSON.readTree(taken.body()).has("last_error")).isFalse();
        }
    }

    private static JsonNode list(RawClient client) throws IOException {
        RawClient.Response response = client.send(RawClient.get("/v1/models")).read();
        assertThat(response.status()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    @Test
    void modelsAreListedWithAllThereIsToKnow() throws Exception {
        Path file = Files.write(folder.resolve("packed.filigree"), version(1).bytes());
        try (ClassificationServer server = serve(file); RawClient client = new RawClient(server.address())) {
            JsonNode listed = list(client);
            assertThat(listed.properties()).hasSize(1);
            JsonNode entry = listed.get("models").get(0);
            assertThat(entry.properties()).extracting(Map.Entry::getKey).containsExactly("name", "file", "bytes", "task", "labels", "pair",
                    "regression", "max_tokens", "sparsity", "provider", "loaded_at", "state");
            assertThat(entry.get("name").textValue()).isEqualTo("tiny");
            assertThat(entry.get("file").textValue()).isEqualTo("packed.filigree");
            assertThat(entry.get("bytes").longValue()).isEqualTo(Files.size(file));
            assertThat(entry.get("labels").toString()).isEqualTo("[\"negative\",\"positive\"]");
            assertThat(entry.get("max_tokens").intValue()).isEqualTo(12);
            assertThat(entry.get("sparsity").textValue()).isEqualTo("dense");
            assertThat(entry.get("loaded_at").textValue()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
            assertThat(entry.get("state").textValue()).isEqualTo("serving");
        }
    }

    @Test
    void reloadOfAnUnknownModelAndByAWrongMethod() throws Exception {
        Path file = Files.write(folder.resolve("tiny.filigree"), version(1).bytes());
        try (ClassificationServer server = serve(file); RawClient client = new RawClient(server.address())) {
            RawClient.Response unknown = client.send(reload("huge")).read();
            assertThat(unknown.status()).isEqualTo(404);
            assertThat(unknown.body()).contains("\"code\":\"unknown_model\"");
            RawClient.Response read = client.send(RawClient.get("/v1/models/tiny/reload")).read();
            assertThat(read.status()).isEqualTo(405);
            assertThat(read.headers()).containsEntry("allow", "POST");
        }
    }
}
