package dev.filigree.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.filigree.server.http.Answer;
import dev.filigree.server.http.Endpoint;
import dev.filigree.server.http.Route;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** What describes the API to programs: {@code GET /openapi.json} and {@code GET /v1/classify.proto}. */
public final class ApiDocuments {
    private ApiDocuments() {}

    /**
     * Reads the documents once.
     *
     * @param version of the server
     */
    public static List<Route> routes(String version) {
        Answer openApi = Answer.json(HttpResponseStatus.OK, openApi(version));
        Answer schema = Answer.of(HttpResponseStatus.OK, "text/plain; charset=utf-8", read("/filigree_classify.proto"));
        return List.of(
                Route.get("/openapi.json", Endpoint.now(_ -> openApi)),
                Route.get("/v1/classify.proto", Endpoint.now(_ -> schema)));
    }

    /** Written in YAML for people, served in JSON for programs. */
    private static JsonNode openApi(String version) {
        try {
            JsonNode document = new YAMLMapper().readTree(read("openapi.yaml"));
            ((ObjectNode) document.get("info")).put("version", version);
            return document;
        } catch (IOException e) {
            throw new UncheckedIOException("The description of the API in this build of the server is no YAML.", e);
        }
    }

    private static byte[] read(String name) {
        try (InputStream file = ApiDocuments.class.getResourceAsStream(name)) {
            if (file == null) {
                throw new IllegalStateException("The file '" + name + "' is missing in this build of the server.");
            }
            return file.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("The file '" + name + "' of this build of the server cannot be read.", e);
        }
    }
}
