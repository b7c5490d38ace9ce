package dev.filigree.tests.load.soak;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.runtime.TextInput;
import dev.filigree.tests.load.FakeServer;
import dev.filigree.tests.load.process.MetricsProbe;
import dev.filigree.tests.load.process.Vitals;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whether a soak notices what it is there to notice, in servers that do just that. */
@Timeout(60)
class SoakTest {
    private static final Set<String> TEXTS = Set.of("one", "two", "three");
    private static final Soak.Habits HURRIED = new Soak.Habits(
            4, Duration.ofMillis(1), Duration.ofSeconds(2), Duration.ofMillis(100), Duration.ofMillis(200), 5);
    private static final byte[] CLOSE = new byte[0];

    private final AtomicInteger asked = new AtomicInteger();

    private static SoakResult soak(FakeServer.Handler handler) throws Exception {
        try (FakeServer server = new FakeServer(handler);
                Vitals vitals = new Vitals(new MetricsProbe(URI.create("http://127.0.0.1:" + server.address().getPort())),
                        Duration.ofMinutes(1), Duration.ofMinutes(1))) {
            List<TextInput> texts = TEXTS.stream().sorted().map(TextInput::of).toList();
            return new Soak(server.address(), texts, HURRIED, 17).run(Duration.ofMillis(500), vitals);
        }
    }

    /** Answers texts with their length, models and reloads as the real one does, and closes on whatever else it is sent. */
    private static byte[] good(String request) {
        if (request.startsWith("GET /v1/models ")) {
            return FakeServer.reply(200, "{\"models\": [{\"name\": \"fake\"}]}");
        }
        if (request.startsWith("POST /v1/models/fake/reload ")) {
            return FakeServer.reply(200, "{}");
        }
        List<String> texts = texts(request);
        return texts.isEmpty() ? CLOSE : FakeServer.reply(200, texts.stream()
                .map(text -> "{\"label\": \"x\", \"score\": " + text.length() + "}")
                .collect(Collectors.joining(", ", "{\"results\": [", "]}")));
    }

    /** The texts of a good request, or none. */
    private static List<String> texts(String request) {
        try {
            JsonNode body = new ObjectMapper().readTree(request.substring(request.indexOf("\r\n\r\n") + 4));
            List<String> texts = StreamSupport.stream(body.path("inputs").spliterator(), false).map(JsonNode::asText).toList();
            return request.startsWith("POST /v1/classify ") && TEXTS.containsAll(texts) ? texts : List.of();
        } catch (JsonProcessingException e) {
            return List.of();
        }
    }

    /** Instead of every twentieth good answer another one. */
    private byte[] sometimes(String request, byte[] bad) {
        return !texts(request).isEmpty() && asked.incrementAndGet() % 20 == 0 ? bad : good(request);
    }

    @Test
    void aGoodServerPasses() throws Exception {
        SoakResult result = soak(SoakTest::good);
        assertThat(result.violations()).isEmpty();
        assertThat(result.passed()).isTrue();
        assertThat(result.answersCompared()).isPositive();
        assertThat(result.deeds()).containsKeys("one text", "in a crowd", "reload");
        assertThat(result.deeds().get("reload")).containsOnlyKeys("200");
    }

    @Test
    void anActorDoesEverythingThatItCanDo() throws Exception {
        Ledger ledger = new Ledger();
        try (FakeServer server = new FakeServer(SoakTest::good);
                Actor actor = new Actor(server.address(), List.of(TextInput.of("one")), ledger, HURRIED.patience(), 17)) {
            for (int i = 0; i < 1000; i++) {
                actor.act();
            }
            assertThat(ledger.violations()).isEmpty();
            assertThat(ledger.deeds()).containsKeys("one text", "many texts", "pipelined", "with a deadline", "left after connecting",
                    "left in the head", "left in the body", "left while waiting");
            assertThat(ledger.deeds().keySet()).containsAll(
                    Mischief.all(server.address()).stream().map(wrong -> "malformed, " + wrong.name()).toList());
        }
    }

    @Test
    void anAnswerThatDiffersIsNoticed() throws Exception {
        SoakResult result = soak(request -> {
            byte[] good = good(request);
            return sometimes(request, new String(good, StandardCharsets.UTF_8).replace("3}", "4}").getBytes(StandardCharsets.UTF_8));
        });
        assertThat(result.passed()).isFalse();
        assertThat(result.violations()).allMatch(line -> line.contains("was first answered with") && line.contains("and now with"));
    }

    @Test
    void tooFewResultsAreNoticed() throws Exception {
        assertThat(soak(request -> sometimes(request, FakeServer.reply(200, "{\"results\": []}"))).violations())
                .isNotEmpty().allMatch(line -> line.contains("were answered with 0 results"));
    }

    @Test
    void anAnswerThatIsNoJsonIsNoticed() throws Exception {
        assertThat(soak(request -> sometimes(request, FakeServer.reply(200, "what"))).violations())
                .isNotEmpty().allMatch(line -> line.contains("no JSON: what"));
    }

    @Test
    void faultsAreNoticedAndRefusalsAreNot() throws Exception {
        assertThat(soak(request -> sometimes(request, FakeServer.reply(500, "{}"))).violations())
                .isNotEmpty().allMatch(line -> line.contains("answered with 500"));
        assertThat(soak(request -> sometimes(request, FakeServer.reply(503, "{}"))).violations())
                .isNotEmpty().allMatch(line -> line.contains("answered with 503"));
        assertThat(soak(request -> sometimes(request, FakeServer.reply(429, "{}", "Retry-After: 1"))).violations()).isEmpty();
    }

    @Test
    void aRequestThatShouldHaveBeenRefusedIsNoticed() throws Exception {
        byte[] accepted = FakeServer.reply(200, "{}");
        assertThat(soak(request -> texts(request).isEmpty() && !request.contains("/v1/models") ? accepted : good(request)).violations())
                .isNotEmpty().allMatch(line -> line.startsWith("malformed, ") && line.contains("answered with 200"));
    }

    @Test
    void aConnectionThatBreaksIsNoticed() throws Exception {
        assertThat(soak(request -> sometimes(request, CLOSE)).violations()).isNotEmpty().allMatch(line -> line.contains("broke"));
    }

    @Test
    void aConnectionThatStallsIsNoticed() throws Exception {
        assertThat(soak(request -> {
            if (!texts(request).isEmpty() && asked.incrementAndGet() % 20 == 0) {
                LockSupport.parkNanos(HURRIED.patience().multipliedBy(4).toNanos());
            }
            return good(request);
        }).violations()).isNotEmpty().allMatch(line -> line.contains("stalled"));
    }

    @Test
    void aReloadThatFailsIsNoticed() throws Exception {
        assertThat(soak(request -> request.startsWith("POST /v1/models/") ? FakeServer.reply(422, "{}") : good(request)).violations())
                .isNotEmpty().allMatch(line -> line.contains("reload: answered with 422"));
    }

    @Test
    void aServerThatKnowsNoReloadsIsNotAskedAgain() throws Exception {
        SoakResult result = soak(request -> request.startsWith("GET /v1/models") ? FakeServer.reply(404, "{}") : good(request));
        assertThat(result.passed()).isTrue();
        assertThat(result.deeds().get("reload")).containsEntry("not known to this server", 1L).hasSize(1);
    }
}
