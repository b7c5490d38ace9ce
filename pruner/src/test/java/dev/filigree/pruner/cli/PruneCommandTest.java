package dev.filigree.pruner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.ModelFile;
import dev.filigree.format.Task;
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

    /** From a table to a file that tells its labels, and back to a score by the table. */
    @Test
    void aTableOfOnesOwnTakesThePlaceOfATask() throws IOException {
        Path table = folder.resolve("tone.csv");
        StringBuilder rows = new StringBuilder("id,sentence,tone\n");
        for (int i = 0; i < 60; i++) {
            rows.append(i).append(i % 3 == 0 ? ",\"good, fine\",kind\n" : i % 3 == 1 ? ",bad film,rude\n" : ",a film,plain\n");
        }
        Files.writeString(table, rows);
        Path file = folder.resolve("tone.filigree");
        assertThat(run("prune", "--base", folder.resolve("base").toString(), "--train", table.toString(), "--text-column", "sentence",
                "--label-column", "tone", "--pattern", "2:4@4", "--method", "magnitude", "--dense-epochs", "1", "--max-tokens", "9",
                "--threads", "1", "--out", file.toString())).as(err.toString()).isZero();
        assertThat(out.toString()).contains("accuracy", "macro_f1");
        try (ModelFile packed = ModelFile.open(file)) {
            assertThat(packed.model().task()).isEqualTo(new Task("tone", List.of("kind", "plain", "rude"), false, false));
        }
        JsonNode report = new ObjectMapper().readTree(folder.resolve("tone.report.json").toFile());
        assertThat(report.at("/settings/text-column").asText()).isEqualTo("sentence");
        assertThat(report.at("/data/0/rows").asInt() + report.at("/data/1/rows").asInt()).isEqualTo(60);
        assertThat(run("eval", file.toString(), "--dev", table.toString(), "--task", "cola")).isEqualTo(2);
        assertThat(err.toString()).contains("--task names a task of GLUE, and --dev a table of your own");
        out.getBuffer().setLength(0);
        assertThat(run("eval", file.toString(), "--dev", table.toString(), "--text-column", "sentence", "--label-column", "tone",
                "--threads", "1", "--json")).as(err.toString()).isZero();
        JsonNode scored = new ObjectMapper().readTree(out.toString());
        assertThat(scored.get("examples").asInt()).isEqualTo(60);
        assertThat(scored.get("task").asText()).isEqualTo("tone");
    }

    @Test
    void whatDoesNotGoTogetherIsWrongUsage() throws IOException {
        String table = Files.writeString(folder.resolve("a.csv"), "text,label\nx,1\ny,0\n").toString();
        String out = folder.resolve("a.filigree").toString();
        assertThat(run("prune", "--out", out)).isEqualTo(2);
        assertThat(err.toString()).contains("Name a GLUE task with --task, or a table of your own with --train.");
        assertThat(run("prune", "--task", "sst2", "--dev", table, "--out", out)).isEqualTo(2);
        assertThat(err.toString()).contains("There is no table to train on: name it with --train.");
        assertThat(run("prune", "--train", table, "--data", "sample", "--out", out)).isEqualTo(2);
        assertThat(err.toString()).contains("leave one out");
        assertThat(run("prune", "--task", "sst2", "--data", "sample", "--candidates", "2:4@4", "--out", out)).isEqualTo(2);
        assertThat(err.toString()).contains("--candidates are what --budget chooses from");
        String base = folder.resolve("base").toString();
        assertThat(run("prune", "--base", base, "--task", "sst2", "--data", "sample", "--save-dense", base, "--out", out)).isEqualTo(2);
        assertThat(err.toString()).contains("The dense model would take the place of its base");
        assertThat(run("prune", "--task", "sst9", "--data", "sample", "--out", out)).isEqualTo(2);
        assertThat(err.toString()).contains("There is no GLUE task 'sst9'");
        assertThat(run("prune", "--task", "sst2", "--data", "sample", "--label-column", "tone", "--out", out)).isEqualTo(2);
        assertThat(err.toString()).contains("Columns are those of a table of your own, which --train names.");
    }

    private int prune(String... more) {
        List<String> all = new ArrayList<>(List.of("prune", "--base", folder.resolve("base").toString(), "--task", "sst2",
                "--data", "sample", "--pattern", "2:4@4", "--dense-epochs", "0.5", "--prune-epochs", "0.5", "--calibration", "16",
                "--max-tokens", "9", "--threads", "1", "--out", folder.resolve("tiny.filigree").toString()));
        all.addAll(List.of(more));
        return run(all.toArray(String[]::new));
    }

    private int run(String... arguments) {
        return Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(arguments);
    }
}
