package dev.filigree.pruner.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import java.util.List;
import org.junit.jupiter.api.Test;

class PatternUseTest {
    @Test
    void everyPatternIsCountedInBlocksUnusedOnesToo() {
        float[] weights = {
            1, 1, 0, 0, 0, 0, 1, 1,
            1, 1, 0, 0, 0, 0, 1, 1,
            1, 1, 0, 0, 1, 0, 1, 0,
            1, 1, 0, 0, 1, 0, 1, 0
        };
        SparseMatrix matrix = SparseMatrix.of(weights, 4, 8, Sparsity.parse("2:4@2"), DType.FP32, new int[0]);
        List<PatternUse> use = PatternUse.of(matrix);
        assertThat(use).containsExactly(new PatternUse("1100", 2), new PatternUse("1010", 1), new PatternUse("0110", 0),
                new PatternUse("1001", 0), new PatternUse("0101", 0), new PatternUse("0011", 1));
        assertThat(PatternUse.distinct(matrix)).isEqualTo(3);
    }

    @Test
    void ofManyPatternsTheCommonestAreTold() {
        int groups = 100;
        SparseMatrix matrix = SparseMatrix.of(weights(groups), 1, 16 * groups, Sparsity.parse("8:16@1"), DType.FP32, new int[0]);
        List<PatternUse> use = PatternUse.of(matrix);
        assertThat(use).hasSize(PatternUse.MOST).contains(new PatternUse("1111111100000000", 10));
        assertThat(PatternUse.distinct(matrix)).isEqualTo(91);
    }

    /** Ten groups keep the first eight inputs, each other group its own eight: the next numbers with eight bits. */
    private static float[] weights(int groups) {
        float[] weights = new float[16 * groups];
        for (int group = 0; group < groups; group++) {
            int pattern = group < 10 ? 0xff : Integer.parseInt(nth(group), 2);
            for (int input = 0; input < 16; input++) {
                weights[group * 16 + input] = pattern >>> input & 1;
            }
        }
        return weights;
    }

    /** The n-th number above 255 with eight bits set. */
    private static String nth(int n) {
        int number = 0xff;
        for (int found = 0; found < n - 9; ) {
            number++;
            found += Integer.bitCount(number) == 8 ? 1 : 0;
        }
        return Integer.toBinaryString(number);
    }
}
