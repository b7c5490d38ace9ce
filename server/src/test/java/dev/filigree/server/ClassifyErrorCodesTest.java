package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Task;
import dev.filigree.server.http.Guard;
import dev.filigree.server.model.ModelRegistry;
import dev.filigree.server.model.ModelSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Every code that the document knows of {@code POST /v1/classify}, provoked. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class ClassifyErrorCodesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FINE = "{\"inputs\": \"fine\"}";
    private static final String HOLD = RawClient.post("{\"inputs\": \"hold\"}");

    @TempDir
    private Path folder;
    private Served served;
    private ApiContract contract;
    private final Map<String, RawClient.Response> seen = new TreeMap<>();

    @BeforeEach
    void serve() throws IOException {
        served = new Served();
        contract = new ApiContract(JSON.readTree(served.exchange(RawClient.get("/openapi.json")).body()));
    }

    @AfterEach
    void stop() {
        served.close();
    }

    @Test
    void everyDocumentedCodeCanBeProvoked() throws Exception {
        badBodies();
        badRequests();
        busyServer();
        otherServers();
        ApiContract.Operation classify = contract.operation("POST /v1/classify");
        seen.values().forEach(response -> contract.check(classify, response, false));
        assertThat(seen.keySet()).containsExactlyElementsOf(contract.codes(classify));
    }

    private void badBodies() throws IOException {
        see("malformed_json", RawClient.post("{"));
        see("malformed_protobuf", RawClient.post("\u0007", "Content-Type: application/x-protobuf"));
        see("wrong_type", RawClient.post("[]"));
        see("unknown_field", RawClient.post("{\"inputs\": \"a\", \"topk\": 1}"));
        see("missing_field", RawClient.post("{}"));
        see("invalid_text", RawClient.post("{\"inputs\": \"\\ud83d\"}"));
        see("no_inputs", RawClient.post("{\"inputs\": []}"));
        see("too_many_inputs", RawClient.post("{\"inputs\": [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}"));
        see("text_too_long", RawClient.post("{\"inputs\": \"" + "x".repeat(Served.LIMITS.charactersPerText() + 1) + "\"}"));
        see("too_long", RawClient.post("{\"inputs\": \"" + "x".repeat(Served.EchoModel.LONGEST) + "\", \"truncate\": false}"));
        see("invalid_input", RawClient.post("{\"inputs\": \"unfit\"}"));
        see("unknown_model", RawClient.post("{\"model\": \"nosuch\", \"inputs\": \"a\"}"));
        see("internal", RawClient.post("{\"inputs\": \"kernel failure\"}"));
        try (RawClient client = served.connect()) {
            byte[] invalid = FINE.replace("fine", "????").getBytes(StandardCharsets.UTF_8);
            invalid[13] = (byte) 0xff;
            String head = RawClient.head("POST", "/v1/classify", "Content-Length: " + invalid.length);
            see("invalid_utf8", client.send(head).send(invalid).read());
        }
    }

    private void badRequests() throws IOException {
        see("malformed_http", "POST /v1/classify HTTP/1.1\r\n\r\n");
        see("http_version", RawClient.post(FINE).replace("HTTP/1.1", "HTTP/3.0"));
        see("bad_timeout", RawClient.post(FINE, "X-Request-Timeout-Ms: soon"));
        see("wrong_content_type", RawClient.post(FINE, "Content-Type: text/plain"));
        see("wrong_content_encoding", RawClient.post(FINE, "Content-Encoding: gzip"));
        see("expectation", RawClient.post(FINE, "Expect: miracles"));
        see("headers_too_large", RawClient.post(FINE, "X: " + "a".repeat(9000)));
        see("line_too_long", RawClient.head("POST", "/v1/classify?" + "a".repeat(5000), "Content-Length: 0"));
        see("too_large", RawClient.head("POST", "/v1/classify", "Content-Length: 65537"));
    }

    private void busyServer() throws IOException {
        List<RawClient> waiting = new ArrayList<>();
        waiting.add(served.connect().send(HOLD));
        Served.awaitUninterruptibly(served.model().held);
        see("deadline_passed", RawClient.post(FINE, "X-Request-Timeout-Ms: 20"));
        for (int place = 1; place <= Served.LIMITS.queuedRequests(); place++) {
            waiting.add(served.connect().send(RawClient.post(FINE)));
            while (served.server.queued() < place) {
                Thread.onSpinWait();
            }
        }
        see("overloaded", RawClient.post(FINE));
        served.model().release.countDown();
        for (RawClient client : waiting) {
            assertThat(client.read().status()).isEqualTo(200);
            client.close();
        }
    }

    private void otherServers() throws IOException {
        try (Served guarded = new Served(settings -> settings.with(new Guard(Optional.of("open-sesame"))))) {
            see("unauthorized", guarded.exchange(RawClient.post(FINE)));
        }
        try (Served impatient = new Served(Served.limits().slow(Duration.ofMillis(50)).build(), 1, "echo")) {
            see("too_slow", impatient.exchange(RawClient.head("POST", "/v1/classify", "Content-Length: 5") + "{"));
        }
        ModelRegistry models = ModelRegistry.of(Map.of("echo", new Served.EchoModel()));
        try (ClassificationServer server = new ClassificationServer(models, Served.settings(Served.LIMITS, 1));
                RawClient client = new RawClient(server.address())) {
            models.close();
            see("stopping", client.send(RawClient.post(FINE)).read());
        }
        brokenModel();
    }

    /** A file that cannot be loaded turns up in the watched folder. */
    private void brokenModel() throws IOException {
        Task task = new Task("tiny", List.of("negative", "positive"), false, false);
        ModelWriter.write(TinyModel.of(1, task, List.of()), folder.resolve("good.filigree"));
        ModelSettings settings = new ModelSettings(Map.of(), Optional.of(folder), Duration.ofMillis(10), "reference", 1, 0);
        try (ClassificationServer server = new ClassificationServer(ModelRegistry.open(settings), Served.settings(Served.LIMITS, 1));
                RawClient client = new RawClient(server.address())) {
            Files.write(folder.resolve("bad.filigree"), new byte[] {1, 2, 3});
            RawClient.Response listed = client.send(RawClient.get("/v1/models")).read();
            while (!listed.body().contains("\"failed\"")) {
                listed = client.send(RawClient.get("/v1/models")).read();
            }
            contract.check(contract.operation("GET /v1/models"), listed, false);
            see("model_not_loaded", client.send(RawClient.post("{\"model\": \"bad\", \"inputs\": \"a\"}")).read());
        }
    }

    private void see(String code, String request) throws IOException {
        see(code, served.exchange(request));
    }

    private void see(String code, RawClient.Response response) throws IOException {
        JsonNode error = JSON.readTree(response.body()).path("error");
        assertThat(error.path("code").textValue()).as(response.toString()).isEqualTo(code);
        seen.put(code, response);
    }
}
