package dev.filigree.tests.load.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.tests.Main;
import dev.filigree.tests.load.client.Latency;
import dev.filigree.tests.load.client.Step;
import dev.filigree.tests.load.process.Gauge;
import dev.filigree.tests.load.process.Trend;
import dev.filigree.tests.load.report.Bar.Verdict;
import dev.filigree.tests.load.soak.SoakResult;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bars, JSON, tables and picture of a run whose figures are made up. */
class LoadReportTest {
    private static final Capacity CAPACITY = new Capacity(32, List.of(400.0, 440.0, 420.0), List.of(200.0, 275.0, 300.0));
    private static final Lone LONE = new Lone(latency(2000), latency(90), Optional.of(new Lone.Stages(50, 5, 1800, 1900, 150, 300)),
            Optional.of(110.0), Optional.of(new Lone.Way(30, 75)));
    private static final SoakResult SOAK = new SoakResult(30, 17, Map.of("one text", Map.of("200", 99L, "429", 1L)), 98,
            List.of(trend(Gauge.THREADS, 20, 20)), List.of());
    private static final LoadReport REPORT = report(Optional.of(LONE), step(294, 290, 7000, 0, Map.of(200, 1000L)),
            step(1260, 378, 9000, 8000, Map.of(200, 300L, 429, 700L)), trend(Gauge.RSS, 700, 705), trend(Gauge.LIVE_HEAP, 20, 22));

    @TempDir
    private Path folder;

    private static Latency latency(double p50) {
        return new Latency(1000, p50, p50, 2 * p50, 3 * p50, 4 * p50, 5 * p50);
    }

    private static Latency p99(double p99) {
        return new Latency(p99 == 0 ? 0 : 1000, p99 / 4, p99 / 4, p99 / 2, p99, 2 * p99, 3 * p99);
    }

    private static Step step(double offered, double good, double p99, double refusedP99, Map<Integer, Long> statuses) {
        return new Step(offered, 10, 1000, good, p99(p99), p99(refusedP99), statuses, 0, 0, 0, latency(50), 0.1, Optional.of(1.5));
    }

    private static Trend trend(Gauge gauge, double first, double last) {
        return new Trend(gauge, 100, first, last, last, (last - first) / 10, 10);
    }

    private static LoadReport report(Optional<Lone> lone, Step steady, Step overload, Trend... trends) {
        return new LoadReport(Map.of("processor", "Abacus 3000"), Map.of("server", "filigree serve"), lone, Optional.of(CAPACITY),
                List.of(new SteadyRound(1000, 100, steady), new SteadyRound(2000, 420, steady), new SteadyRound(4000, 500, steady)),
                List.of(step(210, 208, 5000, 0, Map.of(200, 1000L)), step(420, 400, 50_000, 0, Map.of(200, 1000L))),
                Optional.of(new Overload(List.of(400.0, 440.0), overload, List.of(trends))), Optional.of(SOAK));
    }

    private static Bar bar(LoadReport report, String what) {
        return report.bars().stream().filter(bar -> bar.what().contains(what)).findFirst().orElseThrow();
    }

