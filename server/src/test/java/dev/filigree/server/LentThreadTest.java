package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.NettyRuntime;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which requests are computed on the event loop that read them. */
@Timeout(60)
class LentThreadTest {
    private static final String EVENT_LOOP = "filigree-events";
    private static final String WORKER = "filigree-compute";
    private static final String BODY = "{\"inputs\": \"a\"}";

    private Served served;

    @BeforeEach
    void start() throws IOException {
        served = new Served(Served.LIMITS, 1, "echo");
        served.model().quickTokens.set(100);
    }

    @AfterEach
    void stop() {
        served.close();
    }

    private String computes(RawClient client) throws IOException {
        assertThat(client.send(RawClient.post(BODY)).read().status()).isEqualTo(200);
        return served.model().computedBy.get();
    }

    @Test
    void thoseOfAConnectionThatHasItsEventLoopToItself() throws Exception {
        try (RawClient client = served.connect()) {
            assertThat(computes(client)).startsWith(EVENT_LOOP);
            assertThat(computes(client)).startsWith(EVENT_LOOP);
            served.model().quickTokens.set(0);
            assertThat(computes(client)).as("a slow model").startsWith(WORKER);
        }
    }

    @Test
    void notThoseOfConnectionsThatShareOne() throws Exception {
        List<RawClient> clients = new ArrayList<>();
        // Two for each event loop.
        for (int i = 0; i < 2 * NettyRuntime.availableProcessors(); i++) {
            clients.add(served.connect());
            assertThat(clients.getLast().send(RawClient.get("/health/live")).read().status()).isEqualTo(200);
        }
        for (RawClient client : clients) {
            assertThat(computes(client)).startsWith(WORKER);
        }
        for (RawClient client : clients) {
            client.close();
        }
    }

    @Test
    void notStreamsOfHttp2() throws Exception {
        URI server = URI.create("http://localhost:" + served.server.address().getPort());
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/v1/classify"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(BODY))
                .build();
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            // Upgrades the connection.
            client.send(HttpRequest.newBuilder(server.resolve("/health/live")).build(), HttpResponse.BodyHandlers.ofString());
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(served.model().computedBy.get()).startsWith(WORKER);
        }
    }
}
