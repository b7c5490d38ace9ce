package dev.filigree.pruner.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.pruner.train.Curve;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** The two files of a report. */
class ReportFilesTest {
    @TempDir
    Path folder;

    @Test
    void theyLieBesideThePackedFile() {
        ReportFiles files = ReportFiles.beside(Path.of("out", "model.filigree"));
        assertThat(files.json()).isEqualTo(Path.of("out", "model.report.json"));
        assertThat(files.page()).isEqualTo(Path.of("out", "model.report.html"));
        assertThat(ReportFiles.beside(Path.of("model")).page()).isEqualTo(Path.of("model.report.html"));
    }

    @Test
    void jsonComesBackAsItWas() throws IOException {
        RunReport report = report("<odd> & \"quoted\"");
        ReportFiles files = write(report);
        assertThat(files.read()).isEqualTo(report);
        JsonNode json = new ObjectMapper().readTree(files.json().toFile());
        assertThat(json.fieldNames()).toIterable().containsExactly("file", "base", "task", "pattern", "method", "seed", "settings", "data",
                "metrics", "agreement", "logitGap", "keptEnergy", "linears", "curves", "sizes", "latency", "seconds", "threads",
                "versions", "machine", "date");
        assertThat(json.at("/metrics/0/packed/low").asDouble()).isEqualTo(0.85);
        assertThat(json.at("/linears/0/patterns/0/pattern").asText()).isEqualTo("1100");
        assertThat(json.at("/curves/0/points/1/residuals/primal").asDouble()).isEqualTo(0.01);
    }

    @Test
    void whatIsNoReportIsRefused() throws IOException {
        ReportFiles files = ReportFiles.beside(folder.resolve("model.filigree"));
        Files.writeString(files.json(), "{\"file\": \"model.filigree\"}");
        assertThatThrownBy(files::read).isInstanceOf(IOException.class).hasMessageContaining("model.report.json is no report");
    }

    @Test
    void thePageIsWellFormedAndNeedsNothingElse() throws Exception {
        ReportFiles files = write(report("<odd> & \"quoted\""));
        String page = Files.readString(files.page());
        Document document = parse(page);
        assertThat(document.getElementsByTagName("h2").getLength()).isEqualTo(7);
        assertThat(document.getElementsByTagName("script").getLength()).isZero();
        assertThat(document.getElementsByTagName("img").getLength()).isZero();
        assertThat(document.getElementsByTagName("link").getLength()).isZero();
        assertThat(page).doesNotContain("http:", "https:", "//", "url(", "@import", "src=");
        NodeList links = document.getElementsByTagName("a");
        for (int i = 0; i < links.getLength(); i++) {
            String target = ((Element) links.item(i)).getAttribute("href");
            assertThat(target).startsWith("#");
            assertThat(page).contains("id=\"" + target.substring(1) + "\"");
        }
        assertThat(document.getElementsByTagName("title").item(0).getTextContent()).contains("<odd> & \"quoted\"");
    }

    @Test
    void everyFigureOfThePageIsOneOfTheJson() throws Exception {
        ReportFiles files = write(report("base"));
        Set<Double> numbers = new HashSet<>();
        collect(new ObjectMapper().readTree(files.json().toFile()), numbers);
        NodeList figures = parse(Files.readString(files.page())).getElementsByTagName("data");
        assertThat(figures.getLength()).isGreaterThan(40);
        for (int i = 0; i < figures.getLength(); i++) {
            Element figure = (Element) figures.item(i);
            double value = Double.parseDouble(figure.getAttribute("value"));
            assertThat(numbers).contains(value);
            String shown = figure.getTextContent().replace('\u2212', '-').replaceAll("[ ,%\u00d7MB+]", "");
            assertThat(List.of(value, 100 * value, value / 1e6)).as(shown)
                    .anyMatch(number -> Math.abs(number - Double.parseDouble(shown)) <= 0.051 * Math.max(1, Math.abs(number) / 10));
        }
    }

