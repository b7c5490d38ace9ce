package dev.filigree.tests.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.tests.load.client.ClosedLoop;
import dev.filigree.tests.load.report.Lone.Stages;
import dev.filigree.tests.load.report.Lone.Way;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Takes a lone request's time apart by the {@code timings} of its answer, and by its {@code clock} where the server tells when it read the
 * request and when it wrote the answer. For one thread.
 */
final class LoneMeter implements ClosedLoop.GoodAnswer {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double NANOS_PER_MICRO = 1e3;
    private static final double MEDIAN = 50;
    private static final double SLOWEST_PERCENT = 99;

    private final Histogram tokenize = histogram();
    private final Histogram queue = histogram();
    private final Histogram compute = histogram();
    private final Histogram total = histogram();
    private final Histogram overhead = histogram();
    private final Histogram there = histogram();
    private final Histogram back = histogram();

    private static Histogram histogram() {
        return new Histogram(TimeUnit.MINUTES.toNanos(1), 4);
    }

    @Override
    public void accept(long sent, long answered, byte[] body) {
        JsonNode answer;
        try {
            answer = JSON.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        JsonNode timings = answer.path("timings");
        if (timings.isObject()) {
            record(tokenize, nanos(timings, "tokenize_us"));
            record(queue, nanos(timings, "queue_us"));
            record(compute, nanos(timings, "compute_us"));
            record(total, nanos(timings, "total_us"));
            record(overhead, answered - sent - nanos(timings, "tokenize_us") - nanos(timings, "compute_us"));
        }
        JsonNode clock = answer.path("clock");
        if (clock.isObject()) {
            clock(sent, Long.parseLong(clock.path("read_ns").textValue()), Long.parseLong(clock.path("wrote_ns").textValue()), answered);
        }
    }

    /** Two processes of one machine read the same clock on Linux; where they do not, these are not in order, or only by chance. */
    private void clock(long sent, long read, long wrote, long answered) {
        if (read - sent >= 0 && wrote - read >= 0 && answered - wrote >= 0) {
            record(there, read - sent);
            record(back, answered - wrote);
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

    /** To the server and back; nothing where no answer told. */
    Optional<Way> way() {
        return there.getTotalCount() == 0 ? Optional.empty() : Optional.of(new Way(micros(there, MEDIAN), micros(back, MEDIAN)));
    }

    private static double micros(Histogram nanos, double percent) {
        return nanos.getValueAtPercentile(percent) / NANOS_PER_MICRO;
    }
}
