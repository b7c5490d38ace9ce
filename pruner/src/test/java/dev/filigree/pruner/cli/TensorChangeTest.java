package dev.filigree.pruner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.report.KeptInputs;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Differences of small matrices whose figures can be counted by hand. */
class TensorChangeTest {
    private static final Sparsity HALF = Sparsity.parse("2:4@1");
    private static final float[] WEIGHTS = {1, 2, 0, 0, 0, 3, 0, 4, 0, 0, 5, 6};

    private static SparseMatrix sparse(float... weights) {
        return SparseMatrix.of(weights, 3, 4, HALF, DType.FP32, new int[] {2, 0, 1});
    }

    @Test
    void theSameIsNoChange() {
        assertThat(TensorChange.between("w", sparse(WEIGHTS), sparse(WEIGHTS))).isEmpty();
        assertThat(TensorChange.between("v", WEIGHTS, WEIGHTS.clone())).isEmpty();
    }

    @Test
    void theOrderOfStoredRowsIsNoChange() {
        SparseMatrix inOrder = SparseMatrix.of(WEIGHTS, 3, 4, HALF, DType.FP32, new int[0]);
        assertThat(TensorChange.between("w", sparse(WEIGHTS), inOrder)).isEmpty();
    }

    @Test
    void valuesPatternsAndOverlapAreCounted() {
        TensorChange change = TensorChange.between("w", sparse(WEIGHTS), sparse(1, 0, 2, 0, 0, 3, 0, 4, 0, 0, 5, 3)).orElseThrow();
        TensorChange.Values values = change.values().orElseThrow();
        assertThat(values.maxAbs()).isEqualTo(3);
        assertThat(values.relative()).isCloseTo(Math.sqrt((4 + 4 + 9) / 91.0), within(1e-12));
        assertThat(values.patternsDiffering().orElseThrow()).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(values.keptOverlap().orElseThrow()).isCloseTo(5 / 7.0, within(1e-12));
        assertThat(change.a()).isEqualTo("3x4 fp32 2:4@1").isEqualTo(change.b());
    }

    @Test
    void aDenseMatrixKeepsEverything() {
        TensorChange change = TensorChange.between("w", DenseMatrix.of(WEIGHTS, 3, 4, DType.FP32), sparse(WEIGHTS)).orElseThrow();
        assertThat(change.a()).isEqualTo("3x4 fp32 dense");
        assertThat(change.values().orElseThrow().maxAbs()).isZero();
        assertThat(change.values().orElseThrow().keptOverlap()).contains(0.5);
        assertThat(change.values().orElseThrow().patternsDiffering()).isEmpty();
    }

    @Test
    void otherPatternsWithTheSameWeightsAreAChange() {
        TensorChange change = TensorChange.between("w", sparse(new float[12]), SparseMatrix.of(
                new float[12], 3, 4, Sparsity.parse("1:4@1"), DType.FP32, new int[0])).orElseThrow();
        assertThat(change.values().orElseThrow().relative()).isZero();
        assertThat(change.values().orElseThrow().keptOverlap()).contains(0.5);
    }

    @Test
    void otherShapesAreNotCompared() {
        TensorChange change = TensorChange.between("w", sparse(WEIGHTS), DenseMatrix.of(new float[4], 2, 2, DType.INT8)).orElseThrow();
        assertThat(change.b()).isEqualTo("2x2 int8 dense");
        assertThat(change.values()).isEmpty();
        assertThat(TensorChange.between("v", new float[2], new float[3]).orElseThrow().b()).isEqualTo("3 fp32");
    }

    @Test
    void shortGroupsAndLargeOnesAreKeptWithinTheColumns() {
        SparseMatrix wide = SparseMatrix.of(new float[70], 2, 35, Sparsity.parse("16:32@2"), DType.FP32, new int[0]);
        assertThat(KeptInputs.of(wide).length()).isLessThanOrEqualTo(70);
        float[] dense = new float[12];
        Arrays.fill(dense, 2);
        assertThat(KeptInputs.energy(KeptInputs.of(sparse(WEIGHTS)), dense)).isEqualTo(0.5);
        assertThat(KeptInputs.energy(KeptInputs.of(sparse(WEIGHTS)), WEIGHTS)).isEqualTo(1);
        assertThat(KeptInputs.energy(KeptInputs.of(sparse(WEIGHTS)), new float[12])).isEqualTo(1);
    }
}