    @Test
    void whatScrollsCanBeReachedByKeyboardAndHasAName() throws Exception {
        Document document = parse(Files.readString(write(report("base")).page()));
        NodeList blocks = document.getElementsByTagName("div");
        int scrolling = 0;
        for (int i = 0; i < blocks.getLength(); i++) {
            Element block = (Element) blocks.item(i);
            if (block.getAttribute("class").equals("scroll")) {
                scrolling++;
                assertThat(block.getAttribute("tabindex")).isEqualTo("0");
                assertThat(block.getAttribute("aria-label")).isNotBlank();
            }
        }
        assertThat(scrolling).isGreaterThan(6);
        NodeList charts = document.getElementsByTagName("svg");
        for (int i = 0; i < charts.getLength(); i++) {
            assertThat(((Element) charts.item(i)).getElementsByTagName("title").item(0).getTextContent()).isNotBlank();
        }
    }

    @Test
    void aReportOfNothingPrunedOrTrainedIsAPageToo() throws Exception {
        RunReport full = report("base");
        RunReport.PrunedLinear linear = new RunReport.PrunedLinear(0, "query", 4, 4, "dense", 1, 0, 16, List.of(), 0);
        RunReport dense = new RunReport(full.file(), full.base(), full.task(), "dense", "dense", 1, full.settings(), full.data(),
                full.metrics(), 1, 0, 1, List.of(linear), List.of(), full.sizes(), full.latency(), full.seconds(), 1, full.versions(),
                full.machine(), full.date());
        assertThat(parse(Files.readString(write(dense).page())).getElementById("main")).isNull();
        assertThat(Files.readString(write(dense).page())).contains("Every linear is dense", "Nothing was trained");
    }

    private ReportFiles write(RunReport report) throws IOException {
        ReportFiles files = ReportFiles.beside(folder.resolve("model.filigree"));
        files.write(report);
        return files;
    }

    private static Document parse(String page) throws Exception {
        assertThat(page).startsWith("<!DOCTYPE html>\n");
        return DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new InputSource(new StringReader(page.substring(page.indexOf('\n') + 1))));
    }

    private static void collect(JsonNode node, Set<Double> numbers) {
        if (node.isNumber()) {
            numbers.add(node.asDouble());
        }
        node.forEach(child -> collect(child, numbers));
    }

    private static RunReport report(String base) {
        List<RunReport.PrunedLinear> linears = new ArrayList<>();
        for (int layer = 0; layer < 2; layer++) {
            for (String role : FileReport.ROLES) {
                linears.add(new RunReport.PrunedLinear(layer, role, 16, 16, "2:4@16", 0.59 + 0.01 * layer, 0.41 - 0.01 * layer, 160,
                        List.of(new PatternUse("1100", 3), new PatternUse("0011", 1)), 2));
            }
        }
        List<Curve> curves = List.of(
                new Curve("admm", 2, List.of(new Curve.Point(1, 0.5, new LinkedHashMap<>()), new Curve.Point(2, 0.25, residuals()))));
        SequencedMap<String, Long> parts = new LinkedHashMap<>();
        parts.put("linear values", 900L);
        parts.put("vocabulary", 334L);
        RunReport.Metric accuracy = new RunReport.Metric("accuracy", "dev", 872, "Wilson", new Interval(0.8991, 0.877, 0.9172),
                new Interval(0.8773, 0.8538, 0.8974), new Interval(0.875, 0.85, 0.8953), new Interval(-0.0218, -0.035, -0.0087),
                new Interval(-0.0241, -0.037, 0.0011));
        return new RunReport("model.filigree", base, "sst2", "2:4@16", "obs,admm", 7, texts("prune-epochs", "1.0"),
                List.of(new RunReport.DataFile("SST-2/train.tsv", 956, 67_349, true, "ab12"),
                        new RunReport.DataFile("SST-2/dev.tsv", 872, 872, false, "cd34")),
                List.of(accuracy), 0.9713, 0.0012, 0.595, linears, curves, new RunReport.Sizes(90_264_584, 1234, parts),
                new RunReport.Latency("native:avx2", 1, 9, List.of(new RunReport.LatencyCase("one text", 1, 3.9, 9.2, 9.2 / 3.9))),
                new LinkedHashMap<>(Map.of("admm", 12.5)), 2, texts("Java", "25"), texts("processor", "some"), "2026-01-01T00:00:00Z");
    }

    private static SequencedMap<String, Double> residuals() {
        SequencedMap<String, Double> residuals = new LinkedHashMap<>();
        residuals.put("primal", 0.01);
        residuals.put("dual", 0.5);
        return residuals;
    }

    private static SequencedMap<String, String> texts(String name, String value) {
        SequencedMap<String, String> texts = new LinkedHashMap<>();
        texts.put(name, value);
        return texts;
    }
}
