package dev.filigree.tests.load;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that answers as a test wants it to. */
public final class FakeServer implements AutoCloseable {
    private static final String END = "\r\n\r\n";

    private final ServerSocket listening;
    private final Handler handler;
    private final AtomicInteger connections = new AtomicInteger();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /** Answers requests; may be called on many threads at once. */
    public interface Handler {
        /** All that is sent back; nothing has the connection closed. */
        byte[] answer(String request);
    }

    /** Listens on a free port. */
    public FakeServer(Handler handler) throws IOException {
        this.handler = handler;
        this.listening = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
        threads.submit(this::accept);
    }

    /** An answer with a body. */
    public static byte[] reply(int status, String body, String... headers) {
        StringBuilder text = new StringBuilder("HTTP/1.1 " + status + " Whatever\r\nContent-Length: " + body.length() + "\r\n");
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        return text.append("\r\n").append(body).toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", listening.getLocalPort());
    }

    /** How many connections it has seen. */
    public int connections() {
        return connections.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listening.accept();
                connections.incrementAndGet();
                threads.submit(() -> serve(socket));
            }
        } catch (IOException e) {
            threads.shutdownNow();
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (String request = request(in); !request.isEmpty(); request = request(in)) {
                byte[] answer = handler.answer(request);
                if (answer.length == 0) {
                    return;
                }
                socket.getOutputStream().write(answer);
            }
        } catch (IOException e) {
            // The client is gone.
        }
    }

    private static String request(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < END.length() || !head.substring(head.length() - END.length()).equals(END)) {
            int b = in.read();
            if (b < 0) {
                return "";
            }
            head.append((char) b);
        }
        int length = head.toString().lines()
                .filter(line -> line.startsWith("Content-Length: "))
                .mapToInt(line -> Integer.parseInt(line.substring("Content-Length: ".length())))
                .findFirst()
                .orElse(0);
        return head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        listening.close();
        threads.shutdownNow();
    }
}
