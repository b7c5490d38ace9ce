package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What an OpenAPI document promises, to hold answers against it. */
final class ApiContract {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonSchemaFactory SCHEMAS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

    private final JsonNode document;
    private final Map<JsonNode, JsonSchema> schemas = new IdentityHashMap<>();

    /**
     * Something that can be asked.
     *
     * @param method in upper case
     * @param template the path
     * @param spec what the document says of it
     */
    record Operation(String method, String template, JsonNode spec) {
        /** A name for messages, and for the set of operations. */
        String name() {
            return method + " " + template;
        }

        /** Whether it needs no token. */
        boolean isOpen() {
            return spec.has("security") && spec.get("security").isEmpty();
        }
    }

    ApiContract(JsonNode document) {
        this.document = document;
    }

    JsonNode document() {
        return document;
    }

    List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
            for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
                operations.add(new Operation(method.getKey().toUpperCase(Locale.ROOT), path.getKey(), method.getValue()));
            }
        }
        return operations;
    }

    Operation operation(String name) {
        return operations().stream().filter(operation -> operation.name().equals(name)).findFirst().orElseThrow();
    }

    /** The object itself, or the one that it refers to. */
    JsonNode resolve(JsonNode node) {
        return node.has("$ref") ? at(node.get("$ref").textValue()) : node;
    }

    /** What a reference refers to. */
    JsonNode at(String reference) {
        assertThat(reference).startsWith("#/");
        JsonNode target = document.at(reference.substring(1));
        assertThat(target.isMissingNode()).as("the target of %s is missing", reference).isFalse();
        return target;
    }

    List<JsonNode> parameters(Operation operation) {
        List<JsonNode> parameters = new ArrayList<>();
        operation.spec().path("parameters").forEach(parameter -> parameters.add(resolve(parameter)));
        return parameters;
    }

    /** The path with the examples of its parameters in their places. */
    String path(Operation operation) {
        String path = operation.template();
        for (JsonNode parameter : parameters(operation)) {
            if (parameter.get("in").textValue().equals("path")) {
                path = path.replace("{" + parameter.get("name").textValue() + "}", parameter.get("example").textValue());
            }
        }
        return path;
    }

    /** The examples of a JSON body, of which there are none where there is no body. */
    List<JsonNode> bodies(Operation operation) {
        List<JsonNode> bodies = new ArrayList<>();
        json(resolve(operation.spec().path("requestBody"))).path("examples").forEach(example -> bodies.add(example.get("value")));
        return bodies;
    }

    private static JsonNode json(JsonNode described) {
        return described.path("content").path("application/json");
    }

    /** Every code that an error of an operation may have. */
    Set<String> codes(Operation operation) {
        Set<String> codes = new TreeSet<>();
        operation.spec().get("responses").forEach(response -> json(resolve(response))
                .at("/schema/properties/error/properties/code/enum").forEach(code -> codes.add(code.textValue())));
        return codes;
    }

    /** Checks an answer's status, headers, media type and body. */
    void check(Operation operation, RawClient.Response response, boolean toHead) {
        String what = operation.name() + " answered " + response;
        JsonNode responses = operation.spec().get("responses");
        JsonNode listed = responses.path(Integer.toString(response.status()));
        if (listed.isMissingNode()) {
            assertThat(document.at("/components/responses/HttpError/description").textValue())
                    .as(what).contains("| " + response.status() + " | `");
        }
        JsonNode promised = resolve(listed.isMissingNode() ? responses.get("default") : listed);
        checkHeaders(what, promised, response);
        if (promised.has("content")) {
            String type = response.headers().get("content-type").split(";")[0];
            assertThat(promised.get("content").has(type)).as(what).isTrue();
            if (!toHead) {
                checkBody(what, promised.get("content").get(type).get("schema"), type, response.body());
            }
        } else {
            assertThat(response.body()).as(what).isEmpty();
        }
    }

    private void checkHeaders(String what, JsonNode promised, RawClient.Response response) {
        for (Map.Entry<String, JsonNode> header : promised.get("headers").properties()) {
            String value = response.headers().get(header.getKey().toLowerCase(Locale.ROOT));
            JsonNode spec = resolve(header.getValue());
            if (spec.path("required").asBoolean()) {
                assertThat(value).as("header %s: %s", header.getKey(), what).isNotNull();
            }
            if (value != null) {
                validate("header " + header.getKey() + ": " + what, spec.get("schema"), JSON.getNodeFactory().textNode(value));
            }
        }
    }

    private void checkBody(String what, JsonNode schema, String type, String body) {
        try {
            validate(what, schema, type.equals("application/json") ? JSON.readTree(body) : JSON.getNodeFactory().textNode(body));
        } catch (JsonProcessingException e) {
            throw new AssertionError(what, e);
        }
    }

    /** Fails unless a value is as a schema of the document wants it. */
    void validate(String what, JsonNode schema, JsonNode value) {
        Set<ValidationMessage> faults = schemas.computeIfAbsent(schema, this::compile)
                .validate(value, context -> context.getExecutionConfig().setFormatAssertionsEnabled(true));
        assertThat(faults).as(what).isEmpty();
    }

    /** As a document of its own, in which references still lead somewhere. */
    private JsonSchema compile(JsonNode schema) {
        ObjectNode whole = JSON.createObjectNode();
        whole.putArray("allOf").add(schema);
        whole.set("components", document.get("components"));
        return SCHEMAS.getSchema(whole);
    }
}
