package dev.filigree.server;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;

/** A request that is answered with an error: an HTTP status, a code for programs and a sentence for people. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    /** When a queue that was full may have room again: it is emptied in well under a second. */
    private static final int RETRY_AFTER_SECONDS = 1;

    private final transient HttpResponseStatus status;
    private final String code;
    private final transient Map<CharSequence, String> headers;

    private ApiException(HttpResponseStatus status, String code, String message, Map<CharSequence, String> headers) {
        // An answer, not a fault: neither cause nor stack trace is worth its price here.
        super(message, null, false, false);
        this.status = status;
        this.code = code;
        this.headers = headers;
    }

    ApiException(HttpResponseStatus status, String code, String message) {
        this(status, code, message, Map.of());
    }

    static ApiException badRequest(String code, String message) {
        return new ApiException(HttpResponseStatus.BAD_REQUEST, code, message);
    }

    static ApiException methodNotAllowed(String allowed) {
        return new ApiException(
                HttpResponseStatus.METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This path answers to " + allowed + " only.",
                Map.of(HttpHeaderNames.ALLOW, allowed));
    }

    static ApiException internal() {
        return new ApiException(
                HttpResponseStatus.INTERNAL_SERVER_ERROR, "internal", "The model failed on this request; the server's log says why.");
    }

    static ApiException overloaded() {
        return new ApiException(
                HttpResponseStatus.TOO_MANY_REQUESTS,
                "overloaded",
                "Too many requests are waiting; try again in " + RETRY_AFTER_SECONDS + " s.",
                Map.of(HttpHeaderNames.RETRY_AFTER, Integer.toString(RETRY_AFTER_SECONDS)));
    }

    HttpResponseStatus status() {
        return status;
    }

    String code() {
        return code;
    }

    /** Headers that belong to this error, such as Allow. */
    Map<CharSequence, String> headers() {
        return headers;
    }
}
