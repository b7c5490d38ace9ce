package dev.filigree.tests.load.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.filigree.pruner.files.WholeFiles;
import dev.filigree.tests.load.client.Step;
import dev.filigree.tests.load.process.Gauge;
import dev.filigree.tests.load.process.Trend;
import dev.filigree.tests.load.soak.SoakResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One run's figures; its JSON form has the names of these components, and the bars besides. What was not asked for is empty.
 *
 * @param machine what it ran on, see {@code MachineFacts}
 * @param setup server and client: flags, connections, texts
 * @param lone requests that are alone on the server
 * @param capacity requests a second at most
 * @param steady at 70 % of the capacity, round by round
 * @param sweep from a little load to more than the capacity
 * @param overload at three times the capacity
 * @param soak mixed traffic for a long time
 */
public record LoadReport(
        Map<String, String> machine,
        Map<String, String> setup,
        Optional<Lone> lone,
        Optional<Capacity> capacity,
        List<SteadyRound> steady,
        List<Step> sweep,
        Optional<Overload> overload,
        Optional<SoakResult> soak) {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new Jdk8Module())
            // What is computed from the rest, such as the bars, is written for other readers.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
    /** What the server may add to tokenizer and kernels, in microseconds. */
    private static final double OVERHEAD_MICROS = 150;
    private static final double BATCHING_GAIN = 1.5;
    /** How many times the median of a lone request the slowest percent may take under load. */
    private static final double SLOWEST_PERCENT = 4;
    private static final double GOODPUT = 0.9;

    /** Copies maps and lists. */
    public LoadReport {
        machine = Collections.unmodifiableMap(new LinkedHashMap<>(machine));
        setup = Collections.unmodifiableMap(new LinkedHashMap<>(setup));
        steady = List.copyOf(steady);
        sweep = List.copyOf(sweep);
    }

    /** What was aimed at in the scenarios that ran. */
    @JsonProperty("bars")
    public List<Bar> bars() {
        List<Bar> bars = new ArrayList<>();
        Optional<Double> alone = lone.map(one -> one.latency().p50());
        lone.ifPresent(one -> bars.add(Bar.atMost(
                "server's overhead on a lone request, median", "µs", OVERHEAD_MICROS, one.stages().map(Lone.Stages::overhead))));
        capacity.ifPresent(one -> bars.add(Bar.atLeast(
                "throughput with batching over without, " + one.connections() + " connections", "", BATCHING_GAIN, one.gain())));
        if (!steady.isEmpty()) {
            bars.add(Bar.atMost("p99 at 70 % of capacity over the lone median, median of the rounds", "", SLOWEST_PERCENT,
                    Optional.of(Capacity.median(steady.stream().map(SteadyRound::slowestPercent).toList()))));
            bars.add(Bar.atMost("requests at 70 % of capacity that failed or were refused", "", 0,
                    Optional.of(steady.stream().mapToDouble(round -> round.step().failed() + round.step().refused().count()).sum())));
        }
        overload.ifPresent(one -> overload(one, alone, bars));
        return bars;
    }

    private void overload(Overload one, Optional<Double> alone, List<Bar> bars) {
        Step step = one.step();
        bars.add(Bar.atLeast("goodput at 300 % offered over capacity", "", GOODPUT, Optional.of(one.goodput())));
        bars.add(Bar.atMost("p99 of refusals (429) over the lone median", "", SLOWEST_PERCENT,
                alone.filter(_ -> step.refused().count() > 0).map(median -> step.refused().p99() / median)));
        bars.add(Bar.atMost("requests answered with neither 200 nor 429", "", 0, Optional.of((double) step.failed())));
        bars.add(Bar.atMost("connections opened again", "", 0, Optional.of((double) step.reopened())));
        for (Gauge gauge : List.of(Gauge.LIVE_HEAP, Gauge.RSS)) {
            Optional<Trend> trend = one.trend(gauge);
            bars.add(Bar.atMost(gauge.label() + ", last third over first", "", 1 + Trend.FLAT, trend.map(Trend::ratio)));
            bars.add(Bar.atMost(gauge.label() + ", rise of its line over the run, of the first third", "", Trend.FLAT,
                    trend.map(Trend::rise)));
        }
    }

    /** Writes it as JSON, whole or not at all. */
    public void write(Path file) throws IOException {
        WholeFiles.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws IOException when it is no such file, with a sentence for the user
     */
    public static LoadReport read(Path file) throws IOException {
        try {
            return JSON.readValue(file.toFile(), LoadReport.class);
        } catch (JacksonException e) {
            throw new IOException(file + " is no report of filigree load: " + e.getOriginalMessage(), e);
        }
    }
}
