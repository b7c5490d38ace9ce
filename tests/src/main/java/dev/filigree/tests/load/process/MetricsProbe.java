package dev.filigree.tests.load.process;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/** A server elsewhere, by what it tells at {@code /metrics}; gauges it does not tell are left out. */
public final class MetricsProbe implements Probe {
    private static final double MEGA = 1e6;
    private static final int OK = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();
    private final HttpRequest metrics;

    /** A probe of a server by its address, {@code http://host:port}. */
    public MetricsProbe(URI server) {
        this.metrics = HttpRequest.newBuilder(server.resolve("/metrics")).timeout(PATIENCE).build();
    }

    @Override
    public Map<Gauge, Double> read() throws IOException {
        try {
            HttpResponse<String> answer = client.send(metrics, HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() == OK ? gauges(answer.body()) : Map.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Map.of();
        }
    }

    /** Reads Prometheus' text format. */
    static Map<Gauge, Double> gauges(String text) {
        Map<Gauge, Double> gauges = new EnumMap<>(Gauge.class);
        sum(text, "jvm_memory_used_bytes{", "area=\"heap\"").ifPresent(bytes -> gauges.put(Gauge.HEAP, bytes / MEGA));
        sum(text, "jvm_threads_live_threads", "").ifPresent(threads -> gauges.put(Gauge.THREADS, threads));
        sum(text, "process_files_open_files", "").ifPresent(files -> gauges.put(Gauge.FILES, files));
        return gauges;
    }

    private static OptionalDouble sum(String text, String name, String label) {
        double[] values = text.lines()
                .filter(line -> line.startsWith(name) && line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .toArray();
        return values.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(DoubleStream.of(values).sum());
    }

    @Override
    public Map<Gauge, Double> readAfterCollection() {
        return Map.of();
    }

    @Override
    public void close() {
        client.close();
    }
}
