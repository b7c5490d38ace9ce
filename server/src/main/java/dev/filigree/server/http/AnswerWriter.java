package dev.filigree.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Writes answers. Those of HTTP/1.1 are written as they go over the wire, head and body into one buffer: after a model has had the caches
 * to itself, the way through a map of headers and an encoder takes longer than all of this. Thread-safe.
 */
public final class AnswerWriter {
    private static final int HEAD_BYTES = 512;

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

    /** For HTTP/1.1 and 1.0. */
    ByteBuf bytes(ByteBufAllocator allocator, Answer answer, Envelope envelope) {
        byte[] body = body(answer, envelope);
        ByteBuf bytes = allocator.ioBuffer(HEAD_BYTES + body.length);
        ascii(bytes, "HTTP/1.1 ");
        ascii(bytes, answer.status().codeAsText());
        bytes.writeByte(' ');
        ascii(bytes, answer.status().reasonPhrase());
        ascii(bytes, "\r\n");
        describe(answer, envelope, (name, value) -> header(bytes, name, value));
        envelope.connection().ifPresent(value -> header(bytes, HttpHeaderNames.CONNECTION, value));
        ascii(bytes, "\r\n");
        return bytes.writeBytes(body);
    }

    private static void header(ByteBuf bytes, CharSequence name, CharSequence value) {
        ascii(bytes, name);
        ascii(bytes, ": ");
        ascii(bytes, value);
        ascii(bytes, "\r\n");
    }

    /** For HTTP/2, which says in other ways what becomes of a connection. */
    FullHttpResponse message(Answer answer, Envelope envelope) {
        FullHttpResponse message =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, answer.status(), Unpooled.wrappedBuffer(body(answer, envelope)));
        describe(answer, envelope, (name, value) -> message.headers().set(name, value));
        return message;
    }

    /** A client that has the body already is not sent it again. */
    private static byte[] body(Answer answer, Envelope envelope) {
        return envelope.withBody() && !answer.status().equals(HttpResponseStatus.NOT_MODIFIED) ? answer.body() : new byte[0];
    }

    private void describe(Answer answer, Envelope envelope, BiConsumer<CharSequence, CharSequence> header) {
        header.accept(HttpHeaderNames.DATE, date.now());
        header.accept(HttpHeaderNames.CONTENT_TYPE, answer.mediaType());
        header.accept(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(answer.body().length));
        answer.headers().forEach(header);
        header.accept(RequestId.HEADER, envelope.id());
        envelope.trace().ifPresent(trace -> header.accept(TraceContext.HEADER, trace));
    }

    private static void ascii(ByteBuf bytes, CharSequence text) {
        ByteBufUtil.writeAscii(bytes, text);
    }
}
