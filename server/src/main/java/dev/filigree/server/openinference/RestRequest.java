package dev.filigree.server.openinference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.filigree.server.api.Json;
import dev.filigree.server.http.ApiException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the JSON of a request for inference. */
final class RestRequest {
    private static final Set<String> REQUEST_FIELDS = fields("id", "parameters", "inputs", "outputs");
    private static final Set<String> INPUT_FIELDS = fields("name", "shape", "datatype", "parameters", "data");
    private static final Set<String> OUTPUT_FIELDS = fields("name", "parameters");

    private RestRequest() {}

    private static Set<String> fields(String... names) {
        return new LinkedHashSet<>(List.of(names));
    }

    /**
     * Reads the JSON object that the specification calls {@code $inference_request}.
     *
     * @throws ApiException when the body is anything else
     */
    static InferRequest parse(byte[] body) {
        JsonNode root = Json.read(body);
        requireFields(root, "The body", REQUEST_FIELDS);
        Optional<String> id = Optional.ofNullable(root.get("id")).map(node -> string(node, "The field 'id'"));
        List<JsonInput> inputs = new ArrayList<>();
        for (JsonNode input : array(root, "inputs")) {
            inputs.add(input(input, "Input " + (inputs.size() + 1)));
        }
        List<InferRequest.Wanted> outputs = new ArrayList<>();
        if (root.has("outputs")) {
            for (JsonNode output : array(root, "outputs")) {
                String which = "Output " + (outputs.size() + 1);
                requireFields(output, which, OUTPUT_FIELDS);
                String name = name(output, which);
                outputs.add(new InferRequest.Wanted(name, parameters(output, "the output '" + name + "'")));
            }
        }
        return new InferRequest(id, parameters(root, "the body"), inputs, outputs);
    }

    private static JsonInput input(JsonNode node, String which) {
        requireFields(node, which, INPUT_FIELDS);
        String name = name(node, which);
        String owner = "the input '" + name + "'";
        JsonNode shape = node.path("shape");
        List<Long> dimensions = new ArrayList<>();
        for (JsonNode dimension : shape) {
            if (!dimension.canConvertToExactIntegral() || !dimension.canConvertToLong()) {
                throw wrongType("The field 'shape' of " + owner + " must hold whole numbers.");
            }
            dimensions.add(dimension.longValue());
        }
        if (!shape.isArray()) {
            throw wrongType("The field 'shape' of " + owner + " must be an array of whole numbers.");
        }
        String datatype = string(node.path("datatype"), "The field 'datatype' of " + owner);
        return new JsonInput(name, datatype, dimensions, parameters(node, owner), node.path("data"));
    }

    /**
     * An input in JSON.
     *
     * @param data a missing node where there is none
     */
    private record JsonInput(String name, String datatype, List<Long> shape, Map<String, Object> parameters, JsonNode data)
            implements InputTensor {
        @Override
        public List<String> texts(long count) {
            if (!data.isArray()) {
                throw wrongType("The field 'data' of the input '" + name + "' must be an array.");
            }
            if (data.size() != count) {
                throw ApiException.badRequest("wrong_shape", "The input '" + name + "' holds " + data.size()
                        + " elements, but its shape " + shape + " says " + count + ".");
            }
            List<String> texts = new ArrayList<>(data.size());
            for (JsonNode row : data) {
                // Of a tensor [n, 1] the rows may be arrays, or its one dimension may be left out.
                JsonNode element = shape.size() == 2 && row.isArray() && row.size() == 1 ? row.get(0) : row;
                String which = "Element " + (texts.size() + 1) + " of the input '" + name + "'";
                if (!element.isTextual()) {
                    throw wrongType(which + " must be a string.");
                }
                texts.add(Json.text(element, which));
            }
            return texts;
        }
    }

    private static void requireFields(JsonNode node, String which, Set<String> known) {
        if (!node.isObject()) {
            throw wrongType(which + " must be a JSON object with the fields " + String.join(", ", known) + ".");
        }
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (!known.contains(field.getKey())) {
                throw ApiException.badRequest(
                        "unknown_field", which + " has no field '" + field.getKey() + "': known are " + String.join(", ", known) + ".");
            }
        }
    }

    private static JsonNode array(JsonNode node, String field) {
        JsonNode array = node.path(field);
        if (array.isMissingNode()) {
            throw ApiException.badRequest("missing_field", "The field '" + field + "' is missing.");
        }
        if (!array.isArray()) {
            throw wrongType("The field '" + field + "' must be an array.");
        }
        return array;
    }

    private static String name(JsonNode node, String which) {
        return string(node.path("name"), "The field 'name' of " + which.toLowerCase(Locale.ROOT));
    }

    private static String string(JsonNode node, String which) {
        if (!node.isTextual()) {
            throw wrongType(which + " must be a string.");
        }
        return Json.text(node, which);
    }

    private static Map<String, Object> parameters(JsonNode node, String owner) {
        JsonNode parameters = node.path("parameters");
        if (parameters.isMissingNode()) {
            return Map.of();
        }
        if (!parameters.isObject()) {
            throw wrongType("The field 'parameters' of " + owner + " must be a JSON object.");
        }
        Map<String, Object> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> parameter : parameters.properties()) {
            JsonNode value = parameter.getValue();
            values.put(parameter.getKey(), switch (value.getNodeType()) {
                case BOOLEAN -> value.booleanValue();
                case NUMBER -> value.numberValue();
                case STRING -> value.textValue();
                default -> throw wrongType("The parameter '" + parameter.getKey() + "' must be a string, a number or a boolean.");
            });
        }
        return values;
    }

    private static ApiException wrongType(String sentence) {
        return ApiException.badRequest("wrong_type", sentence);
    }
}
