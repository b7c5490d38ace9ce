package dev.filigree.server.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.time.InstantSource;
import java.util.Optional;

/** Puts answers into the responses of Netty, which its codecs write. Thread-safe. */
public final class AnswerWriter {
    /** Not checked again: what the client has a part in was, when it was read. */
    private static final HttpHeadersFactory FIT_HEADERS = DefaultHttpHeadersFactory.headersFactory().withValidation(false);

    private final DateHeader date = new DateHeader(InstantSource.system());

    /**
     * What goes with an answer because of its request. All of it is fit for a header.
     *
     * @param id names the request
     * @param trace the trace that it belongs to
     * @param withBody whether the body is wanted; without it, it is only described
     * @param connection what becomes of the connection, where HTTP/1 must be told
     */
    record Envelope(String id, Optional<String> trace, boolean withBody, Optional<CharSequence> connection) {}

    /** The response that carries an answer, whole. */
    FullHttpResponse response(Answer answer, Envelope envelope) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, answer.status(),
                Unpooled.wrappedBuffer(body(answer, envelope)), FIT_HEADERS, FIT_HEADERS);
        HttpHeaders headers = response.headers()
                .add(HttpHeaderNames.DATE, date.now())
                .add(HttpHeaderNames.CONTENT_TYPE, answer.mediaType())
                .add(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(answer.body().length));
        answer.headers().forEach(headers::add);
        headers.add(RequestId.HEADER, envelope.id());
        envelope.trace().ifPresent(trace -> headers.add(TraceContext.HEADER, trace));
        envelope.connection().ifPresent(value -> headers.add(HttpHeaderNames.CONNECTION, value));
        return response;
    }

    /** A client that has the body already is not sent it again. */
    private static byte[] body(Answer answer, Envelope envelope) {
        return envelope.withBody() && !answer.status().equals(HttpResponseStatus.NOT_MODIFIED) ? answer.body() : new byte[0];
    }
}
