package dev.filigree.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;
import java.util.Optional;

/**
 * What a request is answered with.
 *
 * @param status HTTP status
 * @param mediaType what the body is
 * @param body the body, perhaps empty; not to be changed
 * @param headers headers beyond those that describe body and connection
 * @param model the model that was asked, if one was found
 */
public record Answer(HttpResponseStatus status, String mediaType, byte[] body, Map<CharSequence, String> headers, Optional<String> model) {
    /** Media type of JSON. */
    public static final String JSON = "application/json";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private record Status(String status) {}

    private record Failure(String code, String message) {}

    private record Failed(Failure error) {}

    /** A body as it is. */
    public static Answer of(HttpResponseStatus status, String mediaType, byte[] body) {
        return new Answer(status, mediaType, body, Map.of(), Optional.empty());
    }

    /** A value as Jackson writes it. */
    public static Answer json(HttpResponseStatus status, Object value) {
        try {
            return of(status, JSON, MAPPER.writeValueAsBytes(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("An answer cannot be written as JSON.", e);
        }
    }

    /** {@code {"status": …}}. */
    public static Answer health(HttpResponseStatus status, String word) {
        return json(status, new Status(word));
    }

    /** {@code {"error": {"code": …, "message": …}}}. */
    public static Answer error(ApiException e) {
        return json(e.status(), new Failed(new Failure(e.code(), e.getMessage()))).with(e.headers());
    }

    /** The same with these headers in place of its own. */
    public Answer with(Map<CharSequence, String> others) {
        return new Answer(status, mediaType, body, others, model);
    }

    /** The same, given by a model. */
    public Answer by(String name) {
        return new Answer(status, mediaType, body, headers, Optional.of(name));
    }
}
