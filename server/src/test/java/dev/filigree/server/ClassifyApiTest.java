package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.server.api.ClassifyService;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What a body may hold and what it is answered with, through a socket. */
@ExtendWith(LeakCheck.class)
class ClassifyApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private Served served;

    @BeforeEach
    void serve() throws IOException {
        served = new Served();
    }

    @AfterEach
    void stop() {
        client.close();
        served.close();
    }

    @Test
    void oneText() throws Exception {
        HttpResponse<String> response = post("{\"inputs\": \"fine\"}");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(response.headers().firstValue("date")).isPresent();
        float score = Served.score("fine");
        assertThat(response.body()).startsWith(
                "{\"model\":\"echo\",\"results\":[{\"label\":\"fine\",\"score\":" + score
                        + ",\"scores\":{\"other\":" + (1 - score) + ",\"fine\":" + score
                        + "},\"tokens\":5,\"truncated\":false}],\"timings\":{");
        JsonNode timings = JSON.readTree(response.body()).get("timings");
        assertThat(timings.get("batch_tokens").intValue()).isEqualTo(5);
        long parts = timings.get("tokenize_us").longValue() + timings.get("queue_us").longValue() + timings.get("compute_us").longValue();
        assertThat(timings.get("total_us").longValue()).isGreaterThanOrEqualTo(parts);
    }

    @Test
    void topK() throws Exception {
        JsonNode one = ok("{\"inputs\": \"fine\", \"top_k\": 1}").get(0);
        assertThat(one.get("scores").toString()).isEqualTo("{\"fine\":" + Served.score("fine") + "}");
        JsonNode more = ok("{\"inputs\": \"fine\", \"top_k\": 9}").get(0);
        assertThat(more.get("scores").fieldNames()).toIterable().containsExactly("fine", "other");
    }

    @Test
    void rawScores() throws Exception {
        JsonNode result = ok("{\"inputs\": \"fine\", \"raw_scores\": true}").get(0);
        assertThat(result.get("logits").toString()).isEqualTo("{\"other\":0.0,\"fine\":1.0}");
        assertThat(ok("{\"inputs\": \"fine\", \"raw_scores\": false}").get(0).has("logits")).isFalse();
    }

    @Test
    void textOverTheLengthLimitIsCutOrRefused() throws Exception {
        String tooLong = "x".repeat(Served.EchoModel.LONGEST);
        assertThat(ok("{\"inputs\": \"" + tooLong + "\"}").get(0).get("truncated").booleanValue()).isTrue();
        String kept = tooLong.substring(1);
        assertThat(ok("{\"inputs\": \"" + kept + "\", \"truncate\": false}").get(0).get("truncated").booleanValue()).isFalse();
        refused(post("{\"inputs\": [\"a\", \"" + tooLong + "\"], \"truncate\": false}"), 400, "too_long", "Input 2 ");
    }

    @Test
    void textOfTooManyCharacters() throws Exception {
        String most = "x".repeat(Served.LIMITS.charactersPerText());
        assertThat(ok("{\"inputs\": [[\"a\", \"" + most + "\"]]}")).hasSize(1);
        refused(post("{\"inputs\": [[\"a\", \"" + most + "x\"]]}"), 400, "text_too_long", "Input 1 ");
    }

    @Test
    void requestIdsAreEchoedOrMade() throws Exception {
        RawClient.Response named = served.exchange(RawClient.post("{\"inputs\": \"a\"}", "X-Request-Id: order-66"));
        assertThat(named.headers()).containsEntry("x-request-id", "order-66");
        RawClient.Response unfit = served.exchange(RawClient.get("/nosuch", "X-Request-Id: a b"));
        assertThat(unfit.headers().get("x-request-id")).matches("[0-9a-f]{16}");
    }

    @Test
    void aFailureIsLoggedWithTheRequestsId() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(ClassifyService.class);
        Level before = logger.getLevel();
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.setLevel(Level.ERROR);
        logger.setAdditive(false);
        logger.addAppender(lines);
        try {
            served.exchange(RawClient.post("{\"inputs\": \"kernel failure\"}", "X-Request-Id: order-66"));
        } finally {
            logger.detachAppender(lines);
            logger.setAdditive(true);
            logger.setLevel(before);
        }
        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getFormattedMessage()).isEqualTo("Request order-66 failed in model echo.");
            assertThat(line.getThrowableProxy().getMessage()).isEqualTo("a kernel failed");
        });
    }

    @Test
    void traceContextIsPassedOn() throws Exception {
        String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assertThat(served.exchange(RawClient.post("{\"inputs\": \"a\"}", "traceparent: " + trace)).headers())
                .containsEntry("traceparent", trace);
        assertThat(served.exchange(RawClient.post("{\"inputs\": \"a\"}", "traceparent: " + trace.replace('4', 'x'))).headers())
                .doesNotContainKey("traceparent");
    }

    @Test
    void textsAndPairsAreAnsweredInTheirOrder() throws Exception {
        JsonNode results = ok("{\"model\": \"echo\", \"inputs\": [\"a\", [\"b\", \"c\"], \"d\", [\"a\", \"\"]]}");
        assertThat(results.findValuesAsText("label")).containsExactly("a", "b|c", "d", "a|");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\0", "a\0b", "😀", "字", "שלום", "a\u202eb", "\ufffd", "\t\r\n"})
    void anyWellFormedTextReachesTheModelAsItIs(String text) throws Exception {
        assertThat(ok(JSON.writeValueAsString(Map.of("inputs", text))).findValuesAsText("label")).containsExactly(text);
    }

    @Test
    void aVeryLongWordReachesTheModel() throws Exception {
        String word = "x".repeat(40_000);
        assertThat(ok("{\"inputs\": \"" + word + "\"}").findValuesAsText("label")).containsExactly(word);
    }

    @Test
    void escapedSurrogatePairIsOneCharacter() throws Exception {
        assertThat(ok("{\"inputs\": \"\\ud83d\\ude00\"}").findValuesAsText("label")).containsExactly("😀");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\ud83d", "\\ude00", "a\\ud83d b", "\\ude00\\ud83d"})
    void loneSurrogate(String text) throws Exception {
        refused(post("{\"inputs\": [\"fine\", \"" + text + "\"]}"), 400, "invalid_text", "Input 2 ");
        refused(post("{\"inputs\": [[\"fine\", \"" + text + "\"]]}"), 400, "invalid_text", "Input 1 ");
    }

    @Test
    void invalidUtf8() throws Exception {
        for (byte[] bad : List.of(
                new byte[] {(byte) 0xff}, new byte[] {(byte) 0xc0, (byte) 0x80}, new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80})) {
            byte[] body = "{\"inputs\": \"?????\"}".getBytes(StandardCharsets.UTF_8);
            System.arraycopy(bad, 0, body, 12, bad.length);
            refused(post(body), 400, "invalid_utf8", "UTF-8");
        }
    }

    @Test
    void utf16IsNotGuessed() throws Exception {
        assertThat(post("{\"inputs\": \"a\"}".getBytes(StandardCharsets.UTF_16LE)).statusCode()).isEqualTo(400);
    }

    @Test
    void malformedJson() throws Exception {
        refused(post("{\"inputs\":\n  }"), 400, "malformed_json", "line 2, column");
        refused(post("{\"inputs\": \"a"), 400, "malformed_json", "line 1");
        refused(post("{\"inputs\": [\"a\"]"), 400, "malformed_json", "expected close marker for Object.");
        refused(post("{\"inputs\": \"a\"} {}"), 400, "malformed_json", "line 1");
        refused(post("{\"inputs\": \"a\", \"inputs\": \"b\"}"), 400, "malformed_json", "Duplicate field 'inputs'");
        refused(post("[".repeat(60_000)), 400, "malformed_json", "depth");
        refused(post("{\"inputs\": " + "9".repeat(60_000) + "}"), 400, "malformed_json", "length");
    }

    @Test
    void emptyBody() throws Exception {
        refused(post(""), 400, "wrong_type", "JSON object");
    }

    @Test
    void wrongTypes() throws Exception {
        refused(post("[]"), 400, "wrong_type", "JSON object");
        refused(post("null"), 400, "wrong_type", "JSON object");
        refused(post("{\"inputs\": 3}"), 400, "wrong_type", "'inputs'");
        refused(post("{\"inputs\": null}"), 400, "wrong_type", "'inputs'");
        refused(post("{\"inputs\": {}}"), 400, "wrong_type", "'inputs'");
        refused(post("{\"inputs\": [\"a\", 3]}"), 400, "wrong_type", "Input 2 ");
        refused(post("{\"inputs\": [[\"a\"]]}"), 400, "wrong_type", "Input 1 ");
        refused(post("{\"inputs\": [[\"a\", \"b\", \"c\"]]}"), 400, "wrong_type", "Input 1 ");
        refused(post("{\"inputs\": [[\"a\", null]]}"), 400, "wrong_type", "Input 1 ");
        refused(post("{\"model\": 3, \"inputs\": \"a\"}"), 400, "wrong_type", "'model'");
        refused(post("{\"inputs\": \"a\", \"top_k\": 0}"), 400, "wrong_type", "'top_k'");
        refused(post("{\"inputs\": \"a\", \"top_k\": 1.5}"), 400, "wrong_type", "'top_k'");
        refused(post("{\"inputs\": \"a\", \"raw_scores\": \"yes\"}"), 400, "wrong_type", "'raw_scores'");
        refused(post("{\"inputs\": \"a\", \"truncate\": null}"), 400, "wrong_type", "'truncate'");
    }

    @Test
    void missingField() throws Exception {
        refused(post("{\"model\": \"echo\"}"), 400, "missing_field", "'inputs'");
    }

    @Test
    void unknownField() throws Exception {
        refused(post("{\"inputs\": \"a\", \"topk\": 1}"), 400, "unknown_field", "'topk'");
    }

    @Test
    void noInputs() throws Exception {
        refused(post("{\"inputs\": []}"), 400, "no_inputs", "list of inputs is empty");
    }

    @Test
    void oversizedBatch() throws Exception {
        assertThat(ok("{\"inputs\": [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"]}")).hasSize(8);
        refused(post("{\"inputs\": [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}"), 400, "too_many_inputs", "at most 8");
    }

    @Test
    void unknownModel() throws Exception {
        refused(post("{\"model\": \"nosuch\", \"inputs\": \"a\"}"), 404, "unknown_model", "served are echo");
    }

    @Test
    void severalModelsMustBeNamed() throws Exception {
        try (Served two = new Served(Served.LIMITS, 1, "one", "two")) {
            assertThat(two.exchange(RawClient.post("{\"inputs\": \"a\"}")).body()).contains("missing_field", "one, two");
            assertThat(two.exchange(RawClient.post("{\"model\": \"two\", \"inputs\": \"a\"}")).body()).startsWith("{\"model\":\"two\"");
            assertThat(two.models.get("one").calls).hasValue(0);
        }
    }

    @Test
    void inputThatDoesNotFitTheModel() throws Exception {
        refused(post("{\"inputs\": \"unfit\"}"), 400, "invalid_input", "does not fit");
    }

    @ParameterizedTest
    @ValueSource(strings = {"kernel failure", "kernel error"})
    void kernelFailureFailsThatRequestOnly(String text) throws Exception {
        refused(post("{\"inputs\": \"" + text + "\"}"), 500, "internal", "log");
        assertThat(ok("{\"inputs\": \"fine\"}").findValuesAsText("label")).containsExactly("fine");
    }

    private JsonNode ok(String body) throws Exception {
        HttpResponse<String> response = post(body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body()).get("results");
    }

    private static void refused(HttpResponse<String> response, int status, String code, String sentence) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        JsonNode error = JSON.readTree(response.body()).get("error");
        assertThat(error.get("code").textValue()).isEqualTo(code);
        assertThat(error.get("message").textValue()).contains(sentence).endsWith(".").doesNotContain("\n");
    }

    private HttpResponse<String> post(String body) throws Exception {
        return post(body.getBytes(StandardCharsets.UTF_8));
    }

    private HttpResponse<String> post(byte[] body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + served.server.address().getPort() + "/v1/classify"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
