package dev.filigree.server.metrics;

import dev.filigree.server.api.ClassifyObserver;
import dev.filigree.server.api.ClassifyService;
import dev.filigree.server.batch.BatchObserver;
import dev.filigree.server.batch.Batcher;
import dev.filigree.server.http.Answer;
import dev.filigree.server.http.Endpoint;
import dev.filigree.server.http.HttpObserver;
import dev.filigree.server.http.Route;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Counts and times what a server does, and tells it in Prometheus' text format. Thread-safe. {@code docs/operations.md} lists the names.
 */
public final class ServerMetrics implements HttpObserver, BatchObserver, ClassifyObserver, AutoCloseable {
    /** Bounds of the histograms of time. */
    private static final Duration[] TIMES = Stream.of(50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000,
            500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000).map(micros -> Duration.ofNanos(1_000L * micros)).toArray(Duration[]::new);
    /** Bounds of the histogram of tokens in a batch. */
    private static final double[] TOKENS = {8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192};
    private static final String NO_MODEL = "none";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final AtomicInteger connections = new AtomicInteger();
    private final Map<Request, Timer> requests = new ConcurrentHashMap<>();
    private final Map<Stage, Timer> stages = new ConcurrentHashMap<>();
    private final Map<Cause, Counter> rejections = new EnumMap<>(Cause.class);
    private final DistributionSummary batchTokens;
    private final DistributionSummary batchTexts;
    private final Timer batches;

    private record Request(String api, String model, int status) {}

    private record Stage(String stage, String model) {}

    /** Why something was not served. */
    private enum Cause {
        OVERLOADED, DEADLINE, DEPARTED, UNAUTHORIZED, TOO_LARGE, SLOW, CONNECTIONS;

        private String tag() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Meters of the server and of its JVM. */
    public ServerMetrics() {
        Gauge.builder("filigree.connections", connections, AtomicInteger::get).description("Open connections").register(registry);
        batchTokens = DistributionSummary.builder("filigree.batch.tokens")
                .description("Tokens of a batch").serviceLevelObjectives(TOKENS).register(registry);
        batchTexts = DistributionSummary.builder("filigree.batch.texts").description("Texts of a batch").register(registry);
        // All from the start, at 0: of a series that begins at 1, Prometheus's increase() does not see the first.
        for (Cause cause : Cause.values()) {
            rejections.put(cause, Counter.builder("filigree.rejected")
                    .description("Requests and connections that were not served").tag("cause", cause.tag()).register(registry));
        }
        batches = Timer.builder("filigree.batch").description("Computing a batch").serviceLevelObjectives(TIMES).register(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    /** Watches a queue. */
    public void watch(Batcher batcher) {
        Gauge.builder("filigree.queue.requests", batcher, Batcher::queued).description("Requests that wait").register(registry);
        Gauge.builder("filigree.queue.tokens", batcher, Batcher::queuedTokens).description("Tokens that wait").register(registry);
        Gauge.builder("filigree.queue.age", batcher, queue -> queue.oldestNanos() * 1e-9)
                .description("How long the first of those that wait has waited").baseUnit("seconds").register(registry);
    }

    /** {@code GET /metrics}. */
    public Route route() {
        return Route.get("/metrics", Endpoint.now(_ -> Answer.of(
                HttpResponseStatus.OK, "text/plain; version=0.0.4; charset=utf-8", registry.scrape().getBytes(StandardCharsets.UTF_8))));
    }

    @Override
    public void opened() {
        connections.incrementAndGet();
    }

    @Override
    public void closed() {
        connections.decrementAndGet();
    }

    @Override
    public void turnedAway() {
        rejected(Cause.CONNECTIONS);
    }

    @Override
    public void departed() {
        rejected(Cause.DEPARTED);
    }

    @Override
    public void answered(Exchange exchange) {
        HttpResponseStatus status = exchange.answer().status();
        Request key = new Request(exchange.template(), exchange.answer().model().orElse(NO_MODEL), status.code());
        requests.computeIfAbsent(key, this::timer).record(exchange.nanos(), TimeUnit.NANOSECONDS);
        switch (status.code()) {
            case 401 -> rejected(Cause.UNAUTHORIZED);
            case 408 -> rejected(Cause.SLOW);
            case 413 -> rejected(Cause.TOO_LARGE);
            case 429 -> rejected(Cause.OVERLOADED);
            case 504 -> rejected(Cause.DEADLINE);
            default -> { }
        }
    }

    private Timer timer(Request key) {
        return Timer.builder("filigree.requests")
                .description("Requests, from the arrival of the head to the writing of the answer")
                .tags("api", key.api(), "model", key.model(), "status", Integer.toString(key.status()))
                .serviceLevelObjectives(TIMES)
                .register(registry);
    }

    private void rejected(Cause cause) {
        rejections.get(cause).increment();
    }

    @Override
    public void computed(int texts, int tokens, long nanos) {
        batchTexts.record(texts);
        batchTokens.record(tokens);
        batches.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void classified(ClassifyService.Answered answered) {
        ClassifyService.Timings timings = answered.timings();
        stage("tokenize", answered.model(), timings.tokenizeNanos());
        stage("queue", answered.model(), timings.queueNanos());
        stage("compute", answered.model(), timings.computeNanos());
    }

    private void stage(String stage, String model, long nanos) {
        stages.computeIfAbsent(new Stage(stage, model), key -> Timer.builder("filigree.stage")
                .description("Where the time of a request goes")
                .tags("stage", key.stage(), "model", key.model())
                .serviceLevelObjectives(TIMES)
                .register(registry)).record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }
}
