package dev.filigree.server;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.Set;

/** What the server can be asked, and every refusal that the head of a request already calls for. */
enum Route {
    /** The process is up. */
    LIVE("/health/live", "GET, HEAD"),
    /** New requests are welcome. */
    READY("/health/ready", "GET, HEAD"),
    /** Texts in, labels out. */
    CLASSIFY("/v1/classify", "POST");

    private final String path;
    private final String allowed;

    Route(String path, String allowed) {
        this.path = path;
        this.allowed = allowed;
    }

    /**
     * The route of a request.
     *
     * @param head the request without its body
     * @param bodyBytes longest body
     * @throws ApiException when the request is refused whatever its body holds
     */
    static Route of(HttpRequest head, int bodyBytes) {
        requireHttp(head);
        if (HttpUtil.getContentLength(head, 0L) > bodyBytes) {
            throw tooLarge(bodyBytes);
        }
        String path = path(head.uri());
        for (Route route : values()) {
            if (route.path.equals(path)) {
                route.require(head);
                return route;
            }
        }
        throw new ApiException(
                HttpResponseStatus.NOT_FOUND,
                "unknown_path",
                "There is nothing at this path: known are /v1/classify, /health/live and /health/ready.");
    }

    static ApiException tooLarge(int bodyBytes) {
        return new ApiException(
                HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                "too_large",
                "The body is longer than the " + bodyBytes + " bytes taken here.");
    }

    static ApiException malformed(Throwable cause) {
        return switch (cause) {
            case TooLongHttpLineException _ -> new ApiException(
                    HttpResponseStatus.REQUEST_URI_TOO_LONG, "line_too_long", "The request line is too long.");
            case TooLongHttpHeaderException _ -> new ApiException(
                    HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", "The headers are too long.");
            default -> ApiException.badRequest("malformed_http", "This is not a valid HTTP/1.1 request: " + cause.getMessage());
        };
    }

    private static void requireHttp(HttpRequest head) {
        if (head.decoderResult().isFailure()) {
            throw malformed(head.decoderResult().cause());
        }
        HttpVersion version = head.protocolVersion();
        if (version.majorVersion() != 1) {
            throw new ApiException(
                    HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED, "http_version", "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
        }
        int hosts = head.headers().getAll(HttpHeaderNames.HOST).size();
        if (hosts > 1 || hosts == 0 && version.minorVersion() > 0) {
            throw ApiException.badRequest("malformed_http", "A request must have one Host header, not " + hosts + ".");
        }
        String expected = head.headers().get(HttpHeaderNames.EXPECT);
        if (expected != null && !HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(expected)) {
            throw new ApiException(HttpResponseStatus.EXPECTATION_FAILED, "expectation", "Only 'Expect: 100-continue' is understood.");
        }
    }

    /** The path of an origin-form or absolute-form target (RFC 9112, 3.2), undecoded: no known path has anything to decode. */
    private static String path(String target) {
        int scheme = target.startsWith("/") ? -1 : target.indexOf("://");
        int start = scheme < 0 ? 0 : target.indexOf('/', scheme + "://".length());
        return start < 0 ? "/" : new QueryStringDecoder(target.substring(start)).rawPath();
    }

    private void require(HttpRequest head) {
        if (!Set.of(allowed.split(", ")).contains(head.method().name())) {
            throw ApiException.methodNotAllowed(allowed);
        }
        if (head.method().equals(HttpMethod.POST)) {
            requireJson(head);
        }
    }

    private static void requireJson(HttpRequest head) {
        CharSequence type = HttpUtil.getMimeType(head);
        if (type != null && !HttpHeaderValues.APPLICATION_JSON.contentEqualsIgnoreCase(type)) {
            throw new ApiException(
                    HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
                    "wrong_content_type",
                    "The body must be application/json, not " + type + ".");
        }
        String encoding = head.headers().get(HttpHeaderNames.CONTENT_ENCODING);
        if (encoding != null && !HttpHeaderValues.IDENTITY.contentEqualsIgnoreCase(encoding)) {
            throw new ApiException(
                    HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
                    "wrong_content_encoding",
                    "The body must not be compressed (" + encoding + ").");
        }
    }
}
