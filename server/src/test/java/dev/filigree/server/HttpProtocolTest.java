package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests as bytes: framing, methods, headers, and what becomes of the connection. */
@ExtendWith(LeakCheck.class)
class HttpProtocolTest {
    private static final String FINE = "{\"inputs\": \"fine\"}";

    private Served served;
    private RawClient client;

    @BeforeEach
    void serve() throws IOException {
        served = new Served();
        client = served.connect();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        served.close();
    }

    @Test
    void healthAnswers() throws IOException {
        assertThat(client.send(RawClient.get("/health/live")).read().body()).isEqualTo("{\"status\":\"live\"}");
        assertThat(client.send(RawClient.get("/health/ready?verbose=1")).read().body()).isEqualTo("{\"status\":\"ready\"}");
    }

    @Test
    void headIsAnsweredLikeGetWithoutTheBody() throws IOException {
        client.send(RawClient.head("HEAD", "/health/live", "Accept: */*") + RawClient.get("/health/live"));
        RawClient.Response response = client.read(true);
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.headers()).containsEntry("content-length", "17");
        assertThat(client.read().body()).isEqualTo("{\"status\":\"live\"}");
    }

    @Test
    void unknownPathKeepsTheConnection() throws IOException {
        refused(client.send(RawClient.get("/v3/health/live")).read(), 404, "unknown_path");
        refused(client.send(RawClient.get("/%zz")).read(), 404, "unknown_path");
        assertThat(client.send(RawClient.get("http://anywhere/health/live")).read().status()).isEqualTo(200);
    }

    @Test
    void wrongMethodNamesTheRightOne() throws IOException {
        RawClient.Response response = client.send(RawClient.get("/v1/classify")).read();
        refused(response, 405, "method_not_allowed");
        assertThat(response.headers()).containsEntry("allow", "POST").doesNotContainKey("connection");
        response = client.send(RawClient.head("DELETE", "/health/ready", "Accept: */*")).read();
        refused(response, 405, "method_not_allowed");
        assertThat(response.headers()).containsEntry("allow", "GET, HEAD");
    }

    @Test
    void wrongContentType() throws IOException {
        refused(served.exchange(RawClient.post(FINE, "Content-Type: text/plain")), 415, "wrong_content_type");
        refused(served.exchange(RawClient.post(FINE, "Content-Encoding: gzip")), 415, "wrong_content_encoding");
        assertThat(served.exchange(RawClient.post(FINE, "Content-Type: Application/JSON; charset=utf-8")).status()).isEqualTo(200);
        assertThat(served.exchange(RawClient.post(FINE, "Content-Type: application/json ; charset=utf-8")).status()).isEqualTo(200);
        assertThat(served.model().calls).hasValue(2);
    }

    @Test
    void oversizedBodyIsRefusedBeforeItIsSent() throws IOException {
        refusedAndClosed(client.send(RawClient.head("POST", "/v1/classify", "Content-Length: 65537")).read(), 413, "too_large");
    }

    @Test
    void oversizedBodyIsRefusedWhileItIsSent() throws IOException {
        client.send(RawClient.head("POST", "/v1/classify", "Transfer-Encoding: chunked"));
        String chunk = "8000\r\n" + " ".repeat(0x8000) + "\r\n";
        client.send(chunk + chunk + chunk);
        refusedAndClosed(client.read(), 413, "too_large");
    }

    @Test
    void refusalReachesAClientThatGoesOnSending() throws IOException {
        client.send(RawClient.head("POST", "/v1/classify", "Content-Length: 4000000"));
        client.send(" ".repeat(4_000_000));
        refusedAndClosed(client.read(), 413, "too_large");
    }

    @Test
    void bodyOfExactlyTheLimitIsTaken() throws IOException {
        String body = FINE + " ".repeat(Served.LIMITS.bodyBytes() - FINE.length());
        assertThat(client.send(RawClient.post(body)).read().status()).isEqualTo(200);
    }

    @Test
    void chunkedBody() throws IOException {
        client.send(RawClient.head("POST", "/v1/classify", "Transfer-Encoding: chunked"));
        for (char c : FINE.toCharArray()) {
            client.send("1\r\n" + c + "\r\n");
        }
        assertThat(client.send("0\r\n\r\n").read().body()).contains("\"label\":\"fine\"");
    }

    @Test
    void brokenChunk() throws IOException {
        client.send(RawClient.head("POST", "/v1/classify", "Transfer-Encoding: chunked") + "zz\r\n");
        refusedAndClosed(client.read(), 400, "malformed_http");
    }

    @Test
    void expectContinue() throws IOException {
        client.send(RawClient.head("POST", "/v1/classify", "Content-Length: " + FINE.length(), "Expect: 100-continue"));
        assertThat(client.read().status()).isEqualTo(100);
        client.send(FINE + RawClient.get("/health/live"));
        assertThat(client.read().body()).contains("\"label\":\"fine\"");
        assertThat(client.read().body()).contains("live");
    }

    @Test
    void expectContinueOfARefusedRequestIsRefusedAtOnce() throws IOException {
        client.send(RawClient.head("POST", "/v1/classify", "Content-Length: 65537", "Expect: 100-continue"));
        refusedAndClosed(client.read(), 413, "too_large");
    }

    @Test
    void unknownExpectation() throws IOException {
        refused(client.send(RawClient.get("/health/live", "Expect: miracles")).read(), 417, "expectation");
    }

    @Test
    void http10ClosesUnlessAskedToStay() throws IOException {
        RawClient.Response response = client.send("GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").read();
        assertThat(response.headers()).containsEntry("connection", "keep-alive");
        response = client.send("GET /health/live HTTP/1.0\r\n\r\n").read();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.headers()).containsEntry("connection", "close");
        assertThat(client.atEnd()).isTrue();
    }

    @Test
    void connectionCloseIsHonoured() throws IOException {
        RawClient.Response response = client.send(RawClient.post(FINE, "Connection: close")).read();
        assertThat(response.headers()).containsEntry("connection", "close");
        assertThat(client.atEnd()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "nonsense\r\n\r\n",
        "GET\r\n\r\n",
        "GET /health/live HTTP/x\r\nHost: test\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nHost: test\r\nno colon here\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nHost: test\r\nBad Name: x\r\n\r\n",
        "GET /health/live HTTP/1.1\nHost: test\n\n",
        "GET /health/live HTTP/1.1\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nHost: test\r\nHost: other\r\n\r\n",
        "\u0016\u0003\u0001 TLS\r\n\r\n",
    })
    void malformedHttp(String request) throws IOException {
        RawClient.Response response = client.send(request).read();
        refused(response, 400, "malformed_http");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "Content-Length: 18\r\nContent-Length: 18",
        "Content-Length: 18\r\nContent-Length: 19",
        "Content-Length: 18, 18",
        "Content-Length: -1",
        "Content-Length: +18",
        "Content-Length: 1e1",
        "Content-Length: 99999999999999999999",
        "Content-Length: 18\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 18",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, identity",
    })
    void bodyLengthThatCouldBeReadInTwoWays(String headers) throws IOException {
        client.send("POST /v1/classify HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n\r\n" + FINE);
        refusedAndClosed(client.read(), 400, "malformed_http");
        assertThat(served.model().calls).hasValue(0);
    }

    @Test
    void tooLongRequestLine() throws IOException {
        refusedAndClosed(client.send(RawClient.get("/" + "a".repeat(5000))).read(), 414, "line_too_long");
    }

    @Test
    void tooLongHeaders() throws IOException {
        refusedAndClosed(client.send(RawClient.get("/health/live", "X: " + "a".repeat(9000))).read(), 431, "headers_too_large");
    }

    @Test
    void otherVersionsAreRefused() throws IOException {
        refused(client.send("GET / HTTP/3.0\r\nHost: a\r\n\r\n").read(), 505, "http_version");
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws IOException {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            requests.append(RawClient.post("{\"inputs\": \"" + i + "\"}")).append(RawClient.get("/health/live"));
        }
        client.send(requests.toString());
        for (int i = 0; i < 200; i++) {
            assertThat(client.read().body()).contains("\"label\":\"" + i + "\"");
            assertThat(client.read().body()).contains("live");
        }
    }

    @Test
    void thousandsOfTinyPiecesInOneReadAreNoDepth() throws IOException {
        String chunks = "1\r\n \r\n".repeat(10_000);
        client.send(RawClient.head("POST", "/v1/classify", "Transfer-Encoding: chunked") + chunks + "12\r\n" + FINE + "\r\n0\r\n\r\n");
        assertThat(client.read().body()).contains("\"label\":\"fine\"");
        client.send(RawClient.get("/health/live").repeat(1000));
        for (int i = 0; i < 1000; i++) {
            assertThat(client.read().status()).isEqualTo(200);
        }
    }

    private static void refused(RawClient.Response response, int status, String code) {
        assertThat(response.status()).as(response.body()).isEqualTo(status);
        assertThat(response.headers()).containsEntry("content-type", "application/json");
        assertThat(response.body()).startsWith("{\"error\":{\"code\":\"" + code + "\",\"message\":\"");
    }

    private void refusedAndClosed(RawClient.Response response, int status, String code) throws IOException {
        refused(response, status, code);
        assertThat(response.headers()).containsEntry("connection", "close");
        assertThat(client.atEnd()).isTrue();
    }
}
