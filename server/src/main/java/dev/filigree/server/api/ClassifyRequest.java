package dev.filigree.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.filigree.runtime.TextInput;
import dev.filigree.server.http.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The body of {@code POST /v1/classify}.
 *
 * @param model name of a served model, empty when it was left out
 * @param inputs what to classify, in order
 * @param topK how many labels to tell the scores of, empty for all
 * @param rawScores whether logits are told, too
 * @param truncate whether a text over the model's length is cut, and not refused
 */
record ClassifyRequest(Optional<String> model, List<TextInput> inputs, OptionalInt topK, boolean rawScores, boolean truncate) {
    private static final List<String> FIELDS = List.of("model", "inputs", "top_k", "raw_scores", "truncate");

    /**
     * Reads {@code {"inputs": "text" | ["text", ["a", "b"], …], …}}.
     *
     * @throws ApiException when the body is anything else
     */
    static ClassifyRequest parse(byte[] body) {
        JsonNode root = Json.read(body);
        if (!root.isObject()) {
            throw ApiException.badRequest("wrong_type", "The body must be a JSON object with the field 'inputs'.");
        }
        for (Map.Entry<String, JsonNode> field : root.properties()) {
            if (!FIELDS.contains(field.getKey())) {
                throw ApiException.badRequest(
                        "unknown_field", "There is no field '" + field.getKey() + "': known are " + String.join(", ", FIELDS) + ".");
            }
        }
        JsonNode model = root.path("model");
        require(model.isMissingNode() || model.isTextual(), "The field 'model' must be a string.");
        JsonNode inputs = root.get("inputs");
        if (inputs == null) {
            throw ApiException.badRequest("missing_field", "The field 'inputs' is missing.");
        }
        JsonNode topK = root.path("top_k");
        require(topK.isMissingNode() || topK.isInt() && topK.intValue() > 0, "The field 'top_k' must be a whole number of at least 1.");
        return new ClassifyRequest(
                Optional.ofNullable(model.textValue()),
                inputs(inputs),
                topK.isMissingNode() ? OptionalInt.empty() : OptionalInt.of(topK.intValue()),
                flag(root, "raw_scores", false),
                flag(root, "truncate", true));
    }

    /** What it asks of the service. */
    ClassifyService.Query query() {
        return new ClassifyService.Query(model, inputs, truncate);
    }

    private static boolean flag(JsonNode root, String name, boolean absent) {
        JsonNode node = root.path(name);
        require(node.isMissingNode() || node.isBoolean(), "The field '" + name + "' must be true or false.");
        return node.asBoolean(absent);
    }

    private static void require(boolean condition, String sentence) {
        if (!condition) {
            throw ApiException.badRequest("wrong_type", sentence);
        }
    }

    private static List<TextInput> inputs(JsonNode node) {
        if (node.isTextual()) {
            return List.of(TextInput.of(text(node, 0)));
        }
        require(node.isArray(), "The field 'inputs' must be a string or an array.");
        List<TextInput> inputs = new ArrayList<>(node.size());
        for (JsonNode entry : node) {
            inputs.add(input(entry, inputs.size()));
        }
        return inputs;
    }

    private static TextInput input(JsonNode entry, int index) {
        if (entry.isTextual()) {
            return TextInput.of(text(entry, index));
        }
        if (entry.isArray() && entry.size() == 2 && entry.get(0).isTextual() && entry.get(1).isTextual()) {
            return TextInput.of(text(entry.get(0), index), text(entry.get(1), index));
        }
        throw ApiException.badRequest("wrong_type", "Input " + (index + 1) + " must be a string or an array of two strings.");
    }

    private static String text(JsonNode node, int index) {
        return Json.text(node, "Input " + (index + 1));
    }
}
