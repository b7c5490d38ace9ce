package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What {@code GET /metrics} tells of what happened. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class MetricsTest {
    @Test
    void requestsStagesAndBatches() throws Exception {
        try (Served served = new Served(Served.LIMITS, 1, "echo")) {
            served.exchange(RawClient.post("{\"inputs\": [\"a\", \"bc\"]}"));
            served.exchange(RawClient.post("{\"inputs\": \"kernel failure\"}"));
            served.exchange(RawClient.post("{"));
            served.exchange(RawClient.get("/nosuch"));
            String metrics = scrape(served);
            while (!metrics.contains("filigree_connections 1.0")
                    || !metrics.contains("filigree_stage_seconds_count{model=\"echo\",stage=\"compute\"} 1")
                    || !metrics.contains("filigree_batch_tokens_count 2")) {
                // The server has not noticed yet that the clients before have left, or not counted yet what it has answered.
                metrics = scrape(served);
            }
            assertThat(metrics)
                    .contains("filigree_requests_seconds_count{api=\"/v1/classify\",model=\"echo\",status=\"200\"} 1")
                    .contains("filigree_requests_seconds_count{api=\"/v1/classify\",model=\"echo\",status=\"500\"} 1")
                    .contains("filigree_requests_seconds_count{api=\"/v1/classify\",model=\"none\",status=\"400\"} 1")
                    .contains("filigree_requests_seconds_count{api=\"none\",model=\"none\",status=\"404\"} 1")
                    .contains("filigree_stage_seconds_count{model=\"echo\",stage=\"tokenize\"} 1")
                    .contains("filigree_stage_seconds_count{model=\"echo\",stage=\"queue\"} 1")
                    .contains("filigree_stage_seconds_bucket{model=\"echo\",stage=\"compute\",le=\"10.0\"} 1")
                    .contains("filigree_batch_tokens_sum 20.0")
                    .contains("filigree_batch_tokens_bucket{le=\"8.0\"} 1")
                    .contains("filigree_queue_requests 0.0", "filigree_queue_tokens 0.0", "filigree_queue_age_seconds 0.0")
                    .contains("filigree_rejected_total{cause=\"overloaded\"} 0.0", "filigree_rejected_total{cause=\"too_large\"} 0.0")
                    .contains("jvm_memory_used_bytes{", "process_cpu_usage", "jvm_threads_live_threads");
        }
    }

    @Test
    void whatWaitsAndWhatIsRefused() throws Exception {
        try (Served served = new Served(Served.limits().queuedRequests(1).build(), 1, "echo");
                RawClient held = served.connect().send(RawClient.post("{\"inputs\": \"hold\"}"))) {
            Served.awaitUninterruptibly(served.model().held);
            RawClient waiting = served.connect().send(RawClient.post("{\"inputs\": \"wait\"}"));
            while (served.server.queued() == 0) {
                Thread.onSpinWait();
            }
            assertThat(served.exchange(RawClient.post("{\"inputs\": \"more\"}")).status()).isEqualTo(429);
            while (!scrape(served).contains("filigree_connections 3.0")) {
                Thread.onSpinWait();
            }
            assertThat(scrape(served))
                    .contains("filigree_queue_requests 1.0", "filigree_queue_tokens 5.0")
                    .doesNotContain("filigree_queue_age_seconds 0.0\n")
                    .contains("filigree_rejected_total{cause=\"overloaded\"} 1.0");
            waiting.reset();
            while (served.server.queued() == 1) {
                Thread.onSpinWait();
            }
            assertThat(scrape(served)).contains("filigree_rejected_total{cause=\"departed\"} 1.0");
            served.model().release.countDown();
            assertThat(held.read().status()).isEqualTo(200);
        }
    }

    @Test
    void connectionsBeyondTheLimitAreTurnedAway() throws Exception {
        try (Served served = new Served(Served.limits().connections(1).build(), 1, "echo"); RawClient only = served.connect()) {
            assertThat(only.send(RawClient.get("/health/live")).read().status()).isEqualTo(200);
            try (RawClient second = served.connect()) {
                assertThat(second.atEnd()).isTrue();
            }
            assertThat(only.send(RawClient.get("/metrics")).read().body()).contains("filigree_rejected_total{cause=\"connections\"} 1.0");
        }
    }

    private static String scrape(Served served) throws IOException {
        RawClient.Response response = served.exchange(RawClient.get("/metrics"));
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.headers().get("content-type")).startsWith("text/plain; version=0.0.4");
        return response.body();
    }
}
