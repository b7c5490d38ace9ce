package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.server.config.Limits;
import dev.filigree.server.model.ModelRegistry;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many clients, slow clients, departed clients, a full queue, and the end of a server. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class LifecycleTest {
    private static final String HOLD = RawClient.post("{\"inputs\": \"hold\"}");
    private static final String FINE = RawClient.post("{\"inputs\": \"fine\"}");
    /** A body but for its last brace. */
    private static final String LONG = "{\"inputs\": \"fine\"" + " ".repeat(40 * 1024);
    private static final String LONG_HEAD = RawClient.head("POST", "/v1/classify", "Content-Length: " + (LONG.length() + 1));

    @Test
    void sixtyFourClientsEachGetTheirOwnAnswers() throws Exception {
        Limits limits = Served.limits().queuedRequests(64).build();
        try (Served served = new Served(limits, 4, "echo"); HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + served.server.address().getPort() + "/v1/classify");
            List<CompletableFuture<Void>> clients = IntStream.range(0, 64).mapToObj(i -> ask(client, uri, i, 10)).toList();
            CompletableFuture.allOf(clients.toArray(CompletableFuture[]::new)).join();
            assertThat(served.model().calls).hasValue(64 * 10 * 2);
        }
    }

    private static CompletableFuture<Void> ask(HttpClient client, URI uri, int who, int more) {
        if (more == 0) {
            return CompletableFuture.completedFuture(null);
        }
        String label = who + "/" + more;
        HttpRequest request = HttpRequest.newBuilder(uri)
                .POST(HttpRequest.BodyPublishers.ofString("{\"inputs\": [\"" + label + "\", [\"pair\", \"" + label + "\"]]}"))
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString()).thenCompose(response -> {
            assertThat(response.body()).contains(
                    "{\"label\":\"" + label + "\",\"score\":" + Served.score(label), "{\"label\":\"pair|" + label + "\"");
            return ask(client, uri, who, more - 1);
        });
    }

    @Test
    void fullQueueIsRefusedAndTheConnectionStaysGood() throws Exception {
        try (Served served = new Served(); RawClient refused = served.connect()) {
            List<RawClient> waiting = fill(served);
            RawClient.Response response = refused.send(FINE).read();
            assertThat(response.status()).isEqualTo(429);
            assertThat(response.headers()).containsEntry("retry-after", "1").doesNotContainKey("connection");
            assertThat(response.body()).contains("\"code\":\"overloaded\"");
            assertThat(refused.send(RawClient.get("/health/ready")).read().status()).isEqualTo(200);
            served.model().release.countDown();
            for (RawClient client : waiting) {
                assertThat(client.read().status()).isEqualTo(200);
                client.close();
            }
            assertThat(refused.send(FINE).read().status()).isEqualTo(200);
        }
    }

    @Test
    void whatAFullQueueRefusesIsReadOutAndItsConnectionStaysInStep() throws Exception {
        try (Served served = new Served(); RawClient refused = served.connect()) {
            List<RawClient> waiting = fill(served);
            refused.send(RawClient.post("{", "X-Request-Id: malformed")
                    + RawClient.head("POST", "/v2/models/echo/infer", "Transfer-Encoding: chunked", "X-Request-Id: chunked")
                    + "1\r\n{\r\n2\r\n{}\r\n0\r\n\r\n"
                    + RawClient.post("{}", "Content-Type: text/plain", "X-Request-Id: hopeless"));
            RawClient.Response malformed = refused.read();
            assertThat(malformed.status()).isEqualTo(429);
            assertThat(malformed.headers()).containsEntry("x-request-id", "malformed").containsEntry("retry-after", "1");
            RawClient.Response chunked = refused.read();
            assertThat(chunked.status()).isEqualTo(429);
            assertThat(chunked.headers()).containsEntry("x-request-id", "chunked").containsEntry("retry-after", "1");
            assertThat(chunked.body()).startsWith("{\"error\":\"Too many requests are waiting");
            RawClient.Response hopeless = refused.read();
            assertThat(hopeless.status()).as("what will be refused later, too").isEqualTo(415);
            assertThat(hopeless.headers()).containsEntry("x-request-id", "hopeless");
            served.model().release.countDown();
            for (RawClient client : waiting) {
                assertThat(client.read().status()).isEqualTo(200);
                client.close();
            }
        }
    }

    /** One request in the model and two in the queue: all that the limits of these tests bear. */
    private static List<RawClient> fill(Served served) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        clients.add(served.connect().send(HOLD));
        Served.awaitUninterruptibly(served.model().held);
        while (clients.size() < 1 + Served.LIMITS.queuedRequests()) {
            clients.add(queued(served, clients.size()));
        }
        return clients;
    }

    /** A client whose request lies in the queue as the given one. */
    private static RawClient queued(Served served, int place) throws IOException {
        RawClient client = served.connect().send(FINE);
        while (served.server.queued() < place) {
            Thread.onSpinWait();
        }
        return client;
    }

    @Test
    void whatADepartedClientAskedIsNotComputed() throws Exception {
        try (Served served = new Served()) {
            List<RawClient> waiting = fill(served);
            waiting.get(1).close();
            waiting.get(2).reset();
            while (served.server.queued() > 0) {
                Thread.onSpinWait();
            }
            served.model().release.countDown();
            assertThat(waiting.getFirst().read().status()).isEqualTo(200);
            assertThat(served.exchange(FINE).status()).isEqualTo(200);
            assertThat(served.model().calls).hasValue(2);
            waiting.getFirst().close();
        }
    }

    private static String within(String millis, String fourLetters) {
        return RawClient.head("POST", "/v1/classify", "Content-Length: 18", "X-Request-Timeout-Ms: " + millis)
                + "{\"inputs\": \"" + fourLetters + "\"}";
    }

    @Test
    void whatIsPastItsDeadlineIsToldSoAndNotComputed() throws Exception {
        try (Served served = new Served(); RawClient holder = served.connect().send(HOLD)) {
            Served.awaitUninterruptibly(served.model().held);
            RawClient.Response late = served.exchange(within("20", "late"));
            assertThat(late.status()).isEqualTo(504);
            assertThat(late.body()).contains("\"code\":\"deadline_passed\"");
            assertThat(served.server.queued()).isZero();
            served.model().release.countDown();
            assertThat(holder.read().status()).isEqualTo(200);
            assertThat(served.model().calls).hasValue(1);
        }
    }

    @Test
    void whatArrivesWholeOnlyAfterItsDeadlineIsNotEvenTokenized() throws Exception {
        String head = RawClient.head("POST", "/v1/classify", "Content-Length: 19", "X-Request-Timeout-Ms: 1", "Expect: 100-continue");
        try (Served served = new Served(); RawClient client = served.connect()) {
            assertThat(client.send(head).read().status()).isEqualTo(100);
            long passed = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1);
            while (System.nanoTime() - passed <= 0) {
                Thread.onSpinWait();
            }
            RawClient.Response late = client.send("{\"inputs\": \"unfit\"}").read();
            assertThat(late.status()).as("400 if it had been tokenized").isEqualTo(504);
            assertThat(late.body()).contains("\"code\":\"deadline_passed\"");
        }
    }

    /** On one event loop, whose timers go off in the order of their times. */
    @Test
    void aDeadlineCountsFromTheHeadHoweverLateTheBodyIs() throws Exception {
        byte[] post = FrameClient.literals(":method", "POST", ":scheme", "http", ":path", "/v1/classify", ":authority", "test",
                "x-request-timeout-ms", "500");
        byte[] body = "{\"inputs\": \"fine\"}".getBytes(StandardCharsets.US_ASCII);
        try (Served served = new Served(); RawClient holder = served.connect().send(HOLD);
                FrameClient client = FrameClient.greeted(served.server.address())) {
            Served.awaitUninterruptibly(served.model().held);
            long before = served.server.bodyBytes();
            client.frame(FrameClient.HEADERS, FrameClient.END_HEADERS, 1, post);
            while (served.server.bodyBytes() == before) {
                Thread.onSpinWait();
            }
            client.frame(FrameClient.HEADERS, FrameClient.END_HEADERS, 3, post).frame(FrameClient.DATA, FrameClient.END_STREAM, 3, body);
            while (served.server.queued() == 0) {
                Thread.onSpinWait();
            }
            client.frame(FrameClient.DATA, FrameClient.END_STREAM, 1, body);
            assertThat(client.read(FrameClient.HEADERS).orElseThrow().stream()).isEqualTo(1);
            assertThat(client.read(FrameClient.HEADERS).orElseThrow().stream()).isEqualTo(3);
            served.model().release.countDown();
            assertThat(holder.read().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-5", "1.5", "soon", "99999999999"})
    void aTimeoutThatIsNoneIsRefused(String value) throws Exception {
        try (Served served = new Served()) {
            RawClient.Response response = served.exchange(within(value, "fine"));
            assertThat(response.status()).isEqualTo(400);
            assertThat(response.body()).contains("\"code\":\"bad_timeout\"");
        }
    }

    @Test
    void aTimeoutThatIsNotReachedChangesNothing() throws Exception {
        try (Served served = new Served(); RawClient client = served.connect()) {
            assertThat(client.send(within("60000", "fine")).read().status()).isEqualTo(200);
            assertThat(client.send(within("60000", "fine")).read().status()).isEqualTo(200);
        }
    }

    @Test
    void clientThatLeavesDuringItsComputationHarmsNobody() throws Exception {
        try (Served served = new Served()) {
            RawClient gone = served.connect().send(HOLD);
            Served.awaitUninterruptibly(served.model().held);
            gone.reset();
            served.model().release.countDown();
            assertThat(served.exchange(FINE).status()).isEqualTo(200);
        }
    }

    @Test
    void clientThatLeavesInMidBodyHarmsNobody() throws Exception {
        try (Served served = new Served()) {
            RawClient gone = served.connect().send(FINE.substring(0, FINE.length() - 3));
            gone.reset();
            assertThat(served.exchange(FINE).status()).isEqualTo(200);
            assertThat(served.model().calls).hasValue(1);
        }
    }

    private static Served withRoomForOneLongBody() throws IOException {
        return new Served(Served.limits().bodiesBytes(64 * 1024).build(), 1, "echo");
    }

    /** A client whose body is in the server but for its end. */
    private static RawClient arriving(Served served) throws IOException {
        RawClient client = served.connect().send(LONG_HEAD + LONG);
        while (served.server.bodyBytes() < LONG.length()) {
            Thread.onSpinWait();
        }
        return client;
    }

    private static void awaitNoBody(Served served) {
        while (served.server.bodyBytes() > 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void bodiesThatArriveTakeNoMoreThanTheirShareOfTheHeap() throws Exception {
        try (Served served = withRoomForOneLongBody(); RawClient first = arriving(served); RawClient second = served.connect()) {
            RawClient.Response refused = second.send(LONG_HEAD + LONG + "}").read();
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.headers()).containsEntry("retry-after", "1").doesNotContainKey("connection");
            assertThat(second.send(FINE).read().status()).as("a short one still has room").isEqualTo(200);
            assertThat(first.send("}").read().status()).isEqualTo(200);
            awaitNoBody(served);
            assertThat(second.send(LONG_HEAD + LONG + "}").read().status()).as("there is room again").isEqualTo(200);
        }
    }

    @Test
    void streamsThatWaitForABodyTakeNoMoreThanTheirShareOfTheHeap() throws Exception {
        byte[] post = FrameClient.literals(":method", "POST", ":scheme", "http", ":path", "/v1/classify", ":authority", "test");
        byte[] get = FrameClient.literals(":method", "GET", ":scheme", "http", ":path", "/health/ready", ":authority", "test");
        int streams = 20;
        try (Served served = withRoomForOneLongBody(); FrameClient client = FrameClient.greeted(served.server.address())) {
            for (int i = 0; i < streams; i++) {
                client.frame(FrameClient.HEADERS, FrameClient.END_HEADERS, 2 * i + 1, post);
            }
            FrameClient.Frame refused = client.read(FrameClient.HEADERS).orElseThrow();
            assertThat(refused.stream()).as("the first for which there is no room").isGreaterThan(20).isLessThan(2 * streams);
            assertThat(served.server.bodyBytes()).isGreaterThan(40 * 1024).isLessThanOrEqualTo(64 * 1024);
            assertThat(client.read(FrameClient.RST_STREAM).orElseThrow().error()).isZero();
            client.frame(FrameClient.HEADERS, FrameClient.END_HEADERS | FrameClient.END_STREAM, 2 * streams + 1, get);
            FrameClient.Frame ready = client.read(FrameClient.HEADERS).orElseThrow();
            while (ready.stream() <= 2 * streams) {
                ready = client.read(FrameClient.HEADERS).orElseThrow();
            }
            assertThat(ready.payload()).as("200, in the static table").startsWith(0x88);
            client.close();
            awaitNoBody(served);
        }
    }

    @Test
    void whatADepartedClientsBodyTookIsGivenBack() throws Exception {
        try (Served served = withRoomForOneLongBody()) {
            arriving(served).reset();
            awaitNoBody(served);
            assertThat(served.exchange(LONG_HEAD + LONG + "}").status()).isEqualTo(200);
        }
    }

    @Test
    void slowBodyIsToldAndClosed() throws Exception {
        try (Served served = impatient(); RawClient client = served.connect()) {
            RawClient.Response response = client.send(FINE.substring(0, FINE.length() - 3)).read();
            assertThat(response.status()).isEqualTo(408);
            assertThat(response.body()).contains("too_slow");
            assertThat(response.headers()).containsEntry("connection", "close");
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void slowHeadersAndIdleConnectionsAreClosed() throws Exception {
        try (Served served = impatient(); RawClient slow = served.connect(); RawClient idle = served.connect()) {
            slow.send("GET /health/live HTTP/1.1\r\nHost:");
            assertThat(idle.send(FINE).read().status()).isEqualTo(200);
            assertThat(slow.atEnd()).isTrue();
            assertThat(idle.atEnd()).isTrue();
        }
    }

    @Test
    void aLongComputationIsNotSlowness() throws Exception {
        try (Served served = impatient(); RawClient client = served.connect(); RawClient idle = served.connect()) {
            client.send(HOLD);
            Served.awaitUninterruptibly(served.model().held);
            assertThat(idle.atEnd()).isTrue();
            served.model().release.countDown();
            assertThat(client.read().status()).isEqualTo(200);
        }
    }

    private static Served impatient() throws IOException {
        return new Served(Served.limits().idle(Duration.ofSeconds(1)).slow(Duration.ofSeconds(1)).build(), 1, "echo");
    }

    @Test
    void closeAnswersWhatIsInFlightAndThenClosesTheModels() throws Exception {
        try (Served served = new Served(); RawClient idle = served.connect(); RawClient ready = served.connect()) {
            List<RawClient> waiting = fill(served);
            assertThat(idle.send(RawClient.get("/health/live")).read().status()).isEqualTo(200);
            // The interim answer shows that the server has read these heads before it is told to close.
            RawClient sending = served.connect().send(RawClient.head("POST", "/v1/classify", "Content-Length: 18", "Expect: 100-continue"));
            assertThat(sending.read().status()).isEqualTo(100);
            ready.send(RawClient.head("GET", "/health/ready", "Content-Length: 1", "Expect: 100-continue"));
            assertThat(ready.read().status()).isEqualTo(100);
            CompletableFuture<Void> closing = CompletableFuture.runAsync(served.server::close);
            assertThat(idle.atEnd()).isTrue();
            RawClient.Response unready = ready.send(" ").read();
            assertThat(unready.status()).isEqualTo(503);
            assertThat(unready.body()).isEqualTo("{\"status\":\"draining\"}");
            assertThatThrownBy(served::connect).isInstanceOf(ConnectException.class);
            assertThat(closing).isNotDone();
            assertThat(served.model().closed).isFalse();
            served.model().release.countDown();
            for (RawClient client : waiting) {
                assertAnsweredForTheLastTime(client);
            }
            assertAnsweredForTheLastTime(sending.send("{\"inputs\": \"fine\"}"));
            closing.get(30, TimeUnit.SECONDS);
            assertThat(served.model().closed).isTrue();
            served.server.awaitClosed();
        }
    }

    private static void assertAnsweredForTheLastTime(RawClient client) throws IOException {
        RawClient.Response response = client.read();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.headers()).containsEntry("connection", "close");
        client.close();
    }

    @Test
    void closeDoesNotWaitForEver() throws Exception {
        Limits hasty = Served.limits().drain(Duration.ofMillis(200)).build();
        try (Served served = new Served(hasty, 1, "echo"); RawClient half = served.connect()) {
            half.send(RawClient.head("POST", "/v1/classify", "Content-Length: 18", "Expect: 100-continue"));
            assertThat(half.read().status()).isEqualTo(100);
            served.server.close();
            assertThat(half.atEnd()).isTrue();
            served.server.close();
        }
    }

    @Test
    void portInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ModelRegistry models = ModelRegistry.of(Map.of("echo", new Served.EchoModel()))) {
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", taken.getLocalPort());
            assertThatThrownBy(() -> new ClassificationServer(models, ServerSettings.of(address, 1, Served.LIMITS)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("Cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": Address already in use.");
        }
    }

    @Test
    void unknownHost() throws Exception {
        try (ModelRegistry models = ModelRegistry.of(Map.of("echo", new Served.EchoModel()))) {
            InetSocketAddress address = InetSocketAddress.createUnresolved("no.such.host.invalid", 80);
            assertThatThrownBy(() -> new ClassificationServer(models, ServerSettings.of(address, 1, Served.LIMITS)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("Cannot listen on no.such.host.invalid:80: there is no such host.");
        }
    }

    @Test
    void inItsTimeOfGraceAServerIsNotReadyButServes() throws Exception {
        try (Served served = new Served(Served.limits().grace(Duration.ofHours(1)).build(), 1, "echo")) {
            RawClient held = served.connect().send(HOLD);
            Served.awaitUninterruptibly(served.model().held);
            Thread closing = Thread.ofPlatform().start(served.server::close);
            while (served.exchange(RawClient.get("/health/ready")).status() == 200) {
                Thread.onSpinWait();
            }
            RawClient late = queued(served, 1);
            served.model().release.countDown();
            assertThat(late.read().status()).isEqualTo(200);
            assertThat(held.read().status()).isEqualTo(200);
            closing.interrupt();
            closing.join();
            assertThatThrownBy(served::connect).isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void limitsMustBePositive() {
        assertThatThrownBy(() -> Limits.builder().bodyBytes(2).bodiesBytes(1).build())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Limits.builder().queuedRequests(0).build())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Limits.builder().idle(Duration.ZERO).build())
                .isInstanceOf(IllegalArgumentException.class);
    }
}
