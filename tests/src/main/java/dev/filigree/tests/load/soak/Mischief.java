package dev.filigree.tests.load.soak;

import dev.filigree.tests.load.client.Requests;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A request that must be refused with a 4xx, and harm nothing else.
 *
 * @param name what is wrong with it
 * @param bytes all that is sent
 */
record Mischief(String name, byte[] bytes) {
    private static final int LONG_HEADER = 100_000;
    private static final int MANY_TEXTS = 5000;
    private static final int DEEP = 5000;

    static List<Mischief> all(InetSocketAddress server) {
        String host = "Host: " + server.getHostString() + ":" + server.getPort() + "\r\n";
        return List.of(
                body(server, "no JSON", "this is no JSON"),
                body(server, "JSON that ends too early", "{\"inputs\": [\"a"),
                body(server, "JSON with a tail", "{\"inputs\": \"a\"} {}"),
                body(server, "JSON as deep as a well", "[".repeat(DEEP)),
                body(server, "empty body", ""),
                body(server, "an array for an object", "[1, 2]"),
                body(server, "no inputs", "{}"),
                body(server, "an empty list", "{\"inputs\": []}"),
                body(server, "a number for a text", "{\"inputs\": [1]}"),
                body(server, "three texts for a pair", "{\"inputs\": [[\"a\", \"b\", \"c\"]]}"),
                body(server, "a field twice", "{\"inputs\": \"a\", \"inputs\": \"b\"}"),
                body(server, "an unknown field", "{\"inputs\": \"a\", \"bogus\": 1}"),
                body(server, "an unknown model", "{\"model\": \"nosuch\", \"inputs\": \"a\"}"),
                body(server, "half a surrogate pair", "{\"inputs\": \"\\ud800\"}"),
                body(server, "too many texts", "{\"inputs\": [" + "\"a\", ".repeat(MANY_TEXTS) + "\"a\"]}"),
                new Mischief("invalid UTF-8", Requests.post(server, new byte[] {'"', (byte) 0xC3, (byte) 0x28, '"'})),
                raw("a wrong path", "GET /nosuch HTTP/1.1\r\n" + host + "\r\n"),
                raw("a wrong method", "DELETE /v1/classify HTTP/1.1\r\n" + host + "\r\n"),
                raw("a wrong content type",
                        "POST /v1/classify HTTP/1.1\r\n" + host + "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\na"),
                raw("a compressed body",
                        "POST /v1/classify HTTP/1.1\r\n" + host + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na"),
                raw("a length of a terabyte", "POST /v1/classify HTTP/1.1\r\n" + host + "Content-Length: 1099511627776\r\n\r\n"),
                raw("two lengths", "POST /v1/classify HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
                raw("a length and chunks", "POST /v1/classify HTTP/1.1\r\n" + host
                        + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                raw("a chunk of no size", "POST /v1/classify HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"),
                raw("no host", "GET /health/live HTTP/1.1\r\n\r\n"),
                raw("a header without end", "GET /health/live HTTP/1.1\r\n" + host + "X-Long: " + "x".repeat(LONG_HEADER) + "\r\n\r\n"),
                raw("a request line without end", "GET /" + "x".repeat(LONG_HEADER) + " HTTP/1.1\r\n" + host + "\r\n"));
    }

    private static Mischief body(InetSocketAddress server, String name, String json) {
        return new Mischief(name, Requests.post(server, json.getBytes(StandardCharsets.UTF_8)));
    }

    private static Mischief raw(String name, String request) {
        return new Mischief(name, request.getBytes(StandardCharsets.US_ASCII));
    }
}
