package dev.filigree.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;

/** A request that is answered with an error: an HTTP status, a code for programs and a sentence for people. Immutable. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    /** When a queue that was full may have room again: it is emptied in well under a second. */
    private static final int RETRY_AFTER_SECONDS = 1;
    /** 429: the queue is full. One for all, since it is thrown most when time is scarcest. */
    public static final ApiException OVERLOADED = new ApiException(
            HttpResponseStatus.TOO_MANY_REQUESTS,
            "overloaded",
            "Too many requests are waiting; try again in " + RETRY_AFTER_SECONDS + " s.",
            Map.of(HttpHeaderNames.RETRY_AFTER, Integer.toString(RETRY_AFTER_SECONDS)));

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

    /**
     * An error without headers.
     *
     * @param code a word for programs, lower case with underscores
     * @param message a sentence for people
     */
    public ApiException(HttpResponseStatus status, String code, String message) {
        this(status, code, message, Map.of());
    }

    /** 400. */
    public static ApiException badRequest(String code, String message) {
        return new ApiException(HttpResponseStatus.BAD_REQUEST, code, message);
    }

    /** 404: there is nothing at the path. */
    public static ApiException unknownPath() {
        return new ApiException(
                HttpResponseStatus.NOT_FOUND, "unknown_path", "There is nothing at this path; /openapi.json lists what there is.");
    }

    static ApiException methodNotAllowed(String allowed) {
        return new ApiException(
                HttpResponseStatus.METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This path answers to " + allowed + " only.",
                Map.of(HttpHeaderNames.ALLOW, allowed));
    }

    /** 401: a token is missing. */
    public static ApiException unauthorized(String message) {
        return new ApiException(
                HttpResponseStatus.UNAUTHORIZED, "unauthorized", message, Map.of(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer"));
    }

    /** 500: the fault is the server's. */
    public static ApiException internal() {
        return new ApiException(
                HttpResponseStatus.INTERNAL_SERVER_ERROR, "internal", "The model failed on this request; the server's log says why.");
    }

    /** HTTP status. */
    public HttpResponseStatus status() {
        return status;
    }

    /** A word for programs. */
    public String code() {
        return code;
    }

    /** Headers that belong to this error, such as Allow. */
    public Map<CharSequence, String> headers() {
        return headers;
    }
}
