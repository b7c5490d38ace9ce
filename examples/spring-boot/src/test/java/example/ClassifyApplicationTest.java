package example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.resttestclient.autoconfigure.AutoConfigureRestTestClient;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.web.servlet.client.RestTestClient;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@AutoConfigureRestTestClient
class ClassifyApplicationTest {
    private static final String TEXT = "I could not put it down.";

    @Autowired
    private RestTestClient client;

    @Value("${filigree.model}")
    private Path model;

    @Test
    void theAnswerIsTheClassifiersToTheLastBit() throws IOException {
        Classification answer = client.get().uri("/classify?text={text}", TEXT).exchangeSuccessfully()
                .returnResult(Classification.class).getResponseBody();

        try (Classifier classifier = Classifier.open(model)) {
            assertThat(answer).usingRecursiveComparison().isEqualTo(classifier.classify(TEXT));
        }
    }

    @Test
    void healthShowsTheModel() {
        client.get().uri("/actuator/health").exchangeSuccessfully().expectBody()
                .jsonPath("$.components.filigree.status").isEqualTo("UP")
                .jsonPath("$.components.filigree.details.labels").isArray()
                .jsonPath("$.components.filigree.details.provider").isNotEmpty();
    }

    @Test
    void callsAreMeasured() {
        client.get().uri("/classify?text={text}", TEXT).exchangeSuccessfully();

        client.get().uri("/actuator/metrics/filigree.classify").exchangeSuccessfully().expectBody()
                .jsonPath("$.baseUnit").isEqualTo("seconds")
                .jsonPath("$.measurements[?(@.statistic == 'COUNT')].value").isNotEmpty();
    }
}
