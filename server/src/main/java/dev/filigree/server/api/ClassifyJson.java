package dev.filigree.server.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * Writes answers as JSON, field by field: after a model has had the caches to itself, what finds its way through annotated classes takes
 * three times as long.
 */
final class ClassifyJson {
    private static final JsonFactory JSON = new JsonFactory();

    private ClassifyJson() {}

    static byte[] write(ClassifyResponse response) {
        ByteArrayBuilder bytes = new ByteArrayBuilder();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("model", response.model());
            json.writeArrayFieldStart("results");
            for (ClassifyResponse.Result result : response.results()) {
                write(result, json);
            }
            json.writeEndArray();
            write(response.timings(), json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("Memory cannot be written to.", e);
        }
        return bytes.toByteArray();
    }

    private static void write(ClassifyResponse.Result result, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("label", result.label());
        json.writeNumberField("score", result.score());
        write("scores", result.scores(), json);
        if (!result.logits().isEmpty()) {
            write("logits", result.logits(), json);
        }
        json.writeNumberField("tokens", result.tokens());
        json.writeBooleanField("truncated", result.truncated());
        json.writeEndObject();
    }

    private static void write(String name, Map<String, Float> byLabel, JsonGenerator json) throws IOException {
        json.writeObjectFieldStart(name);
        for (Map.Entry<String, Float> entry : byLabel.entrySet()) {
            json.writeNumberField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
    }

    private static void write(ClassifyResponse.Timings timings, JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("timings");
        json.writeNumberField("tokenize_us", timings.tokenize());
        json.writeNumberField("queue_us", timings.queue());
        json.writeNumberField("compute_us", timings.compute());
        json.writeNumberField("total_us", timings.total());
        json.writeNumberField("batch_tokens", timings.batchTokens());
        json.writeEndObject();
    }
}
