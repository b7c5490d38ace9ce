package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.filigree.server.config.Limits;
import dev.filigree.server.http.Tls;
import dev.filigree.server.http.Transport;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** HTTP/2 and TLS with the JDK's client, and every way of waiting for sockets. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class Http2Test {
    private static final HttpResponse.BodyHandler<String> TEXT = HttpResponse.BodyHandlers.ofString();

    @TempDir
    private Path folder;

    @Test
    void cleartextUpgrade() throws Exception {
        try (Served served = new Served(); HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> live = client.send(HttpRequest.newBuilder(uri("http", served, "/health/live")).build(), TEXT);
            assertThat(live.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(live.statusCode()).isEqualTo(200);
            assertThat(live.body()).isEqualTo("{\"status\":\"live\"}");
            HttpResponse<String> answer = client.send(classify("http", served, "after"), TEXT);
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(answer.body()).contains("\"label\":\"after\"");
        }
    }

    @Test
    void upgradeWithABodyIsAnsweredInHttp1() throws Exception {
        try (Served served = new Served(); HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(classify("http", served, "first"), TEXT);
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThat(answer.body()).contains("\"label\":\"first\"");
        }
    }

    @Test
    void upgradeWithBrokenSettingsIsAnsweredInHttp1() throws Exception {
        try (Served served = new Served()) {
            RawClient.Response response = served.exchange(RawClient.get(
                    "/health/live", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAM"));
            assertThat(response.status()).isEqualTo(200);
        }
    }

    @Test
    void manyStreamsOfOneConnectionAreAnsweredEachByItsOwn() throws Exception {
        try (Served served = new Served(Served.limits().queuedRequests(64).build(), 2, "echo");
                HttpClient client = HttpClient.newHttpClient()) {
            client.send(HttpRequest.newBuilder(uri("http", served, "/health/live")).build(), TEXT);
            List<CompletableFuture<HttpResponse<String>>> answers = IntStream.range(0, 64)
                    .mapToObj(i -> client.sendAsync(classify("http", served, "text " + i), TEXT))
                    .toList();
            for (int i = 0; i < answers.size(); i++) {
                HttpResponse<String> answer = answers.get(i).join();
                assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(answer.body()).contains("\"label\":\"text " + i + "\"");
            }
        }
    }

    @Test
    void departedStreamIsNotComputed() throws Exception {
        try (Served served = new Served(); HttpClient client = HttpClient.newHttpClient()) {
            client.send(HttpRequest.newBuilder(uri("http", served, "/health/live")).build(), TEXT);
            CompletableFuture<HttpResponse<String>> held = client.sendAsync(classify("http", served, "hold"), TEXT);
            Served.awaitUninterruptibly(served.model().held);
            CompletableFuture<HttpResponse<String>> gone = client.sendAsync(classify("http", served, "gone"), TEXT);
            awaitQueued(served, 1);
            gone.cancel(true);
            awaitQueued(served, 0);
            served.model().release.countDown();
            assertThat(held.join().statusCode()).isEqualTo(200);
            assertThat(served.model().calls).hasValue(1);
        }
    }

    @Test
    void closeAnswersTheStreamsInFlight() throws Exception {
        try (Served served = new Served(); HttpClient client = HttpClient.newHttpClient()) {
            client.send(HttpRequest.newBuilder(uri("http", served, "/health/live")).build(), TEXT);
            CompletableFuture<HttpResponse<String>> held = client.sendAsync(classify("http", served, "hold"), TEXT);
            Served.awaitUninterruptibly(served.model().held);
            CompletableFuture<HttpResponse<String>> queued = client.sendAsync(classify("http", served, "queued"), TEXT);
            awaitQueued(served, 1);
            CompletableFuture<Void> closing = CompletableFuture.runAsync(served.server::close);
            served.model().release.countDown();
            assertThat(held.join().statusCode()).isEqualTo(200);
            assertThat(queued.join().body()).contains("\"label\":\"queued\"");
            closing.join();
        }
    }

    private static void awaitQueued(Served served, int requests) {
        while (served.server.queued() != requests) {
            Thread.onSpinWait();
        }
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void tls(HttpClient.Version version) throws Exception {
        X509Bundle certificate = certificate("first");
        Tls tls = new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        try (Served served = new Served(settings -> settings.with(tls)); HttpClient client = client(version, certificate)) {
            HttpResponse<String> answer = client.send(classify("https", served, "secret"), TEXT);
            assertThat(answer.version()).isEqualTo(version);
            assertThat(answer.body()).contains("\"label\":\"secret\"");
        }
    }

    @Test
    void newConnectionsGetTheNewCertificate() throws Exception {
        X509Bundle first = certificate("first");
        Tls tls = new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        try (Served served = new Served(settings -> settings.with(tls));
                HttpClient before = client(HttpClient.Version.HTTP_2, first)) {
            assertThat(before.send(classify("https", served, "a"), TEXT).statusCode()).isEqualTo(200);
            X509Bundle second = certificate("second");
            tls.refresh();
            try (HttpClient stranger = client(HttpClient.Version.HTTP_2, first);
                    HttpClient after = client(HttpClient.Version.HTTP_2, second)) {
                assertThat(after.send(classify("https", served, "b"), TEXT).statusCode()).isEqualTo(200);
                assertThatThrownBy(() -> stranger.send(classify("https", served, "c"), TEXT)).isInstanceOf(SSLException.class);
                assertThat(before.send(classify("https", served, "d"), TEXT).statusCode()).isEqualTo(200);
                Files.writeString(folder.resolve("key.pem"), "broken");
                tls.refresh();
                assertThat(after.send(classify("https", served, "e"), TEXT).statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void filesThatAreNoCertificateAreRefused() throws Exception {
        certificate("first");
        Files.writeString(folder.resolve("cert.pem"), "nothing");
        assertThatThrownBy(() -> new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem")))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll("cert.pem", "key.pem", "cannot be used");
    }

    @Test
    void aKeyOfAnotherCertificateIsRefusedAndDoesNotReplaceTheRightOne() throws Exception {
        X509Bundle certificate = certificate("first");
        Tls tls = new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        String otherKey = new CertificateBuilder().subject("CN=other").setIsCertificateAuthority(true).buildSelfSigned().getPrivateKeyPEM();
        Files.writeString(folder.resolve("key.pem"), otherKey);
        assertThatThrownBy(() -> new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem")))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll("cert.pem", "key.pem", "the key is not the certificate's");
        tls.refresh();
        try (Served served = new Served(settings -> settings.with(tls));
                HttpClient client = client(HttpClient.Version.HTTP_2, certificate)) {
            assertThat(client.send(classify("https", served, "a"), TEXT).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"rsa2048", "ecp256", "ed25519"})
    void keysOfEveryUsualKind(CertificateBuilder.Algorithm kind) throws Exception {
        X509Bundle bundle = new CertificateBuilder().subject("CN=any").algorithm(kind).setIsCertificateAuthority(true).buildSelfSigned();
        Files.writeString(folder.resolve("cert.pem"), bundle.getCertificatePathPEM());
        Files.writeString(folder.resolve("key.pem"), bundle.getPrivateKeyPEM());
        assertThatCode(() -> new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem"))).doesNotThrowAnyException();
    }

    @Test
    void aLookAtTheFilesThatNobodyHasTimeForIsNotTheLast() throws Exception {
        certificate("first");
        Tls tls = new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        CountDownLatch looks = new CountDownLatch(3);
        try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
            tls.watch(clock, look -> {
                looks.countDown();
                throw new RejectedExecutionException("busy");
            }, Duration.ofMillis(1));
            assertThat(looks.await(30, TimeUnit.SECONDS)).isTrue();
            clock.shutdownNow();
        }
    }

    @Test
    void plainHttpOnATlsPortHarmsNobody() throws Exception {
        X509Bundle certificate = certificate("first");
        Tls tls = new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        try (Served served = new Served(settings -> settings.with(tls)); RawClient plain = served.connect();
                HttpClient client = client(HttpClient.Version.HTTP_2, certificate)) {
            assertThat(plain.send(RawClient.get("/health/live")).atEnd()).isTrue();
            assertThat(client.send(classify("https", served, "a"), TEXT).statusCode()).isEqualTo(200);
        }
    }

    /** Silent, and in the middle of the first record of TLS. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\u0016\u0003\u0001"})
    void aHandshakeThatIsNotFinishedHoldsNoStopUp(String begun) throws Exception {
        X509Bundle certificate = certificate("first");
        Tls tls = new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        Limits patient = Served.limits().drain(Duration.ofHours(1)).build();
        InetSocketAddress free = new InetSocketAddress("127.0.0.1", 0);
        try (Served served = new Served(_ -> ServerSettings.of(free, 1, patient).with(tls)); RawClient silent = served.connect()) {
            silent.send(begun);
            try (HttpClient client = client(HttpClient.Version.HTTP_2, certificate)) {
                assertThat(client.send(classify("https", served, "a"), TEXT).statusCode()).isEqualTo(200);
            }
            served.server.close();
            while (!silent.atEnd()) {
                // A farewell of TLS, perhaps.
            }
            assertThat(served.model().closed).isTrue();
        }
    }

    @Test
    void whatIsNoTlsAfterAHandshakeIsNoErrorInTheLog() throws Exception {
        X509Bundle certificate = certificate("first");
        Tls tls = new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        ListAppender<ILoggingEvent> events = new ListAppender<>();
        events.start();
        Logger log = (Logger) LoggerFactory.getLogger("dev.filigree.server.http");
        log.addAppender(events);
        try (Served served = new Served(settings -> settings.with(tls));
                Socket wire = new Socket(served.server.address().getAddress(), served.server.address().getPort());
                Socket secure = context(certificate).getSocketFactory().createSocket(wire, "localhost", wire.getPort(), false)) {
            secure.getOutputStream().write(RawClient.get("/health/live").getBytes(StandardCharsets.US_ASCII));
            assertThat(secure.getInputStream().read()).isEqualTo('H');
            wire.getOutputStream().write(RawClient.get("/health/live").getBytes(StandardCharsets.US_ASCII));
            while (wire.getInputStream().read() >= 0) {
                // To the end that the server makes of it, after what it logs.
            }
        } finally {
            log.detachAppender(events);
        }
        assertThat(events.list).noneMatch(event -> event.getLevel().isGreaterOrEqual(Level.WARN));
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void everyTransport(Transport transport) throws Exception {
        assumeThat(transport.isAvailable()).as(transport + " can be used here").isTrue();
        try (Served served = new Served(settings -> settings.with(transport)); RawClient client = served.connect()) {
            assertThat(client.send(RawClient.post("{\"inputs\": \"a\"}")).read().status()).isEqualTo(200);
            assertThat(client.send(RawClient.get("/health/ready", "Connection: close")).read().status()).isEqualTo(200);
            assertThat(client.atEnd()).isTrue();
        }
    }

    private X509Bundle certificate(String name) throws Exception {
        X509Bundle bundle = new CertificateBuilder()
                .subject("CN=" + name)
                .addSanDnsName("localhost")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Files.writeString(folder.resolve("cert.pem"), bundle.getCertificatePathPEM());
        Files.writeString(folder.resolve("key.pem"), bundle.getPrivateKeyPEM());
        return bundle;
    }

    private static HttpClient client(HttpClient.Version version, X509Bundle trusted) throws Exception {
        return HttpClient.newBuilder().version(version).sslContext(context(trusted)).build();
    }

    private static SSLContext context(X509Bundle trusted) throws Exception {
        TrustManagerFactory trust = trusted.toTrustManagerFactory();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static URI uri(String scheme, Served served, String path) {
        return URI.create(scheme + "://localhost:" + served.server.address().getPort() + path);
    }

    private static HttpRequest classify(String scheme, Served served, String text) {
        return HttpRequest.newBuilder(uri(scheme, served, "/v1/classify"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"inputs\": \"" + text + "\"}"))
                .build();
    }
}
