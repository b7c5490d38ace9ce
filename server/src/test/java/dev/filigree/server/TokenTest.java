package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.server.http.Guard;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that wants a token. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TokenTest {
    private Served served;

    @BeforeEach
    void serve() throws IOException {
        served = new Served(settings -> settings.with(new Guard(Optional.of("open-sesame"))));
    }

    @AfterEach
    void stop() {
        served.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer open-sesame", "bearer  open-sesame"})
    void theTokenOpens(String value) throws IOException {
        assertThat(served.exchange(RawClient.post("{\"inputs\": \"a\"}", "Authorization: " + value)).status()).isEqualTo(200);
        assertThat(served.exchange(RawClient.get("/metrics", "Authorization: " + value)).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer open-sesam", "Bearer open-sesame1", "Bearer", "Basic open-sesame", "open-sesame"})
    void anythingElseDoesNot(String value) throws IOException {
        RawClient.Response response = served.exchange(RawClient.post("{\"inputs\": \"a\"}", "Authorization: " + value));
        assertThat(response.status()).isEqualTo(401);
        assertThat(response.headers()).containsEntry("www-authenticate", "Bearer");
        assertThat(response.body()).contains("\"code\":\"unauthorized\"");
        assertThat(served.model().calls).hasValue(0);
    }

    @Test
    void withoutATokenOnlyHealthAndThePageAnswer() throws IOException {
        assertThat(served.exchange(RawClient.get("/health/live")).status()).isEqualTo(200);
        assertThat(served.exchange(RawClient.get("/health/ready")).status()).isEqualTo(200);
        assertThat(served.exchange(RawClient.get("/")).status()).isEqualTo(200);
        assertThat(served.exchange(RawClient.get("/metrics")).status()).isEqualTo(401);
        assertThat(served.exchange(RawClient.get("/v1/models")).status()).isEqualTo(401);
        assertThat(served.exchange(RawClient.post("{\"inputs\": \"a\"}")).status()).isEqualTo(401);
    }
}
