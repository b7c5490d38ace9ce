package dev.filigree.runtime.kernel.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.Matrix;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.vector.Models;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodeWeightsTest {
    @ParameterizedTest
    @CsvSource({"2:4@16, true", "1:4@3, true", "2:4@1, true", "4:8@1, false", "dense, false"})
    void keepsEveryCodeInItsPlace(String sparsity, boolean sparse) {
        SplittableRandom random = new SplittableRandom(4);
        List<Matrix> matrices = List.of(
                Models.matrix(24, 64, Sparsity.parse(sparsity), DType.INT8, random),
                Models.matrix(8, 64, Sparsity.parse(sparsity), DType.INT8, random));
        CodeWeights weights = CodeWeights.of(matrices);
        assertThat(weights.isSparse()).isEqualTo(sparse);
        assertThat(weights.scales()).hasSize(32);
        int next = 0;
        for (int i = 0; i < 32 * 64; i++) {
            boolean kept = !sparse || (weights.masks()[i / 4] >> i % 4 & 1) != 0;
            float expected = i < 24 * 64 ? matrices.getFirst().toFloats()[i] : matrices.getLast().toFloats()[i - 24 * 64];
            assertThat((kept ? weights.codes()[next++] : 0) * weights.scales()[i / 64]).as("weight %d", i).isEqualTo(expected);
        }
        assertThat(next).isEqualTo(weights.codes().length);
    }

    @Test
    void takesOnlyWhatIsAllStoredInInt8() {
        SplittableRandom random = new SplittableRandom(5);
        Matrix codes = Models.matrix(8, 64, Sparsity.DENSE, DType.INT8, random);
        assertThat(CodeWeights.holds(List.of(codes, codes))).isTrue();
        assertThat(CodeWeights.holds(List.of(codes, Models.matrix(8, 64, Sparsity.DENSE, DType.FP16, random)))).isFalse();
    }
}
