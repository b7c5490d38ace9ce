package dev.filigree.tests.load.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.tests.load.FakeServer;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How answers are read. */
@Timeout(60)
class WireTest {
    private static final byte[] REQUEST = "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static Wire.Reply read(String answer) throws IOException {
        try (FakeServer server = new FakeServer(_ -> answer.getBytes(StandardCharsets.UTF_8));
                Wire wire = new Wire(server.address(), PATIENCE)) {
            wire.send(REQUEST);
            return wire.read();
        }
    }

    private static void refuses(String answer, String part) {
        assertThatThrownBy(() -> read(answer)).isInstanceOf(IOException.class).hasMessageContaining(part);
    }

    @Test
    void anAnswerIsStatusHeadersAndAsManyBytesAsItSays() throws IOException {
        Wire.Reply reply = read("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nCONTENT-length:  4\r\n\r\nbody and more");
        assertThat(reply.status()).isEqualTo(429);
        assertThat(reply.headers()).containsEntry("retry-after", "1").containsEntry("content-length", "4");
        assertThat(reply.body()).asString(StandardCharsets.UTF_8).isEqualTo("body");
        assertThat(reply.closes()).isFalse();
        assertThat(read("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n").closes()).isTrue();
    }

    @Test
    void answersFollowEachOther() throws IOException {
        try (FakeServer server = new FakeServer(request -> FakeServer.reply(200, request.substring(5, 6)));
                Wire wire = new Wire(server.address(), PATIENCE)) {
            wire.send("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(wire.read().body()).asString(StandardCharsets.UTF_8).isEqualTo("a");
            assertThat(wire.read().body()).asString(StandardCharsets.UTF_8).isEqualTo("b");
        }
    }

    @Test
    void whatIsNoAnswerIsRefused() {
        refuses("SSH-2.0-OpenSSH\r\n\r\n", "no status line");
        refuses("HTTP/1.1 99999 What\r\n\r\n", "no status line");
        refuses("HTTP/1.1 200 OK\r\nthis is no header\r\n\r\n", "no header");
        refuses("HTTP/1.1 200 OK\r\n\r\n", "its length is ''");
        refuses("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "its length is '-1'");
        refuses("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", "its length is '999999999'");
    }

    @Test
    void aServerThatClosesIsToldFromOneThatStalls() throws IOException {
        expect(_ -> new byte[0], EOFException.class);
        expect(_ -> {
            LockSupport.parkNanos(Duration.ofSeconds(5).toNanos());
            return new byte[0];
        }, SocketTimeoutException.class);
    }

    private static void expect(FakeServer.Handler handler, Class<? extends IOException> failure) throws IOException {
        try (FakeServer server = new FakeServer(handler); Wire wire = new Wire(server.address(), Duration.ofMillis(300))) {
            assertThatThrownBy(() -> {
                wire.send(REQUEST);
                wire.read();
            }).isInstanceOf(failure);
        }
    }
}
