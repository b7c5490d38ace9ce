package dev.filigree.tests.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.tests.Main;
import dev.filigree.tests.SmallModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command with real servers in processes of their own. Nothing is said of how fast they are. */
@Timeout(180)
class LoadCommandTest {
    private static final String SMALL_HEAP = "-Xms64m -Xmx64m";

    @TempDir
    private static Path folder;

    private static Path model;

    @BeforeAll
    static void packSmallModel() throws IOException {
        model = SmallModels.write(folder.resolve("small.filigree"));
    }

    private record Outcome(int code, String out, String err) {}

    private static Outcome load(Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true))
                .execute(Stream.concat(Stream.of("load"), Stream.of(arguments).map(Object::toString)).toArray(String[]::new));
        return new Outcome(code, out.toString(), err.toString());
    }

    @Test
    void everyScenarioOfLoadHasItsFigures() throws IOException {
        Path json = folder.resolve("load.json");
        Outcome outcome = load("--model", model, "--server-java", SMALL_HEAP, "--server-flags", "--queue 40", "--connections", 100,
                "--warmup", 1, "--step", 0.8, "--rounds", 1, "--steady", 0.5, "--sweep", "10,120",
                "--overload-minutes", 0.01, "--json", json);
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out()).contains(
                "Against what was aimed at", "server filigree serve --model small.filigree", "its flags --queue 40");
        JsonNode report = new ObjectMapper().readTree(json.toFile());
        assertThat(report.at("/lone/latency/p50").asDouble()).isGreaterThan(report.at("/lone/health/p50").asDouble() / 2).isPositive();
        assertThat(report.at("/lone/bareOverhead").asDouble()).isPositive();
        assertThat(report.at("/lone/bareWay/there").asDouble()).isPositive();
        assertThat(report.at("/lone/bareWay/back").asDouble()).isPositive();
        assertThat(report.at("/capacity/batched")).hasSize(1).allMatch(rate -> rate.asDouble() > 0);
        assertThat(report.at("/capacity/unbatched")).hasSize(1).allMatch(rate -> rate.asDouble() > 0);
        assertThat(report.at("/sweep")).hasSize(2);
        assertThat(report.at("/sweep/0/offeredPerSecond").asDouble() * 10).isCloseTo(
                report.at("/capacity/batched/0").asDouble(), withinPercentage(0.1));
        assertThat(report.at("/steady")).hasSize(1);
        assertThat(report.at("/steady/0/step/offeredPerSecond").asDouble()).isCloseTo(
                0.7 * report.at("/steady/0/capacity").asDouble(), withinPercentage(0.1));
        assertThat(report.at("/steady/0/loneMicros").asDouble()).isPositive();
        assertThat(report.at("/overload/capacity")).hasSize(2);
        assertThat(report.at("/overload/step/sent").asLong()).isPositive();
        assertThat(report.at("/overload/step/reopened").asLong()).isZero();
        assertThat(report.at("/soak").isNull()).isTrue();
        assertThat(report.at("/bars").size()).isEqualTo(12);
    }

    @Test
    void aShortSoakPasses() throws IOException {
        Path json = folder.resolve("soak.json");
        Outcome outcome = load("--model", model, "--scenarios", "soak", "--minutes", 0.06, "--server-java", SMALL_HEAP, "--json", json);
        assertThat(outcome.code()).as(outcome.out()).isZero();
        assertThat(outcome.out()).contains("passed", "one text", "What the server held during the soak");
        JsonNode soak = new ObjectMapper().readTree(json.toFile()).get("soak");
        assertThat(soak.get("violations")).isEmpty();
        assertThat(soak.get("answersCompared").asLong()).isPositive();
        assertThat(soak.get("trends").findValuesAsText("gauge")).contains("RSS", "LIVE_HEAP", "THREADS", "FILES");
    }

    @Test
    void aSoakThatFindsSomethingFails() throws IOException {
        try (FakeServer server = new FakeServer(request -> request.startsWith("GET") ? FakeServer.reply(404, "{}")
                : FakeServer.reply(200, "{\"results\": [{\"score\": " + System.nanoTime() + "}]}"))) {
            Outcome outcome = load("--url", url(server), "--scenarios", "soak", "--minutes", 0.01);
            assertThat(outcome.code()).isEqualTo(1);
            assertThat(outcome.out()).contains("FAILED", "What should not have been", "was first answered with");
        }
    }

    @Test
    void aServerElsewhereIsMeasuredAsFarAsItTells() throws IOException {
        String answer = "{\"results\": [{\"score\": 1}], "
                + "\"timings\": {\"tokenize_us\": 3, \"queue_us\": 1, \"compute_us\": 4, \"total_us\": 9}}";
        try (FakeServer server = new FakeServer(_ -> FakeServer.reply(200, answer))) {
            Path json = folder.resolve("url.json");
            Outcome outcome = load("--url", url(server), "--scenarios", "lone,batching",
                    "--warmup", 0.1, "--step", 0.1, "--rounds", 1, "--json", json);
            assertThat(outcome.code()).as(outcome.err()).isZero();
            JsonNode report = new ObjectMapper().readTree(json.toFile());
            assertThat(report.at("/lone/stages/tokenize").asDouble()).isBetween(2.99, 3.01);
            assertThat(report.at("/lone/stages/compute").asDouble()).isBetween(3.99, 4.01);
            double overhead = report.at("/lone/stages/overhead").asDouble();
            assertThat(overhead).isBetween(0.9 * (report.at("/lone/latency/p50").asDouble() - 7),
                    1.1 * (report.at("/lone/latency/p50").asDouble() - 7));
            assertThat(report.at("/capacity/unbatched")).isEmpty();
            assertThat(report.at("/bars/1/verdict").asText()).isEqualTo("UNKNOWN");
        }
    }

    @Test
    void mistakesAreSentences() throws IOException {
        assertThat(load()).satisfies(outcome -> assertThat(outcome.code()).isEqualTo(2));
        wrong(2, "mutually exclusive", "--model", model, "--url", "http://127.0.0.1:1");
        wrong(2, "http://HOST:PORT", "--url", "https://127.0.0.1:1");
        wrong(2, "http://HOST:PORT, not ftp://127.0.0.1:1", "--url", "ftp://127.0.0.1:1");
        wrong(2, "http://HOST:PORT", "--url", "http://127.0.0.1");
        wrong(2, "--connections and --rounds must be at least 1.", "--model", model, "--connections", 0);
        wrong(2, "--step must be a positive number.", "--model", model, "--step", 0);
        wrong(2, "overlode", "--model", model, "--scenarios", "overlode");
        wrong(1, "nosuch.filigree cannot be read.", "--model", folder.resolve("nosuch.filigree"));
        Path empty = Files.createFile(folder.resolve("empty.filigree"));
        wrong(1, "The server did not start", "--model", empty);
    }

    @Test
    void aServerThatCannotBeReachedIsNamed() throws IOException {
        try (Socket taken = new Socket()) {
            // A port that nobody else can take meanwhile, and on which nobody listens.
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            String closed = "http://127.0.0.1:" + taken.getLocalPort();
            wrong(1, "There is no server at " + closed + ": Connection refused.", "--scenarios", "lone", "--url", closed);
            wrong(1, "There is no server at " + closed + ": Connection refused.", "--scenarios", "soak", "--url", closed);
        }
        // So long a name is refused without asking the network.
        String unknown = "a".repeat(64) + ".invalid";
        wrong(1, "There is no server at http://" + unknown + ":80: the host " + unknown + " is not known here.",
                "--url", "http://" + unknown + ":80");
    }

    @Test
    void whatDoesNotSpeakHttpIsNamed() throws IOException {
        try (FakeServer server = new FakeServer(_ -> "220 mail.example.org ESMTP\r\n\r\n".getBytes(StandardCharsets.US_ASCII))) {
            wrong(1, "What listens at " + url(server) + " does not answer as an HTTP server: ",
                    "--scenarios", "lone", "--url", url(server));
        }
    }

    @Test
    void aServerThatAnswersNothingGoodIsNotMeasured() throws IOException {
        try (FakeServer server = new FakeServer(_ -> FakeServer.reply(500, "{}"))) {
            wrong(1, "The server answers a text with 500", "--scenarios", "lone", "--url", url(server));
        }
        try (FakeServer server = new FakeServer(_ -> FakeServer.reply(400, "{}"))) {
            wrong(1, "neither a text nor a pair", "--scenarios", "lone", "--url", url(server));
        }
    }

    private static String url(FakeServer server) {
        return "http://127.0.0.1:" + server.address().getPort();
    }

    private static void wrong(int code, String sentence, Object... arguments) {
        Outcome outcome = load(arguments);
        assertThat(outcome.err()).contains(sentence).doesNotContain("\tat ");
        assertThat(outcome.code()).isEqualTo(code);
    }
}
