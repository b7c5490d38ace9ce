package dev.filigree.tests.load.soak;

import java.io.BufferedInputStream;
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

/** One connection on which anything at all can be sent. For one thread. */
final class Wire implements AutoCloseable {
    private static final int MOST_BYTES = 1 << 24;

    private final Socket socket = new Socket();
    private final DataInputStream in;

    /**
     * An answer.
     *
     * @param status HTTP status
     * @param headers by name in lower case
     * @param body as many bytes as the headers say
     */
    record Reply(int status, Map<String, String> headers, byte[] body) {
        /** Whether the server closes the connection after it. */
        boolean closes() {
            return "close".equalsIgnoreCase(headers.get("connection"));
        }
    }

    /** Connects; whatever takes longer than the patience from then on is a {@link java.net.SocketTimeoutException}. */
    Wire(InetSocketAddress server, Duration patience) throws IOException {
        try {
            socket.connect(server, (int) patience.toMillis());
            socket.setSoTimeout((int) patience.toMillis());
            socket.setTcpNoDelay(true);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /**
     * Reads an answer.
     *
     * @throws EOFException when the server closed instead
     * @throws IOException when it is no HTTP, or the connection broke
     */
    Reply read() throws IOException {
        String line = line();
        String[] start = line.split(" ", 3);
        if (start.length < 2 || !start[0].startsWith("HTTP/1.") || !start[1].matches("[1-5]\\d\\d")) {
            throw new IOException("'" + line + "' is no status line");
        }
        Map<String, String> headers = new HashMap<>();
        for (String header = line(); !header.isEmpty(); header = line()) {
            String[] parts = header.split(":", 2);
            if (parts.length < 2) {
                throw new IOException("'" + header + "' is no header");
            }
            headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1].strip());
        }
        String length = headers.getOrDefault("content-length", "");
        if (!length.matches("\\d{1,9}") || Integer.parseInt(length) > MOST_BYTES) {
            throw new IOException("an answer says its length is '" + length + "'");
        }
        byte[] body = new byte[Integer.parseInt(length)];
        in.readFully(body);
        return new Reply(Integer.parseInt(start[1]), Map.copyOf(headers), body);
    }

    /** Leaves without a farewell: the server sees a reset. */
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
                throw new EOFException("the server closed the connection");
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }
}
