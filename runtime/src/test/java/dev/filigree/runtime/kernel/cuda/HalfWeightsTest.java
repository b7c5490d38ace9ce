package dev.filigree.runtime.kernel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Matrix;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import dev.filigree.runtime.kernel.vector.Models;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HalfWeightsTest {
    @ParameterizedTest
    @CsvSource({"2:4@16, true", "1:4@3, true", "1:2@1, true", "1:8@2, true", "2:8@4, true", "3:4@1, false", "4:8@1, false", "dense, false"})
    void keepsEveryWeightInItsPlace(String sparsity, boolean sparse) {
        SplittableRandom random = new SplittableRandom(3);
        Matrix upper = Models.matrix(24, 64, Sparsity.parse(sparsity), DType.FP32, random);
        Matrix lower = Models.matrix(8, 64, Sparsity.parse(sparsity), DType.INT8, random);
        HalfWeights weights = HalfWeights.of(List.of(upper, lower));
        // Two of eight may fall into one half, which is then full, and never more.
        assertThat(weights.isSparse()).isEqualTo(sparse);
        float[] unpacked = unpack(weights);
        float[][] original = {upper.toFloats(), lower.toFloats()};
        for (int i = 0; i < unpacked.length; i++) {
            float expected = i < original[0].length ? original[0][i] : original[1][i - original[0].length];
            assertThat(unpacked[i]).as("weight %d", i).isEqualTo(Float.float16ToFloat(Float.floatToFloat16(expected)));
        }
    }

    private static float[] unpack(HalfWeights weights) {
        float[] all = new float[weights.isSparse() ? weights.masks().length * 4 : weights.values().length];
        int next = 0;
        for (int i = 0; i < all.length; i++) {
            boolean kept = !weights.isSparse() || (weights.masks()[i / 4] >> i % 4 & 1) != 0;
            all[i] = kept ? Float.float16ToFloat(weights.values()[next++]) : 0;
        }
        assertThat(next).isEqualTo(weights.values().length);
        return all;
    }

    @Test
    void aDenseMatrixWithZerosInThePatternRunsSparse() {
        float[] values = new float[128];
        for (int i = 0; i < values.length; i += 4) {
            values[i + 3] = i + 1;
        }
        HalfWeights weights = HalfWeights.of(List.of(DenseMatrix.of(values, 2, 64, DType.FP32)));
        assertThat(weights.isSparse()).isTrue();
        assertThat(unpack(weights)).isEqualTo(values);
    }

    @Test
    void refusesWhatFp16CannotHold() {
        assertThat(HalfWeights.halves(new float[] {65504, -65504})).containsExactly((short) 0x7BFF, (short) 0xFBFF);
        assertThatThrownBy(() -> HalfWeights.halves(new float[] {1, 65520}))
                .isInstanceOf(ProviderRefusedException.class).hasMessageContaining("65520.0, beyond the 65504 of fp16");
    }
}
