package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.ModelFile;
import dev.filigree.pruner.cli.Main;
import dev.filigree.pruner.export.OnnxExport;
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
        return exits(0, arguments);
    }

    private static String exits(int expected, Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true))
                .execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
        assertThat(code).as(err.toString()).isEqualTo(expected);
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
        long inGroups = 0;
        for (JsonNode bytes : document.get("groups")) {
            inGroups += bytes.asLong();
        }
        assertThat(inGroups).isEqualTo(Files.size(file));
    }

    @Test
    void inspectFitsATerminal() {
        String text = run("inspect", file, "--dense", file);
        assertThat(text).contains("layer 0", "query", "16x16", "dense", "negative", "where the bytes go", "magnitude over", "1.000");
        assertThat(text.lines().skip(1)).allMatch(line -> line.length() <= 80);
    }

    @Test
    void diffExitsLikeDiff() throws IOException {
        assertThat(run("diff", file, file)).contains("0 of 23 tensors differ; the files hold the same");
        Path other = SmallModels.writePruned(folder.resolve("pruned.filigree"));
        assertThat(exits(1, "diff", file, other)).contains("layers.0.query.weight", "16x16 fp32 dense | 16x16 fp32 2:4@16");
        JsonNode diff = JSON.readTree(exits(1, "diff", file, other, "--json"));
        assertThat(diff.get("same").asBoolean()).isFalse();
        assertThat(diff.get("tensors").get(0).get("values").get("relative").asDouble()).isPositive();
    }

    @Test
    void exportWritesTheGraphsAndTheFolder() throws IOException {
        Path onnx = folder.resolve("out.onnx");
        Path hub = folder.resolve("hub");
        try (ModelFile opened = ModelFile.open(file)) {
            assertThat(run("export", file, "--onnx", onnx)).contains("out.onnx", "fp32");
            assertThat(onnx).hasBinaryContent(OnnxExport.dense(opened.model()));
            assertThat(run("export", file, "--onnx", onnx, "--int8")).contains("out.onnx", "int8");
            assertThat(onnx).hasBinaryContent(OnnxExport.int8(opened.model()));
        }
        assertThat(run("export", file, "--safetensors", hub, "--dtype", "fp16")).contains("classifier.weight");
        assertThat(JSON.readTree(hub.resolve("config.json").toFile()).get("id2label").get("1").asText()).isEqualTo("positive");
        assertThat(hub.resolve("model.safetensors")).isNotEmptyFile();
    }

    @Test
    void verifySaysWhatItChecked() throws IOException {
        assertThat(run("verify", file)).contains("structure   good", "checksums   good", "carries no examples");
        float[] logits;
        try (Classifier classifier = Classifier.open(file)) {
            logits = classifier.classify("text one").logits();
        }
        logits[0] += 0.0005f;
        Path near = SmallModels.writeGolden(folder.resolve("near.filigree"), logits);
        assertThat(run("verify", near, "--provider", "reference")).contains("1 of 1 examples", "provider reference", "largest gap 5.0e-04");
        logits[0] += 0.4995f;
        Path far = SmallModels.writeGolden(folder.resolve("far.filigree"), logits);
        assertThat(exits(1, "verify", far)).contains("checksums   good", "0 of 1 examples", "largest gap 5.0e-01");
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
        for (String command : new String[] {"prune", "eval", "classify", "inspect", "verify", "diff", "export", "glue"}) {
            assertThat(run(command, "--help")).contains("Usage: filigree " + command);
        }
    }
}
