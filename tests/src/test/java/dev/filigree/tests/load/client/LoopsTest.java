package dev.filigree.tests.load.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.runtime.TextInput;
import dev.filigree.tests.load.FakeServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Open and closed loop against servers whose behaviour is known. */
@Timeout(60)
class LoopsTest {
    private static final byte[] OK = FakeServer.reply(200, "{}");
    private static final double MICROS_PER_MILLI = 1e3;

    /** Answers at once, but for a time, from 300 ms after the first request on and 400 ms long, in which it answers nothing. */
    private static final class Staller implements FakeServer.Handler {
        private final AtomicLong first = new AtomicLong();

        @Override
        public byte[] answer(String request) {
            long now = System.nanoTime();
            first.compareAndSet(0, now);
            long begin = first.get() + Duration.ofMillis(300).toNanos();
            long end = begin + Duration.ofMillis(400).toNanos();
            while (System.nanoTime() - begin >= 0 && System.nanoTime() - end < 0) {
                LockSupport.parkNanos(end - System.nanoTime());
            }
            return OK;
        }
    }

    private static Requests requests(FakeServer server) {
        return Requests.classify(server.address(), List.of(TextInput.of("one"), TextInput.of("two"), TextInput.of("a", "b")));
    }

    private static Step open(FakeServer server, double perSecond, int connections, Window window) throws IOException {
        try (Client client = new Client(server.address(), Optional.of(ProcessHandle.current()))) {
            return OpenLoop.run(client, requests(server), new OpenLoop.Plan(Arrivals.FIXED, perSecond, connections, window, 1));
        }
    }

    private static Window window(int warmupMillis, int millis) {
        return new Window(Duration.ofMillis(warmupMillis), Duration.ofMillis(millis));
    }

    @Test
    void aStallIsChargedToEveryRequestThatWasToBeSentDuringIt() throws IOException {
        try (FakeServer server = new FakeServer(new Staller())) {
            // 200 requests, 80 of them due in the stall: their latencies are spread evenly from 400 ms down to 0.
            Step step = open(server, 200, 4, window(0, 1000));
            assertThat(step.sent()).isBetween(199L, 200L);
            assertThat(step.good().count()).isEqualTo(step.sent());
            assertThat(step.good().max() / MICROS_PER_MILLI).isBetween(380.0, 1000.0);
            assertThat(step.good().p90() / MICROS_PER_MILLI).as("a tenth of the requests are the longer ones of the 80").isGreaterThan(250);
            assertThat(step.good().p99() / MICROS_PER_MILLI).isGreaterThan(370);
        }
    }

    @Test
    void aClosedLoopHidesTheSameStall() throws Exception {
        try (FakeServer server = new FakeServer(new Staller());
                Client client = new Client(server.address(), Optional.empty())) {
            Step step = ClosedLoop.run(client, requests(server), 1, window(0, 1000), 1);
            assertThat(step.good().max() / MICROS_PER_MILLI).isGreaterThan(380);
            assertThat(step.good().p90() / MICROS_PER_MILLI).as("one request alone has seen it").isLessThan(200);
        }
    }

    @Test
    void whatComesBeforeTheWindowDoesNotCount() throws IOException {
        try (FakeServer server = new FakeServer(new Staller())) {
            Step step = open(server, 200, 4, window(800, 300));
            assertThat(step.sent()).isBetween(59L, 61L);
            assertThat(step.good().p90() / MICROS_PER_MILLI).as("the stall was over").isLessThan(200);
            assertThat(step.offeredPerSecond()).isEqualTo(200);
            assertThat(step.goodPerSecond()).isEqualTo(200, within(50.0));
            assertThat(step.seconds()).isEqualTo(0.3);
            assertThat(step.clientCores()).isNotNegative();
            assertThat(step.serverCores()).isPresent();
        }
    }

    @Test
    void refusalsAreCountedApartAndKeepTheirConnections() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        byte[] refusal = FakeServer.reply(429, "{}", "Retry-After: 1");
        try (FakeServer server = new FakeServer(_ -> asked.getAndIncrement() % 4 == 0 ? OK : refusal)) {
            Step step = open(server, 400, 3, window(0, 500));
            assertThat(step.refused().count()).isEqualTo(step.statuses().get(429)).isEqualTo(step.sent() - step.good().count());
            assertThat((double) step.good().count() / step.sent()).isEqualTo(0.25, within(0.02));
            assertThat(step.failed()).isZero();
            assertThat(step.reopened()).isZero();
            assertThat(server.connections()).isEqualTo(3);
        }
    }

    @Test
    void brokenConnectionsAreCountedAndOpenedAgain() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (FakeServer server = new FakeServer(_ -> asked.getAndIncrement() % 10 == 9 ? new byte[0] : OK)) {
            Step step = open(server, 200, 2, window(0, 500));
            assertThat(step.broken()).isBetween(9L, 10L).isEqualTo(step.failed());
            assertThat(step.good().count() + step.broken()).isEqualTo(step.sent());
            assertThat(step.reopened()).isBetween(9L, 10L);
        }
    }

    @Test
    void otherStatusesAreFailures() throws IOException {
        try (FakeServer server = new FakeServer(_ -> FakeServer.reply(500, "{}"))) {
            Step step = open(server, 100, 2, window(0, 200));
            assertThat(step.statuses()).containsOnlyKeys(500);
            assertThat(step.failed()).isEqualTo(step.sent()).isPositive();
            assertThat(step.goodPerSecond()).isZero();
        }
    }

    @Test
    void loneRequestsShowTheirBodies() throws Exception {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        Set<String> asked = ConcurrentHashMap.newKeySet();
        FakeServer.Handler handler = request -> {
            asked.add(request.substring(request.indexOf("\r\n\r\n") + 4));
            return FakeServer.reply(200, "{\"n\": 1}");
        };
        try (FakeServer server = new FakeServer(handler);
                Client client = new Client(server.address(), Optional.empty())) {
            Step step = ClosedLoop.runAlone(client, requests(server), window(50, 200), 1, (_, _, body) -> seen.add(new String(body)));
            assertThat(seen).containsExactly("{\"n\": 1}");
            assertThat(asked).containsExactlyInAnyOrder("{\"inputs\":[\"one\"]}", "{\"inputs\":[\"two\"]}", "{\"inputs\":[[\"a\",\"b\"]]}");
            assertThat(server.connections()).isEqualTo(1);
            assertThat(step.good().count()).isPositive();
        }
    }

    /** A port that is taken and not listened at: one that is free another process may take, or the connection itself. */
    @Test
    void aServerThatIsNotThereIsASentence() throws IOException {
        try (FakeServer other = new FakeServer(_ -> OK); Socket taken = new Socket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            InetSocketAddress address = (InetSocketAddress) taken.getLocalSocketAddress();
            try (Client client = new Client(address, Optional.empty())) {
                OpenLoop.Plan plan = new OpenLoop.Plan(Arrivals.FIXED, 10, 1, window(0, 100), 1);
                assertThatThrownBy(() -> OpenLoop.run(client, requests(other), plan)).isInstanceOf(IOException.class)
                        .hasMessageStartingWith("Cannot connect to 127.0.0.1:");
            }
        }
    }
}
