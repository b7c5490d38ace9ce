package dev.filigree.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;

/** What the head of a request says, and every refusal that it already calls for whatever the path. */
final class RequestHead {
    private RequestHead() {}

    /** Refuses what is not HTTP/1.1, HTTP/1.0 or HTTP/2 as it should be. */
    static void check(HttpRequest head) {
        if (head.decoderResult().isFailure()) {
            throw malformed(head.decoderResult().cause());
        }
        HttpVersion version = head.protocolVersion();
        if (version.majorVersion() != 1) {
            throw new ApiException(
                    HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED, "http_version", "Only HTTP/2, HTTP/1.1 and HTTP/1.0 are spoken here.");
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

    /**
     * Refuses a body that the route does not take.
     *
     * @param bodyBytes longest body
     */
    static void checkBody(HttpRequest head, Route route, int bodyBytes) {
        if (HttpUtil.getContentLength(head, 0L) > bodyBytes) {
            throw tooLarge(bodyBytes);
        }
        if (route.mediaTypes().isEmpty()) {
            return;
        }
        CharSequence type = HttpUtil.getMimeType(head);
        if (type != null && !takes(route, AsciiString.trim(type))) {
            throw new ApiException(
                    HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
                    "wrong_content_type",
                    "The body must be " + String.join(" or ", route.mediaTypes()) + ", not " + type + ".");
        }
        String encoding = head.headers().get(HttpHeaderNames.CONTENT_ENCODING);
        if (encoding != null && !HttpHeaderValues.IDENTITY.contentEqualsIgnoreCase(encoding)) {
            throw new ApiException(
                    HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
                    "wrong_content_encoding",
                    "The body must not be compressed (" + encoding + ").");
        }
    }

    /** Characters of its headers. */
    static int length(HttpRequest head) {
        int length = 0;
        Iterator<Map.Entry<CharSequence, CharSequence>> headers = head.headers().iteratorCharSequence();
        while (headers.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = headers.next();
            length += header.getKey().length() + header.getValue().length();
        }
        return length;
    }

    private static boolean takes(Route route, CharSequence type) {
        for (String taken : route.mediaTypes()) {
            if (AsciiString.contentEqualsIgnoreCase(taken, type)) {
                return true;
            }
        }
        return false;
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
            default -> ApiException.badRequest("malformed_http", "This is not a valid HTTP request: " + cause.getMessage());
        };
    }
}
