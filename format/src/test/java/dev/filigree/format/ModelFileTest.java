package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {
    @TempDir
    Path folder;

    @Test
    void everythingSurvivesTheFile() throws Exception {
        Model model = TestModels.full();
        Path path = folder.resolve("full.filigree");
        ModelWriter.write(model, path);
        for (ModelFile.Checks checks : ModelFile.Checks.values()) {
            try (ModelFile file = ModelFile.open(path, checks)) {
                ModelAssert.assertSame(file.model(), model);
                assertThat(file.name()).isEqualTo(path.toString());
                assertThat(file.sizeBytes()).isEqualTo(Files.size(path));
            }
        }
    }

    @Test
    void weightsAreSlicesOfTheMappedFile() throws Exception {
        Path path = folder.resolve("small.filigree");
        ModelWriter.write(TestModels.small(), path);
        ModelFile file = ModelFile.open(path);
        SparseMatrix query = (SparseMatrix) file.model().layers().getFirst().query().weight();
        assertThat(query.values().isMapped()).isTrue();
        assertThat(query.values().isReadOnly()).isTrue();
        assertThat(query.values().address() % FileLayout.ALIGNMENT).isZero();
        assertThat(query.patternIds().isMapped()).isTrue();
        assertThat(query.scales().isMapped()).isTrue();
        file.close();
        file.close();
        assertThatThrownBy(query::toFloats).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aModelIsKnownByItsFirstBytes() throws Exception {
        Path path = folder.resolve("small");
        ModelWriter.write(TestModels.small(), path);
        assertThat(ModelFile.beginsAsModel(path)).isTrue();
        byte[] bytes = Files.readAllBytes(path);
        Files.write(path, Arrays.copyOf(bytes, FileLayout.magic().length - 1));
        assertThat(ModelFile.beginsAsModel(path)).as("cut short").isFalse();
        bytes[FileLayout.magic().length - 1] ^= 1;
        Files.write(path, bytes);
        assertThat(ModelFile.beginsAsModel(path)).as("altered").isFalse();
    }

    @Test
    void tensorsAreListedWithTheBytesTheyTake() {
        Model model = TestModels.small();
        assertThat(model.tensors()).hasSize(5 + 6 * 2 + 4 + 2);
        assertThat(model.tensors()).contains(
                new TensorSummary("embeddings.word", 11, 8, DType.FP16, Sparsity.DENSE, 11 * 8 * 2),
                // 32 codes, 8 scales, 4 blocks of 3 bits, 8 rows of order.
                new TensorSummary("layers.0.query.weight", 8, 8, DType.INT8, new Sparsity(2, 4, 4), 32 + 8 * 4 + 2 + 8 * 4),
                new TensorSummary("layers.0.query.bias", 8, 1, DType.FP32, Sparsity.DENSE, 32),
                new TensorSummary("head.classifier.weight", 2, 8, DType.FP32, Sparsity.DENSE, 64));
    }
}
