package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.filigree.server.api.proto.ClassifyProto.ClassifyRequest;
import dev.filigree.server.api.proto.ClassifyProto.ClassifyResponse;
import dev.filigree.server.api.proto.ClassifyProto.Input;
import dev.filigree.server.api.proto.ClassifyProto.Result;
import dev.filigree.server.api.proto.ClassifyProto.Score;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code POST /v1/classify} in protobuf, beside the same in JSON. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ClassifyProtobufTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PROTOBUF = "application/x-protobuf";
    private static final UnknownFieldSet UNKNOWN = UnknownFieldSet.newBuilder()
            .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build()).build();

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

    private static ClassifyRequest.Builder request(String... texts) {
        ClassifyRequest.Builder request = ClassifyRequest.newBuilder();
        for (String text : texts) {
            request.addInputs(Input.newBuilder().setText(text));
        }
        return request;
    }

    private HttpResponse<byte[]> post(byte[] body, String type, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + served.server.address().getPort() + "/v1/classify"))
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private ClassifyResponse ok(ClassifyRequest request) throws Exception {
        HttpResponse<byte[]> response = post(request.toByteArray(), PROTOBUF);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains(PROTOBUF);
        return ClassifyResponse.parseFrom(response.body());
    }

    private JsonNode json(Object request) throws Exception {
        HttpResponse<byte[]> response = post(JSON.writeValueAsBytes(request), "application/json");
        assertThat(response.statusCode()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private void refused(byte[] body, String code, String sentence) throws Exception {
        HttpResponse<byte[]> response = post(body, PROTOBUF, "Accept", PROTOBUF);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        JsonNode error = JSON.readTree(response.body()).get("error");
        assertThat(error.get("code").textValue()).isEqualTo(code);
        assertThat(error.get("message").textValue()).contains(sentence).endsWith(".").doesNotContain("\n");
    }

    @Test
    void answersAreThoseOfJson() throws Exception {
        List<Object> inputs = List.of("fine", List.of("one", "other"), "", "x".repeat(Served.EchoModel.LONGEST), "字 😀", List.of("a", ""));
        for (int topK = 0; topK <= 3; topK++) {
            for (boolean raw : new boolean[] {false, true}) {
                ClassifyRequest.Builder request = request().setRawScores(raw).setModel("echo");
                for (Object input : inputs) {
                    request.addInputs(input instanceof List<?> pair
                            ? Input.newBuilder().setText((String) pair.get(0)).setSecond((String) pair.get(1))
                            : Input.newBuilder().setText((String) input));
                }
                Map<String, Object> question = topK == 0
                        ? Map.of("inputs", inputs, "raw_scores", raw)
                        : Map.of("inputs", inputs, "raw_scores", raw, "top_k", topK);
                ClassifyResponse answer = ok(topK == 0 ? request.build() : request.setTopK(topK).build());
                JsonNode expected = json(question);
                assertThat(answer.getModel()).isEqualTo(expected.get("model").textValue());
                assertThat(answer.getResultsCount()).isEqualTo(inputs.size());
                for (int i = 0; i < inputs.size(); i++) {
                    same(answer.getResults(i), expected.get("results").get(i));
                }
            }
        }
    }

    private static void same(Result result, JsonNode expected) {
        assertThat(result.getLabel()).isEqualTo(expected.get("label").textValue());
        assertThat(Float.floatToIntBits(result.getScore())).isEqualTo(bits(expected.get("score")));
        same(result.getScoresList(), expected.get("scores"));
        same(result.getLogitsList(), expected.path("logits"));
        assertThat(result.getTokens()).isEqualTo(expected.get("tokens").intValue());
        assertThat(result.getTruncated()).isEqualTo(expected.get("truncated").booleanValue());
    }

    private static void same(List<Score> scores, JsonNode expected) {
        List<Map.Entry<String, Integer>> byLabel = new ArrayList<>();
        expected.properties().forEach(entry -> byLabel.add(Map.entry(entry.getKey(), bits(entry.getValue()))));
        assertThat(scores).extracting(score -> Map.entry(score.getLabel(), Float.floatToIntBits(score.getValue()))).isEqualTo(byLabel);
    }

    private static int bits(JsonNode number) {
        return Float.floatToIntBits(Float.parseFloat(number.asText()));
    }

    @Test
    void timings() throws Exception {
        ClassifyResponse answer = ok(request("fine").build());
        assertThat(answer.getTimings().getBatchTokens()).isEqualTo(5);
        assertThat(answer.getTimings().getTotalUs()).isGreaterThanOrEqualTo(answer.getTimings().getTokenizeUs()
                + answer.getTimings().getQueueUs() + answer.getTimings().getComputeUs());
    }

    @Test
    void textOverTheModelsLength() throws Exception {
        String tooLong = "x".repeat(Served.EchoModel.LONGEST);
        assertThat(ok(request(tooLong).build()).getResults(0).getTruncated()).isTrue();
        assertThat(ok(request(tooLong).setTruncate(true).build()).getResults(0).getTruncated()).isTrue();
        refused(request(tooLong).setTruncate(false).build().toByteArray(), "too_long", "Input 1 ");
    }

    @Test
    void malformed() throws Exception {
        byte[] good = request("fine", "finer").setTopK(1).build().toByteArray();
        refused(new byte[] {7}, "malformed_protobuf", "ClassifyRequest");
        refused(Arrays.copyOf(good, 4), "malformed_protobuf", "ClassifyRequest");
        refused("{\"inputs\": \"fine\"}".getBytes(StandardCharsets.UTF_8), "malformed_protobuf", "ClassifyRequest");
        // A length of two gigabytes must not be believed.
        refused(new byte[] {0x12, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 7}, "malformed_protobuf", "ClassifyRequest");
    }

    @Test
    void groupsInGroupsWithoutEnd() throws Exception {
        byte[] deep = new byte[50_000];
        Arrays.fill(deep, (byte) 0x7b);
        refused(deep, "malformed_protobuf", "ClassifyRequest");
    }

    @Test
    void invalidUtf8() throws Exception {
        for (ByteString bad : List.of(
                ByteString.fromHex("ff"), ByteString.fromHex("c080"), ByteString.fromHex("eda080"), ByteString.fromHex("f09f98"))) {
            byte[] text = request("????".substring(0, bad.size())).build().toByteArray();
            bad.copyTo(text, text.length - bad.size());
            refused(text, "malformed_protobuf", "UTF-8");
        }
    }

    @Test
    void whatIsNotThereIsToldAsInJson() throws Exception {
        refused(new byte[0], "no_inputs", "empty");
        refused(request("a").setTopK(0).build().toByteArray(), "wrong_type", "'top_k'");
        refused(request("a").setTopK(-1).build().toByteArray(), "wrong_type", "'top_k'");
        refused(request("1", "2", "3", "4", "5", "6", "7", "8", "9").build().toByteArray(), "too_many_inputs", "at most 8");
        HttpResponse<byte[]> unknown = post(request("a").setModel("").build().toByteArray(), PROTOBUF);
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(new String(unknown.body(), StandardCharsets.UTF_8)).contains("unknown_model");
    }

    @Test
    void unknownFieldsAreRefused() throws Exception {
        refused(request("a").setUnknownFields(UNKNOWN).build().toByteArray(), "unknown_field", "no field 99");
        byte[] inside = request().addInputs(Input.newBuilder().setText("a").setUnknownFields(UNKNOWN)).build().toByteArray();
        refused(inside, "unknown_field", "An Input has no field 99");
    }

    @Test
    void fieldOfAnotherType() throws Exception {
        UnknownFieldSet number = UnknownFieldSet.newBuilder()
                .addField(ClassifyRequest.MODEL_FIELD_NUMBER, UnknownFieldSet.Field.newBuilder().addVarint(1).build()).build();
        refused(request("a").setUnknownFields(number).build().toByteArray(), "unknown_field", "no field 1 of this type");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            */*                                                            | in kind
            application/*                                                  | in kind
            text/html                                                      | in kind
            application/json, application/x-protobuf                       | in kind
            application/json;q=0.5, application/x-protobuf; q=0.5          | in kind
            application/json                                               | application/json
            Application/JSON; charset=utf-8                                | application/json
            application/json, */*;q=0.1                                    | application/json
            application/x-protobuf;q=0, */*                                | application/json
            application/x-protobuf                                         | application/x-protobuf
            application/json;q=0.9, application/x-protobuf                 | application/x-protobuf
            application/json;q=0.001, application/*;q=0.002                | application/x-protobuf
            """)
    void acceptDecides(String accept, String expected) throws Exception {
        for (String type : List.of("application/json", "Application/X-Protobuf ; a=b")) {
            boolean inJson = type.equals("application/json");
            byte[] body = inJson ? "{\"inputs\": \"fine\"}".getBytes(StandardCharsets.UTF_8) : request("fine").build().toByteArray();
            HttpResponse<byte[]> response = post(body, type, "Accept", accept);
            String kind = expected.equals("in kind") ? inJson ? "application/json" : PROTOBUF : expected;
            assertThat(response.headers().firstValue("content-type")).as(type).contains(kind);
            String label = kind.equals(PROTOBUF)
                    ? ClassifyResponse.parseFrom(response.body()).getResults(0).getLabel()
                    : JSON.readTree(response.body()).at("/results/0/label").textValue();
            assertThat(label).isEqualTo("fine");
        }
    }

    @Test
    void theSchemaIsServed() throws Exception {
        RawClient.Response response = served.exchange(RawClient.get("/v1/classify.proto"));
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).contains("syntax = \"proto3\";", "message ClassifyRequest {");
    }
}
