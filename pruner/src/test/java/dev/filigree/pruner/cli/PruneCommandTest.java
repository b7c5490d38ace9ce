package dev.filigree.pruner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.pruner.base.TinyEncoder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code prune} leaves beside the packed file, with an encoder of a few kilobytes. */
class PruneCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path folder;

    @BeforeEach
    void saveBase() throws IOException {
        Files.createDirectory(folder.resolve("base"));
        TinyEncoder.save(folder.resolve("base"), TinyEncoder.weights(), TinyEncoder.CONFIG);
    }

    @Test
    void aReportTellsWhatTheRunSaid() throws IOException {
        assertThat(prune()).as(err.toString()).isZero();
        JsonNode report = new ObjectMapper().readTree(folder.resolve("tiny.report.json").toFile());
        assertThat(report.get("file").asText()).isEqualTo("tiny.filigree");
        assertThat(report.at("/sizes/packed").asLong()).isEqualTo(Files.size(folder.resolve("tiny.filigree")));
        long parts = 0;
        for (JsonNode part : report.at("/sizes/parts")) {
            parts += part.asLong();
        }
        assertThat(parts).isEqualTo(Files.size(folder.resolve("tiny.filigree")));
        JsonNode accuracy = report.at("/metrics/0");
        assertThat(accuracy.get("examples").asInt()).isEqualTo(report.at("/data/1/rows").asInt());
        assertThat(out.toString()).contains(String.format(Locale.ROOT, "packed %6.2f", 100 * accuracy.at("/packed/value").asDouble()));
        assertThat(report.get("linears")).hasSize(12);
        double kept = 0;
        for (JsonNode linear : report.get("linears")) {
            kept += linear.get("keptEnergy").asDouble() / 12;
            assertThat(linear.get("patterns")).isNotEmpty();
        }
        assertThat(report.get("keptEnergy").asDouble()).isCloseTo(kept, within(1e-9));
        assertThat(report.get("curves").findValuesAsText("phase")).containsExactly("fine-tune", "obs", "admm", "sr-ste");
        assertThat(report.at("/latency/cases/0/ratio").asDouble()).isPositive();
        assertThat(report.at("/settings/prune-epochs").asText()).isEqualTo("0.5");
        assertThat(folder.resolve("tiny.report.html")).content().startsWith("<!DOCTYPE html>").contains("sst2").endsWith("</html>\n");
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void noReportIsWrittenWhereNoneIsWanted() {
        assertThat(prune("--no-report")).as(err.toString()).isZero();
        assertThat(folder.resolve("tiny.filigree")).exists();
        assertThat(folder).isDirectoryNotContaining("glob:**report*");
    }

    private int prune(String... more) {
        List<String> all = new ArrayList<>(List.of("prune", "--base", folder.resolve("base").toString(), "--task", "sst2",
                "--data", "sample", "--pattern", "2:4@4", "--dense-epochs", "0.5", "--prune-epochs", "0.5", "--calibration", "16",
                "--max-tokens", "9", "--threads", "1", "--out", folder.resolve("tiny.filigree").toString()));
        all.addAll(List.of(more));
        return Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(all.toArray(String[]::new));
    }
}
