package dev.filigree.server;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** A socket that says exactly what a test wants said. A read fails after ten seconds. */
final class RawClient implements AutoCloseable {
    private static final Duration LONGEST_READ = Duration.ofSeconds(10);

    private final Socket socket = new Socket();
    private final DataInputStream in;

    RawClient(InetSocketAddress address) throws IOException {
        socket.setSoTimeout((int) LONGEST_READ.toMillis());
        socket.connect(address);
        in = new DataInputStream(socket.getInputStream());
    }

    record Response(int status, Map<String, String> headers, String body) {}

    /** A classify request, whole. */
    static String post(String body, String... headers) {
        return head("POST", "/v1/classify", "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length, headers) + body;
    }

    static String get(String path, String... headers) {
        return head("GET", path, "Accept: */*", headers);
    }

    static String head(String method, String path, String header, String... headers) {
        StringBuilder text = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: test\r\n" + header + "\r\n");
        for (String more : headers) {
            text.append(more).append("\r\n");
        }
        return text.append("\r\n").toString();
    }

    RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    Response read() throws IOException {
        return read(false);
    }

    /** Reads one response; that to a HEAD request has no body. */
    Response read(boolean toHead) throws IOException {
        int status = Integer.parseInt(line().split(" ")[1]);
        Map<String, String> headers = new HashMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            String[] parts = line.split(": ", 2);
            headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1]);
        }
        byte[] body = new byte[toHead ? 0 : Integer.parseInt(headers.getOrDefault("content-length", "0"))];
        in.readFully(body);
        return new Response(status, headers, new String(body, StandardCharsets.UTF_8));
    }

    /** Whether the server has closed its side and sent nothing more. */
    boolean atEnd() throws IOException {
        return in.read() < 0;
    }

    /** Leaves without a farewell: the peer sees a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("The server closed after '" + line + "'.");
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.ISO_8859_1).strip();
    }
}
