package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Task;
import dev.filigree.server.http.Guard;
import dev.filigree.server.http.Route;
import dev.filigree.server.model.ModelRegistry;
import dev.filigree.server.model.ModelSettings;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The server does what /openapi.json says, and it says all that the server does. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class OpenApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOKEN = "Authorization: Bearer open-sesame";
    private static final String TRACE = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    @TempDir
    private Path folder;
    private ClassificationServer server;
    private ApiContract contract;

    @BeforeEach
    void serve() throws IOException {
        Map<String, Path> files = new LinkedHashMap<>();
        for (String name : List.of("sst2", "rte")) {
            Task task = new Task(name, List.of("negative", "positive"), false, name.equals("rte"));
            files.put(name, folder.resolve(name + ".filigree"));
            ModelWriter.write(TinyModel.of(files.size(), task, List.of()), files.get(name));
        }
        server = new ClassificationServer(
                ModelRegistry.open(ModelSettings.of(files)),
                Served.settings(Served.LIMITS, 1).with(new Guard(Optional.of("open-sesame"))));
        contract = new ApiContract(JSON.readTree(exchange(RawClient.get("/openapi.json", TOKEN)).body()));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RawClient.Response exchange(String request) throws IOException {
        return exchange(request, false);
    }

    private RawClient.Response exchange(String request, boolean toHead) throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            return client.send(request).read(toHead);
        }
    }

    @Test
    void everyRouteIsDescribedAndNothingElse() {
        Set<String> routes = server.routes().all().map(OpenApiTest::name).collect(Collectors.toSet());
        assertThat(contract.operations()).extracting(ApiContract.Operation::name).containsExactlyInAnyOrderElementsOf(routes);
    }

    private static String name(Route route) {
        return route.method() + " " + route.template();
    }

    @Test
    void whatNeedsNoTokenIsSaidSo() {
        Set<String> open = server.routes().all().filter(Route::isOpen).map(OpenApiTest::name).collect(Collectors.toSet());
        assertThat(contract.operations().stream().filter(ApiContract.Operation::isOpen).map(ApiContract.Operation::name))
                .containsExactlyInAnyOrderElementsOf(open);
    }

    @Test
    void mediaTypesOfBodiesAreThoseOfTheRoutes() {
        server.routes().all().forEach(route -> {
            JsonNode body = contract.resolve(contract.operation(name(route)).spec().path("requestBody"));
            assertThat(body.path("content").fieldNames()).toIterable().as(name(route)).containsExactlyElementsOf(route.mediaTypes());
        });
    }

    @Test
    void theVersionIsThatOfTheServer() throws Exception {
        String told = JSON.readTree(exchange(RawClient.get("/v2", TOKEN)).body()).get("version").textValue();
        assertThat(contract.document().at("/info/version").textValue()).isEqualTo(told);
    }

    @Test
    void theDocumentIsSound() {
        Set<String> ids = new HashSet<>();
        Set<String> tags = new HashSet<>(contract.document().get("tags").findValuesAsText("name"));
        for (ApiContract.Operation operation : contract.operations()) {
            assertThat(ids.add(operation.spec().get("operationId").textValue())).as(operation.name()).isTrue();
            assertThat(operation.spec().get("summary").textValue()).isNotEmpty();
            operation.spec().get("tags").forEach(tag -> assertThat(tags).contains(tag.textValue()));
            List<String> inPath = contract.parameters(operation).stream()
                    .filter(parameter -> parameter.get("in").textValue().equals("path"))
                    .map(parameter -> parameter.get("name").textValue()).toList();
            List<String> inTemplate = Pattern.compile("\\{(.*?)}").matcher(operation.template()).results()
                    .map(found -> found.group(1)).toList();
            assertThat(inPath).as(operation.name()).isEqualTo(inTemplate);
            operation.spec().get("responses").fieldNames().forEachRemaining(status -> {
                assertThat(status).matches("[2-5]\\d\\d|default");
                assertThat(contract.resolve(operation.spec().get("responses").get(status)).get("description").textValue()).isNotEmpty();
            });
        }
        Set<String> used = new HashSet<>(contract.document().findValuesAsText("$ref"));
        used.forEach(contract::at);
        for (Map.Entry<String, JsonNode> kind : contract.document().get("components").properties()) {
            if (!kind.getKey().equals("securitySchemes")) {
                kind.getValue().fieldNames().forEachRemaining(component ->
                        assertThat(used).contains("#/components/" + kind.getKey() + "/" + component));
            }
        }
    }

    @Test
    void schemasAreSchemas() {
        JsonSchema meta = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(SchemaLocation.of(SchemaId.V202012));
        List<JsonNode> schemas = new ArrayList<>(contract.document().findValues("schema"));
        contract.document().at("/components/schemas").forEach(schemas::add);
        assertThat(schemas).hasSizeGreaterThan(50);
        schemas.forEach(schema -> assertThat(meta.validate(schema)).as(schema.toString()).isEmpty());
    }

    @Test
    void examplesAreAsTheirSchemasWantThem() {
        List<JsonNode> all = contract.document().findParents("examples");
        assertThat(all).hasSizeGreaterThan(3);
        all.forEach(described -> described.get("examples").forEach(example ->
                contract.validate(example.toString(), described.get("schema"), example.get("value"))));
        contract.document().findParents("example").forEach(parameter ->
                contract.validate(parameter.toString(), parameter.get("schema"), parameter.get("example")));
    }

    /** A request for an operation as it should be, with one header more. */
    private String request(ApiContract.Operation operation, String path, String body, String header) {
        String type = body.isEmpty() ? "Accept: */*" : "Content-Type: application/json";
        int length = body.getBytes(StandardCharsets.UTF_8).length;
        return RawClient.head(operation.method(), path, "Content-Length: " + length, TOKEN, type, header) + body;
    }

    private List<String> bodies(ApiContract.Operation operation) {
        List<String> bodies = contract.bodies(operation).stream().map(JsonNode::toString).toList();
        return bodies.isEmpty() ? List.of("") : bodies;
    }

    @Test
    void everyOperationAnswersItsExamplesAsPromised() throws Exception {
        for (ApiContract.Operation operation : contract.operations()) {
            for (String body : bodies(operation)) {
                for (JsonNode parameter : contract.parameters(operation)) {
                    String header = parameter.get("in").textValue().equals("header")
                            ? parameter.get("name").textValue() + ": " + parameter.get("example").asText()
                            : TRACE;
                    RawClient.Response response = exchange(request(operation, contract.path(operation), body, header));
                    assertThat(response.status()).as(operation.name() + " " + response).isEqualTo(200);
                    assertThat(response.headers().containsKey("traceparent")).isEqualTo(header.startsWith("traceparent"));
                    contract.check(operation, response, false);
                }
            }
            if (operation.method().equals("GET")) {
                RawClient.Response head = exchange(RawClient.head("HEAD", contract.path(operation), TOKEN), true);
                assertThat(head.status()).as(operation.name()).isEqualTo(200);
                contract.check(operation, head, true);
            }
        }
    }

    @Test
    void everyOperationRefusesAsPromised() throws Exception {
        for (ApiContract.Operation operation : contract.operations()) {
            String path = contract.path(operation);
            String body = bodies(operation).getFirst();
            String good = request(operation, path, body, "Accept: */*");
            answers(operation, good.replace("Host: test\r\n", ""), 400);
            answers(operation, request(operation, path, body, "X-Request-Timeout-Ms: 0"), 400);
            answers(operation, good.replace(TOKEN, "Authorization: Bearer guess"), operation.isOpen() ? 200 : 401);
            answers(operation, RawClient.head(operation.method(), path, "Content-Length: 65537", TOKEN), 413);
            answers(operation, RawClient.head(operation.method(), path, "Transfer-Encoding: chunked", TOKEN)
                    + "10001\r\n" + " ".repeat(65_537) + "\r\n", 413);
            answers(operation, request(operation, path + "?" + "a".repeat(5000), body, "Accept: */*"), 414);
            answers(operation, request(operation, path, body, "Expect: miracles"), 417);
            answers(operation, request(operation, path, body, "X: " + "a".repeat(9000)), 431);
            answers(operation, good.replace("HTTP/1.1", "HTTP/3.0"), 505);
            if (!body.isEmpty()) {
                answers(operation, good.replace("application/json", "text/plain"), 415);
                answers(operation, request(operation, path, body, "Content-Encoding: gzip"), 415);
                answers(operation, request(operation, path, "{", "Accept: */*"), 400);
                answers(operation, request(operation, path, "{}", "Accept: */*"), 400);
            }
            for (JsonNode parameter : contract.parameters(operation)) {
                if (parameter.get("in").textValue().equals("path")) {
                    String other = path.replace("/" + parameter.get("example").textValue(), "/nosuch");
                    answers(operation, request(operation, other, body, "Accept: */*"), 404);
                }
            }
        }
    }

    private void answers(ApiContract.Operation operation, String request, int status) throws IOException {
        RawClient.Response response = exchange(request);
        assertThat(response.status()).as(operation.name() + " " + response + " to " + request.lines().limit(2).toList()).isEqualTo(status);
        contract.check(operation, response, false);
    }

    @Test
    void whatTheClientHasIsNotSentAgain() throws Exception {
        for (String name : List.of("GET /", "GET /page/{file}")) {
            ApiContract.Operation operation = contract.operation(name);
            RawClient.Response known = exchange(RawClient.get(contract.path(operation), "If-None-Match: *"), true);
            assertThat(known.status()).isEqualTo(304);
            contract.check(operation, known, false);
        }
    }

    @Test
    void aFileThatIsRefused() throws Exception {
        Files.write(folder.resolve("sst2.filigree"), new byte[] {1, 2, 3});
        ApiContract.Operation reload = contract.operation("POST /v1/models/{name}/reload");
        answers(reload, request(reload, contract.path(reload), "", "Accept: */*"), 422);
        ApiContract.Operation list = contract.operation("GET /v1/models");
        RawClient.Response listed = exchange(request(list, contract.path(list), "", "Accept: */*"));
        assertThat(listed.body()).contains("last_error");
        contract.check(list, listed, false);
    }

    @Test
    void aServerThatStops() throws Exception {
        List<ApiContract.Operation> operations = List.of(
                contract.operation("GET /health/ready"),
                contract.operation("GET /v2/health/ready"),
                contract.operation("GET /v2/models/{model}/ready"));
        List<RawClient> clients = new ArrayList<>();
        for (ApiContract.Operation operation : operations) {
            String head = RawClient.head("GET", contract.path(operation), "Content-Length: 1", "Expect: 100-continue", TOKEN);
            clients.add(new RawClient(server.address()).send(head));
            assertThat(clients.getLast().read().status()).isEqualTo(100);
        }
        Thread closing = Thread.ofVirtual().start(server::close);
        awaitNoListener();
        for (int i = 0; i < clients.size(); i++) {
            RawClient.Response response = clients.get(i).send(" ").read();
            assertThat(response.status()).isEqualTo(503);
            contract.check(operations.get(i), response, false);
            clients.get(i).close();
        }
        closing.join();
    }

    private void awaitNoListener() throws IOException {
        while (true) {
            try {
                new Socket(server.address().getAddress(), server.address().getPort()).close();
            } catch (ConnectException _) {
                return;
            }
        }
    }
}
