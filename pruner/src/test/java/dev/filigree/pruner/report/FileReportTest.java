package dev.filigree.pruner.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.export.TinyModels;
import dev.filigree.pruner.files.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The figures of {@code inspect}. */
class FileReportTest {
    private static final EncoderShape SHAPE = new EncoderShape(16, 2, 2, 32, 9, 6, 2, 1e-12f);
    private static final Model DENSE = TinyModels.model(SHAPE, Sparsity.DENSE, DType.FP32, Pooling.MEAN, 2, 4);

    @TempDir
    Path folder;

    private FileReport report(Sparsity sparsity, DType dtype, Pooling pooling, Optional<Model> dense) throws IOException {
        Path file = folder.resolve("model.filigree");
        ModelWriter.write(TinyModels.model(SHAPE, sparsity, dtype, pooling, 2, 4), file);
        try (ModelFile opened = ModelFile.open(file)) {
            FileReport report = FileReport.of(opened, dense);
            assertThat(report.bytes()).isEqualTo(Files.size(file));
            return report;
        }
    }

    @Test
    void groupsAddUpToTheFile() throws IOException {
        for (Sparsity sparsity : new Sparsity[] {Sparsity.DENSE, Sparsity.parse("2:4@16"), Sparsity.parse("16:32@1")}) {
            FileReport report = report(sparsity, DType.INT8, Pooling.POOLER, Optional.empty());
            assertThat(report.groups().values().stream().mapToLong(Long::longValue).sum()).isEqualTo(report.bytes());
            assertThat(report.groups().values()).allMatch(bytes -> bytes >= 0);
            long values = 4 * 16 * sparsity.keptPerRow(16) + 32 * sparsity.keptPerRow(16) + 16 * sparsity.keptPerRow(32);
            assertThat(report.groups()).containsEntry("linear values", 2 * values)
                    .containsEntry("linear scales", 2L * (5 * 16 + 32) * Float.BYTES)
                    // "[PAD]" to "[SEP]" and "t4" to "t8", with line feeds between them
                    .containsEntry("vocabulary", 4L * 5 + 5 * 2 + 8);
        }
    }

    @Test
    void bitsAndKeptSharesFollowFromTheSparsity() throws IOException {
        FileReport report = report(Sparsity.parse("2:4@16"), DType.FP16, Pooling.MEAN, Optional.empty());
        assertThat(report.linears().kept()).isEqualTo(0.5);
        // Half the weights in 16 bits; 3 bits for the pattern of 64 weights, rounded up to whole bytes for a matrix; no scales
        assertThat(report.linears().bitsPerWeight()).isEqualTo(8 + (4 * 2 + 3 + 3) * 8 / 2048.0);
        assertThat(report.layers()).hasSize(2).allMatch(layer -> layer.weights() == 2048 && layer.keptEnergy().isEmpty());
        assertThat(report.tensors().stream().filter(tensor -> tensor.name().equals("layers.1.ffnOut.weight")).findAny().orElseThrow())
                .satisfies(tensor -> assertThat(tensor.bitsPerWeight()).isEqualTo(8 + 3 / 64.0))
                .satisfies(tensor -> assertThat(tensor.keptEnergy()).isEmpty());
    }

    @Test
    void keptEnergyIsMeasuredAgainstTheDenseFile() throws IOException {
        assertThat(report(Sparsity.DENSE, DType.FP32, Pooling.MEAN, Optional.of(DENSE)).linears().keptEnergy()).contains(1.0);
        FileReport pruned = report(Sparsity.parse("2:4@1"), DType.FP32, Pooling.MEAN, Optional.of(DENSE));
        // Patterns chosen blindly keep about half of random weights.
        assertThat(pruned.linears().keptEnergy().orElseThrow()).isBetween(0.45, 0.55);
        double mean = pruned.layers().stream().mapToDouble(layer -> layer.keptEnergy().orElseThrow()).average().orElseThrow();
        assertThat(pruned.linears().keptEnergy().orElseThrow()).isCloseTo(mean, within(1e-12));
        assertThat(pruned.tensors().stream().filter(tensor -> tensor.keptEnergy().isPresent())).hasSize(12);
    }

    @Test
    void aDenseFileOfAnotherShapeIsRefused() {
        EncoderShape other = new EncoderShape(16, 1, 2, 32, 9, 6, 2, 1e-12f);
        Model dense = TinyModels.model(other, Sparsity.DENSE, DType.FP32, Pooling.MEAN, 2, 4);
        assertThatThrownBy(() -> report(Sparsity.DENSE, DType.FP32, Pooling.MEAN, Optional.of(dense)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("another shape");
    }

    @Test
    void jsonLeavesOutWhatIsNotKnown() throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        JsonNode without = mapper.readTree(Json.of(report(Sparsity.DENSE, DType.FP32, Pooling.MEAN, Optional.empty())));
        assertThat(without.get("linears").has("keptEnergy")).isFalse();
        assertThat(without.get("groups").get("vocabulary").asInt()).isPositive();
        JsonNode with = mapper.readTree(Json.of(report(Sparsity.DENSE, DType.FP32, Pooling.MEAN, Optional.of(DENSE))));
        assertThat(with.get("linears").get("keptEnergy").asDouble()).isEqualTo(1);
        assertThat(with.get("tensors").get(0).get("name").asText()).isEqualTo("embeddings.word");
    }
}
