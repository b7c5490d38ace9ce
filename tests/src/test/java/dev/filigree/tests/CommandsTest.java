package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.pruner.cli.Main;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands print about a small packed file. */
class CommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path folder;

    private static Path file;

    @BeforeAll
    static void packSmallModel() throws IOException {
        file = SmallModels.write(folder.resolve("small.filigree"));
    }

    private static String run(Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true))
                .execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
        assertThat(code).as(err.toString()).isZero();
        return out.toString();
    }

    @Test
    void inspectListsEveryTensorWithItsBytes() throws IOException {
        JsonNode document = JSON.readTree(run("inspect", file, "--json"));
        assertThat(document.get("bytes").asLong()).isEqualTo(Files.size(file));
        assertThat(document.get("shape").get("hidden").asInt()).isEqualTo(16);
        assertThat(document.get("task").get("labels")).hasSize(2);
        // 3 embeddings, 6 linears and a classifier with their biases, 3 norms of two vectors
        assertThat(document.get("tensors")).hasSize(3 + 7 * 2 + 3 * 2);
        assertThat(run("inspect", file)).contains("layers.0.query.weight", "16x16", "dense", "negative");
    }

    @Test
    void verifySaysWhatItChecked() {
        assertThat(run("verify", file)).contains("checksums: good").contains("carries none");
    }

    @Test
    void classifyPrintsWhatTheClassifierAnswers() throws IOException {
        JsonNode answer = JSON.readTree(run("classify", file, "text one", "--json"));
        try (Classifier classifier = Classifier.open(file)) {
            Classification expected = classifier.classify("text one");
            assertThat(answer.get("label").asText()).isEqualTo(expected.label());
            assertThat(answer.get("scores").get("positive").floatValue()).isEqualTo(expected.scores()[1]);
            assertThat(answer.get("tokens").asInt()).isEqualTo(expected.tokens());
        }
        assertThat(run("classify", file, "text one")).contains("* ", "negative", "positive");
    }

    @Test
    void evalCountsTheBundledSample() throws IOException {
        JsonNode score = JSON.readTree(run("eval", file, "--task", "sst2", "--data", "sample", "--json"));
        assertThat(score.get("examples").asInt()).isGreaterThanOrEqualTo(200);
        assertThat(score.get("metrics").get("accuracy").asDouble()).isBetween(0.3, 0.7);
    }

    @Test
    void helpIsEverywhere() {
        for (String command : new String[] {"prune", "eval", "classify", "inspect", "verify", "glue"}) {
            assertThat(run(command, "--help")).contains("Usage: filigree " + command);
        }
    }
}
