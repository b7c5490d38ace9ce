package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import io.netty.handler.codec.http2.Http2Error;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What RFC 9113 wants of a server, by its sections, in the manner of h2spec. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class Http2ConformanceTest {
    private static final byte[] GET_LIVE =
            FrameClient.literals(":method", "GET", ":scheme", "http", ":path", "/health/live", ":authority", "test");
    private static final byte[] POST = FrameClient.literals(
            ":method", "POST", ":scheme", "http", ":path", "/v1/classify", ":authority", "test");
    private static final int HEAD = FrameClient.END_HEADERS;
    private static final int WHOLE = FrameClient.END_HEADERS | FrameClient.END_STREAM;

    private static Served served;

    @BeforeAll
    static void serve() throws IOException {
        served = new Served();
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    /** What a test says after the greeting. */
    @FunctionalInterface
    interface Talk {
        void with(FrameClient client) throws IOException;
    }

    private static FrameClient greeted() throws IOException {
        return FrameClient.greeted(served.server.address());
    }

    private static byte[] bytes(int length) {
        return new byte[length];
    }

    private static byte[] withHeader(byte[] block, String name, String value) {
        byte[] more = FrameClient.literals(name, value);
        byte[] both = Arrays.copyOf(block, block.length + more.length);
        System.arraycopy(more, 0, both, block.length, more.length);
        return both;
    }

    private static Arguments of(String section, Http2Error error, Talk talk) {
        return argumentSet(section, error, talk);
    }

    private static Arguments request(String section, String... namesAndValues) {
        return of(section, Http2Error.PROTOCOL_ERROR, client ->
                client.frame(FrameClient.HEADERS, WHOLE, 1, FrameClient.literals(namesAndValues)));
    }

    static Stream<Arguments> connectionErrors() {
        return Stream.of(
                of("4.2 frame over SETTINGS_MAX_FRAME_SIZE", Http2Error.FRAME_SIZE_ERROR, client ->
                        client.frame(FrameClient.HEADERS, HEAD, 1, POST).frame(FrameClient.DATA, 0, 1, bytes(16_385))),
                of("4.3 broken header block", Http2Error.COMPRESSION_ERROR, client ->
                        client.frame(FrameClient.HEADERS, WHOLE, 1, 0x80)),
                of("5.1 idle: DATA", Http2Error.PROTOCOL_ERROR, client -> client.frame(FrameClient.DATA, 0, 1, 1)),
                of("5.1 idle: RST_STREAM", Http2Error.PROTOCOL_ERROR, client -> client.frame(FrameClient.RST_STREAM, 0, 1, 0, 0, 0, 8)),
                of("5.1 idle: WINDOW_UPDATE", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.WINDOW_UPDATE, 0, 1, 0, 0, 0, 1)),
                of("5.1 idle: CONTINUATION", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.CONTINUATION, HEAD, 1, GET_LIVE)),
                of("5.1.1 even stream", Http2Error.PROTOCOL_ERROR, client -> client.frame(FrameClient.HEADERS, WHOLE, 2, GET_LIVE)),
                of("5.5 unknown frame amid a header block", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, 0, 1, GET_LIVE).frame(0x16, 0, 0, 1)),
                of("6.1 DATA on stream 0", Http2Error.PROTOCOL_ERROR, client -> client.frame(FrameClient.DATA, 0, 0, 1)),
                of("6.1 DATA padded beyond its end", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, HEAD, 1, POST).frame(FrameClient.DATA, FrameClient.PADDED, 1, 5, 1)),
                of("6.2 HEADERS on stream 0", Http2Error.PROTOCOL_ERROR, client -> client.frame(FrameClient.HEADERS, WHOLE, 0, GET_LIVE)),
                of("6.2 HEADERS padded beyond its end", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, WHOLE | FrameClient.PADDED, 1, 200, 1)),
                of("6.2 HEADERS, then DATA before CONTINUATION", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, 0, 1, POST).frame(FrameClient.DATA, 0, 1, 1)),
                of("6.2 HEADERS, then HEADERS of another stream", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, 0, 1, POST).frame(FrameClient.HEADERS, HEAD, 3, POST)),
                of("6.3 PRIORITY on stream 0", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.PRIORITY, 0, 0, 0, 0, 0, 1, 1)),
                of("6.4 RST_STREAM on stream 0", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.RST_STREAM, 0, 0, 0, 0, 0, 8)),
                of("6.4 RST_STREAM of a wrong length", Http2Error.FRAME_SIZE_ERROR, client ->
                        client.frame(FrameClient.HEADERS, HEAD, 1, POST).frame(FrameClient.RST_STREAM, 0, 1, 0, 0, 8)),
                of("6.5 SETTINGS on a stream", Http2Error.PROTOCOL_ERROR, client -> client.frame(FrameClient.SETTINGS, 0, 1)),
                of("6.5 SETTINGS of a wrong length", Http2Error.FRAME_SIZE_ERROR, client ->
                        client.frame(FrameClient.SETTINGS, 0, 0, 0, 3, 0)),
                of("6.5 acknowledgement with a payload", Http2Error.FRAME_SIZE_ERROR, client ->
                        client.frame(FrameClient.SETTINGS, FrameClient.ACK, 0, 0, 3, 0, 0, 0, 1)),
                of("6.5.2 ENABLE_PUSH of 2", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.SETTINGS, 0, 0, 0, 2, 0, 0, 0, 2)),
                of("6.5.2 INITIAL_WINDOW_SIZE over 2^31-1", Http2Error.FLOW_CONTROL_ERROR, client ->
                        client.frame(FrameClient.SETTINGS, 0, 0, 0, 4, 0x80, 0, 0, 0)),
                of("6.5.2 MAX_FRAME_SIZE under 2^14", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.SETTINGS, 0, 0, 0, 5, 0, 0, 0x3f, 0xff)),
                of("6.7 PING on a stream", Http2Error.PROTOCOL_ERROR, client -> client.frame(FrameClient.PING, 0, 1, bytes(8))),
                of("6.7 PING of a wrong length", Http2Error.FRAME_SIZE_ERROR, client -> client.frame(FrameClient.PING, 0, 0, bytes(6))),
                of("6.8 GOAWAY on a stream", Http2Error.PROTOCOL_ERROR, client -> client.frame(FrameClient.GOAWAY, 0, 1, bytes(8))),
                of("6.9 WINDOW_UPDATE of 0 for the connection", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.WINDOW_UPDATE, 0, 0, 0, 0, 0, 0)),
                of("6.9 WINDOW_UPDATE of a wrong length", Http2Error.FRAME_SIZE_ERROR, client ->
                        client.frame(FrameClient.WINDOW_UPDATE, 0, 0, 0, 0, 1)),
                of("6.9.1 window of the connection over 2^31-1", Http2Error.FLOW_CONTROL_ERROR, client ->
                        client.frame(FrameClient.WINDOW_UPDATE, 0, 0, 0x7f, 0xff, 0xff, 0xff)),
                of("6.10 CONTINUATION on stream 0", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, 0, 1, POST).frame(FrameClient.CONTINUATION, HEAD, 0, GET_LIVE)),
                of("6.10 CONTINUATION after END_HEADERS", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, HEAD, 1, POST).frame(FrameClient.CONTINUATION, HEAD, 1, GET_LIVE)),
                of("8.4 PUSH_PROMISE of a client", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, HEAD, 1, POST)
                                .frame(FrameClient.PUSH_PROMISE, HEAD, 1, withHeader(bytes(4), ":method", "GET"))));
    }

    /** The server names the error and closes; some it may also keep to the stream, which is stricter than section 5.4 asks. */
    @ParameterizedTest
    @MethodSource("connectionErrors")
    void brokenConnectionIsToldAndClosed(Http2Error error, Talk talk) throws IOException {
        try (FrameClient client = greeted()) {
            talk.with(client);
            Optional<FrameClient.Frame> goAway = client.read(FrameClient.GOAWAY);
            assertThat(goAway).isPresent();
            assertThat(Http2Error.valueOf(goAway.get().error())).isEqualTo(error);
            assertThat(client.read(FrameClient.GOAWAY)).isEmpty();
        }
    }

    static Stream<Arguments> streamErrors() {
        return Stream.of(
                of("5.1 half-closed (remote): DATA", Http2Error.STREAM_CLOSED, client ->
                        client.frame(FrameClient.HEADERS, WHOLE, 1, withHeader(POST, "x", "y")).frame(FrameClient.DATA, 0, 1, 1)),
                of("6.3 PRIORITY of a wrong length", Http2Error.FRAME_SIZE_ERROR, client ->
                        client.frame(FrameClient.HEADERS, HEAD, 1, POST).frame(FrameClient.PRIORITY, 0, 1, 0, 0, 0, 1)),
                of("6.9 WINDOW_UPDATE of 0 for a stream", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, HEAD, 1, POST).frame(FrameClient.WINDOW_UPDATE, 0, 1, 0, 0, 0, 0)),
                of("6.9.1 window of a stream over 2^31-1", Http2Error.FLOW_CONTROL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, HEAD, 1, POST)
                                .frame(FrameClient.WINDOW_UPDATE, 0, 1, 0x7f, 0xff, 0xff, 0xff)),
                of("8.1 trailers that do not end the stream", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, HEAD, 1, POST)
                                .frame(FrameClient.HEADERS, HEAD, 1, FrameClient.literals("x", "y"))),
                of("8.1.1 content-length over the body", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, HEAD, 1, withHeader(POST, "content-length", "9"))
                                .frame(FrameClient.DATA, FrameClient.END_STREAM, 1, 1)),
                of("8.1.1 content-length under the body", Http2Error.PROTOCOL_ERROR, client ->
                        client.frame(FrameClient.HEADERS, HEAD, 1, withHeader(POST, "content-length", "1"))
                                .frame(FrameClient.DATA, FrameClient.END_STREAM, 1, 1, 2, 3)),
                request("8.2.1 upper-case field", ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", "X", "y"),
                request("8.2.2 connection-specific field",
                        ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", "connection", "close"),
                request("8.2.2 TE that is not trailers",
                        ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", "te", "gzip"),
                request("8.3 unknown pseudo-field", ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", ":x", "y"),
                request("8.3 pseudo-field of an answer", ":method", "GET", ":scheme", "http", ":path", "/", ":status", "200"),
                request("8.3 pseudo-field after a field", ":method", "GET", ":scheme", "http", "x", "y", ":path", "/"),
                request("8.3 pseudo-field twice", ":method", "GET", ":method", "GET", ":scheme", "http", ":path", "/"),
                request("8.3.1 no method", ":scheme", "http", ":path", "/", ":authority", "a"),
                request("8.3.1 no scheme", ":method", "GET", ":path", "/", ":authority", "a"),
                request("8.3.1 no path", ":method", "GET", ":scheme", "http", ":authority", "a"),
                request("8.3.1 empty path", ":method", "GET", ":scheme", "http", ":path", "", ":authority", "a"));
    }

    /** A reset of the stream, or an end of the connection, which section 5.4.1 allows in place of it. */
    @ParameterizedTest
    @MethodSource("streamErrors")
    void brokenStreamIsReset(Http2Error error, Talk talk) throws IOException {
        try (FrameClient client = greeted()) {
            talk.with(client);
            Optional<FrameClient.Frame> frame = client.read();
            while (frame.isPresent() && frame.get().type() != FrameClient.RST_STREAM && frame.get().type() != FrameClient.GOAWAY) {
                assertThat(frame.get().type()).as("an answer").isNotEqualTo(FrameClient.DATA);
                frame = client.read();
            }
            assertThat(frame).isPresent();
            assertThat(Http2Error.valueOf(frame.get().error())).isEqualTo(error);
        }
    }

    /** Section 5.1.1 would have the connection ended; Netty's codec takes such a stream for one that was closed. */
    @Test
    void aLowerStreamThanBeforeIsNotAnswered() throws IOException {
        try (FrameClient client = greeted()) {
            client.frame(FrameClient.HEADERS, HEAD, 5, POST).frame(FrameClient.HEADERS, WHOLE, 3, GET_LIVE);
            assertAnswers(client, 7);
        }
    }

    @Test
    void wrongPrefaceIsNotHttp2() throws IOException {
        try (FrameClient client = new FrameClient(served.server.address())) {
            client.raw("PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            client.raw(bytes(9));
            assertThat(client.read(FrameClient.SETTINGS)).isEmpty();
        }
    }

    @Test
    void aPrefaceInPieces() throws IOException {
        try (FrameClient client = new FrameClient(served.server.address())) {
            for (byte one : "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII)) {
                client.raw(new byte[] {one});
            }
            client.frame(FrameClient.SETTINGS, 0, 0);
            assertThat(client.read(FrameClient.SETTINGS)).isPresent();
            assertAnswers(client, 1);
        }
    }

    @Test
    void whatIsUnknownIsIgnored() throws IOException {
        try (FrameClient client = greeted()) {
            client.frame(0x16, 0xff, 0, 1, 2, 3);
            client.frame(FrameClient.SETTINGS, 0, 0, 0, 0xfe, 0, 0, 0, 1);
            assertThat(client.read(FrameClient.SETTINGS).orElseThrow().flags()).isEqualTo(FrameClient.ACK);
            assertAnswers(client, 1);
        }
    }

    @Test
    void pingIsAnsweredWithItsOwnBytes() throws IOException {
        try (FrameClient client = greeted()) {
            client.frame(FrameClient.PING, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
            FrameClient.Frame pong = client.read(FrameClient.PING).orElseThrow();
            assertThat(pong.flags()).isEqualTo(FrameClient.ACK);
            assertThat(pong.payload()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
        }
    }

    @Test
    void headersInPiecesAndPadding() throws IOException {
        try (FrameClient client = greeted()) {
            byte[] first = Arrays.copyOf(GET_LIVE, 10);
            byte[] rest = Arrays.copyOfRange(GET_LIVE, 10, GET_LIVE.length);
            client.frame(FrameClient.HEADERS, FrameClient.END_STREAM, 1, first).frame(FrameClient.CONTINUATION, HEAD, 1, rest);
            assertThat(client.read(FrameClient.DATA).orElseThrow().payload()).asString().isEqualTo("{\"status\":\"live\"}");
            byte[] padded = new byte[GET_LIVE.length + 4];
            padded[0] = 3;
            System.arraycopy(GET_LIVE, 0, padded, 1, GET_LIVE.length);
            client.frame(FrameClient.HEADERS, WHOLE | FrameClient.PADDED, 3, padded);
            assertThat(client.read(FrameClient.DATA).orElseThrow().stream()).isEqualTo(3);
        }
    }

    @Test
    void aBodyBeyondTheLimitIsRefusedAndTheRestNotWanted() throws IOException {
        try (FrameClient client = greeted()) {
            client.frame(FrameClient.HEADERS, HEAD, 1, withHeader(POST, "content-length", "99999999"));
            assertThat(client.read(FrameClient.DATA).orElseThrow().payload()).asString().contains("too_large");
            assertThat(client.read(FrameClient.RST_STREAM).orElseThrow().error()).isEqualTo((int) Http2Error.NO_ERROR.code());
            assertAnswers(client, 3);
        }
    }

    @Test
    void streamsBeyondTheLimitAreRefused() throws IOException {
        try (FrameClient client = greeted()) {
            for (int i = 0; i < 101; i++) {
                client.frame(FrameClient.HEADERS, HEAD, 2 * i + 1, POST);
            }
            FrameClient.Frame refused = client.read(FrameClient.RST_STREAM).orElseThrow();
            assertThat(refused.stream()).isEqualTo(201);
            assertThat(Http2Error.valueOf(refused.error())).isEqualTo(Http2Error.REFUSED_STREAM);
        }
    }

    @Test
    void aFloodOfResetsEndsTheConnection() throws IOException {
        try (FrameClient client = greeted()) {
            for (int i = 0; i < 1000; i++) {
                int stream = 2 * i + 1;
                try {
                    client.frame(FrameClient.HEADERS, HEAD, stream, POST).frame(FrameClient.RST_STREAM, 0, stream, 0, 0, 0, 8);
                } catch (IOException e) {
                    // The server has closed already.
                    break;
                }
            }
            client.read(FrameClient.GOAWAY).ifPresent(goAway ->
                    assertThat(Http2Error.valueOf(goAway.error())).isEqualTo(Http2Error.ENHANCE_YOUR_CALM));
            assertThat(client.read(FrameClient.PING)).isEmpty();
        }
    }

    private static void assertAnswers(FrameClient client, int stream) throws IOException {
        client.frame(FrameClient.HEADERS, WHOLE, stream, GET_LIVE);
        FrameClient.Frame answer = client.read(FrameClient.DATA).orElseThrow();
        assertThat(answer.stream()).isEqualTo(stream);
        assertThat(answer.payload()).asString().isEqualTo("{\"status\":\"live\"}");
    }
}
