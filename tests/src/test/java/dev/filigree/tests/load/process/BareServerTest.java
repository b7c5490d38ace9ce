package dev.filigree.tests.load.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server's overhead is compared with. */
@Timeout(60)
class BareServerTest {
    @Test
    void isBusyForAsLongAsItSays() throws Exception {
        try (ServerProcess server = BareServer.start(Duration.ofMillis(20), List.of("-Xmx64m"));
                HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.address().getPort() + "/v1/classify"))
                    .version(HttpClient.Version.HTTP_1_1)
                    .POST(HttpRequest.BodyPublishers.ofString("{\"inputs\": [\"any\"]}"))
                    .build();
            for (int i = 0; i < 2; i++) {
                long start = System.nanoTime();
                HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
                assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(20_000_000);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(new ObjectMapper().readTree(answer.body()).at("/timings/compute_us").asInt()).isEqualTo(20_000);
            }
        }
    }
}