    @Test
    void aBarIsMetAtItsLimit() {
        assertThat(Bar.atMost("x", "", 4, Optional.of(4.0)).verdict()).isEqualTo(Verdict.MET);
        assertThat(Bar.atMost("x", "", 4, Optional.of(4.01)).verdict()).isEqualTo(Verdict.MISSED);
        assertThat(Bar.atLeast("x", "", 4, Optional.of(4.0)).verdict()).isEqualTo(Verdict.MET);
        assertThat(Bar.atLeast("x", "", 4, Optional.of(3.99)).verdict()).isEqualTo(Verdict.MISSED);
        assertThat(Bar.atLeast("x", "", 4, Optional.of(Double.NaN)).verdict()).isEqualTo(Verdict.MISSED);
        assertThat(Bar.atMost("x", "", 4, Optional.empty()).verdict()).isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void barsAreThoseOfTheScenariosThatRan() {
        assertThat(REPORT.bars()).hasSize(12).allMatch(bar -> bar.verdict() == Verdict.MET);
        assertThat(bar(REPORT, "overhead").measured()).contains(150.0);
        assertThat(bar(REPORT, "with batching").measured()).as("the median of the rounds' ratios").contains(1.6);
        assertThat(bar(REPORT, "p99 at 70 %").measured()).as("the median of the rounds' ratios").contains(3.5);
        assertThat(bar(REPORT, "goodput").measured()).contains(378.0 / 420);
        assertThat(bar(REPORT, "refusals (429)").measured()).contains(4.0);
        LoadReport nothing = new LoadReport(Map.of(), Map.of(), Optional.empty(), Optional.empty(), List.of(), List.of(),
                Optional.empty(), Optional.of(SOAK));
        assertThat(nothing.bars()).isEmpty();
    }

    @Test
    void missesAreMissesAndWhatIsNotMeasuredIsUnknown() {
        Lone withoutTimings = new Lone(latency(1000), latency(90), Optional.empty(), Optional.empty(), Optional.empty());
        LoadReport report = report(Optional.of(withoutTimings), step(294, 290, 9000, 10, Map.of(200, 999L, 500, 1L)),
                step(1260, 370, 9000, 9000, Map.of(429, 1000L)), trend(Gauge.RSS, 700, 900));
        assertThat(bar(report, "overhead").verdict()).isEqualTo(Verdict.UNKNOWN);
        assertThat(bar(report, "p99 at 70 %").verdict()).isEqualTo(Verdict.MISSED);
        assertThat(bar(report, "failed or were refused").measured()).as("of all rounds").contains(3003.0);
        assertThat(bar(report, "goodput").verdict()).isEqualTo(Verdict.MISSED);
        assertThat(bar(report, "refusals (429)").verdict()).isEqualTo(Verdict.MISSED);
        assertThat(bar(report, "RSS, last third").verdict()).isEqualTo(Verdict.MISSED);
        assertThat(bar(report, "RSS, rise").verdict()).isEqualTo(Verdict.MISSED);
        assertThat(bar(report, "heap after a collection, last third").verdict()).isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void jsonComesBackAsItWas() throws IOException {
        Path file = folder.resolve("load.json");
        REPORT.write(file);
        assertThat(LoadReport.read(file)).isEqualTo(REPORT);
        JsonNode json = new ObjectMapper().readTree(file.toFile());
        assertThat(json.fieldNames()).toIterable().containsExactly(
                "machine", "setup", "lone", "capacity", "steady", "sweep", "overload", "soak", "bars");
        assertThat(json.at("/bars/0/verdict").asText()).isEqualTo("MET");
        assertThat(json.at("/lone/stages/overhead").asDouble()).isEqualTo(150);
        assertThat(json.at("/overload/step/statuses/429").asLong()).isEqualTo(700);
        assertThat(json.at("/overload/trends/0/gauge").asText()).isEqualTo("RSS");
        Files.writeString(file, "{}");
        assertThatThrownBy(() -> LoadReport.read(file)).isInstanceOf(IOException.class).hasMessageContaining("no report of filigree load");
    }

    @Test
    void theCommandPrintsTablesAndDraws() throws IOException {
        Path file = folder.resolve("load.json");
        Path picture = folder.resolve("load.png");
        REPORT.write(file);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true))
                .execute("load-report", file.toString(), "--chart", picture.toString());
        assertThat(code).as(err.toString()).isZero();
        assertThat(out.toString()).contains(
                "processor Abacus 3000",
                "| server's overhead on a lone request, median | ≤ 150 µs | 150 µs | met |",
                "| goodput at 300 % offered over capacity | ≥ 0.900 | 0.900 | met |",
                "| 50.0 | 5.00 | 1800 | 1900 | 150 | 300 | 110 | 30.0 | 75.0 | 40.0 |",
                "| ratio | 1.60× |",
                "| RSS | 700 MB | 705 MB | 1.01× | +0.50 MB |",
                "Soak of 30.0 minutes, seed 17: passed; 98 answers",
                "| one text | 200: 99, 429: 1 |");
        BufferedImage image = ImageIO.read(picture.toFile());
        assertThat(image.getWidth()).isEqualTo(1500);
        assertThat(hasColour(image, 0, 750, 0x2171b5)).as("the median, on the left").isTrue();
        assertThat(hasColour(image, 750, 1500, 0x238b45)).as("the requests answered, on the right").isTrue();
        assertThat(LoadPicture.latency(REPORT).getSeries("p99").getYData()).containsExactly(5, 50);
        assertThat(LoadPicture.goodput(REPORT).getSeries("answered").getYData()).containsExactly(100 * 208 / 420.0, 100 * 400 / 420.0);
    }

    private static boolean hasColour(BufferedImage image, int from, int to, int colour) {
        return IntStream.range(from, to).anyMatch(x ->
                IntStream.range(0, image.getHeight()).anyMatch(y -> (image.getRGB(x, y) & 0xFFFFFF) == colour));
    }

    @Test
    void aRunWithoutSweepCannotBeDrawn() throws IOException {
        LoadReport report = new LoadReport(Map.of(), Map.of(), Optional.empty(), Optional.of(CAPACITY), List.of(), List.of(),
                Optional.empty(), Optional.empty());
        assertThatThrownBy(() -> LoadPicture.write(report, folder.resolve("no.png"))).hasMessageContaining("no sweep");
    }
}
