package dev.filigree.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Date;
import java.util.Map;

/**
 * What a request is answered with.
 *
 * @param status HTTP status
 * @param json the body
 * @param headers headers beyond those that describe body and connection
 */
record Answer(HttpResponseStatus status, byte[] json, Map<CharSequence, String> headers) {
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Status(String status) {}

    private record Failure(String code, String message) {}

    private record Failed(Failure error) {}

    static Answer of(HttpResponseStatus status, Object value) {
        return new Answer(status, write(value), Map.of());
    }

    /** {@code {"status": …}}. */
    static Answer health(HttpResponseStatus status, String word) {
        return of(status, new Status(word));
    }

    /** {@code {"error": {"code": …, "message": …}}}. */
    static Answer error(ApiException e) {
        return new Answer(e.status(), write(new Failed(new Failure(e.code(), e.getMessage()))), e.headers());
    }

    private static byte[] write(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("An answer cannot be written as JSON.", e);
        }
    }

    /** As a response; one to a HEAD request describes the body and leaves it out. */
    FullHttpResponse response(boolean withBody) {
        ByteBuf body = withBody ? Unpooled.wrappedBuffer(json) : Unpooled.EMPTY_BUFFER;
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        response.headers().set(HttpHeaderNames.DATE, DateFormatter.format(new Date()));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON);
        response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, json.length);
        headers.forEach((name, value) -> response.headers().set(name, value));
        return response;
    }
}
