package dev.filigree.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.tests.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What gpu-check runs in Java, with a provider that every machine has, and what its scripts refuse. */
class GpuCommandTest {
    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(arguments);
    }

    @Test
    void comparesWithTheReferenceAndTimesEverySizeThatFits() throws IOException {
        Path json = folder.resolve("gpu.json");
        int code = run("gpu", "--provider", "vector", "--model", "tiny", "--millis", "1", "--json", json.toString());
        assertThat(code).as(err.toString()).isZero();
        JsonNode found = new ObjectMapper().readTree(json.toFile());
        assertThat(found.get("checks")).hasSize(4).allSatisfy(check -> {
            assertThat(check.get("worst").asDouble()).isBetween(0.0, check.get("allowed").asDouble());
            assertThat(check.get("tokens").asInt()).isEqualTo(16 + 1 + 37 + 5);
        });
        assertThat(found.get("checks").findValuesAsText("sparsity")).containsExactly("dense", "2:4@16", "2:4@1", "1:4@16");
        assertThat(found.get("microseconds")).as("dense and sparse, at the six sizes of at most 64 tokens").hasSize(12).allSatisfy(
                figures -> assertThat(figures.get("textToLabels").get("median").asDouble()).isPositive());
        assertThat(out.toString()).contains("worst difference", "text to labels").doesNotContain("FAILED");
    }

    @Test
    void takesTheValuesItIsTold() throws IOException {
        Path json = folder.resolve("gpu.json");
        int code = run(
                "gpu", "--provider", "vector", "--values", "INT8", "--model", "tiny", "--millis", "0", "--json", json.toString());
        assertThat(code).as(err.toString()).isZero();
        JsonNode checks = new ObjectMapper().readTree(json.toFile()).get("checks");
        assertThat(checks.findValuesAsText("values")).hasSize(4).containsOnly("INT8");
    }

    @Test
    void saysWhenTheProviderCannotRun() {
        assertThat(run("gpu", "--provider", "abacus", "--model", "tiny")).isEqualTo(1);
        assertThat(err.toString()).contains("There is no provider 'abacus'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpu-check.sh", "run.sh"})
    void scriptsRefuseWhatTheyDoNotKnow(String script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sh", "tests/src/gpu/" + script, "--bundel")
                .directory(Path.of("..").toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(2);
        assertThat(said).contains("unknown option --bundel", "usage");
    }
}
