package dev.filigree.tests.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.tests.load.report.Lone.Stages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.HdrHistogram.Histogram;

/** Takes a lone request's time apart by the {@code timings} of its answer. For one thread. */
final class LoneMeter implements BiConsumer<Long, byte[]> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double NANOS_PER_MICRO = 1e3;
    private static final double MEDIAN = 50;
    private static final double SLOWEST_PERCENT = 99;

    private final Histogram tokenize = histogram();
    private final Histogram queue = histogram();
    private final Histogram compute = histogram();
    private final Histogram total = histogram();
    private final Histogram overhead = histogram();

    private static Histogram histogram() {
        return new Histogram(TimeUnit.MINUTES.toNanos(1), 4);
    }

    @Override
    public void accept(Long nanos, byte[] body) {
        JsonNode timings;
        try {
            timings = JSON.readTree(body).path("timings");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (timings.isObject()) {
            record(tokenize, nanos(timings, "tokenize_us"));
            record(queue, nanos(timings, "queue_us"));
            record(compute, nanos(timings, "compute_us"));
            record(total, nanos(timings, "total_us"));
            record(overhead, nanos - nanos(timings, "tokenize_us") - nanos(timings, "compute_us"));
        }
    }

    private static void record(Histogram histogram, long nanos) {
        histogram.recordValue(Math.clamp(nanos, 0, histogram.getHighestTrackableValue()));
    }

    private static long nanos(JsonNode timings, String name) {
        return Math.round(timings.path(name).asDouble() * NANOS_PER_MICRO);
    }

    /** What was seen; nothing when no answer had timings. */
    Optional<Stages> stages() {
        return overhead.getTotalCount() == 0
                ? Optional.empty()
                : Optional.of(new Stages(micros(tokenize, MEDIAN), micros(queue, MEDIAN), micros(compute, MEDIAN), micros(total, MEDIAN),
                        micros(overhead, MEDIAN), micros(overhead, SLOWEST_PERCENT)));
    }

    private static double micros(Histogram nanos, double percent) {
        return nanos.getValueAtPercentile(percent) / NANOS_PER_MICRO;
    }
}
